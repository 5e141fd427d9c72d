"""Tests, laid out as the code is; their names read like the promises of the README."""
