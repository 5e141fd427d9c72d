"""Tests of runners/fetching, against servers that speak the vendors' protocols."""
