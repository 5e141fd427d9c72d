"""One run: the clips at work, until everything is done or stopped."""
