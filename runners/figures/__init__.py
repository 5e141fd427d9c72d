"""Figures for papers and pages, each with its data as CSV beside it."""
