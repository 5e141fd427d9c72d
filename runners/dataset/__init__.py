"""The Physics-IQ layout: names, scenarios, selection, what is there."""
