"""The machine: everything between a composed configuration and a published clip."""
