"""Where a pipeline runs, and how it fits there."""
