"""How a pipeline is called: what goes in, in which form, and what comes out."""
