"""The built-in benchmark."""
