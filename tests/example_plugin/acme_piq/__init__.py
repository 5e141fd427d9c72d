"""An example of a model that comes from outside the harness."""
