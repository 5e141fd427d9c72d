"""Money: budgets and caps, the log of paid jobs, those of unknown fate."""
