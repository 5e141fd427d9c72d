"""Downloading the published data sets: what a purpose needs, resumable, checksummed, never over a user's file."""
