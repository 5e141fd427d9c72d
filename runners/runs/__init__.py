"""A run folder: journal, record, manifest, who works on it."""
