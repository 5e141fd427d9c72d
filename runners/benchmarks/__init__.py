"""A benchmark opened, cut from own videos, examined."""
