"""The way in for Python: `from runners import evaluate`."""
