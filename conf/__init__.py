"""Configuration files; `runners.generate --help` lists every choice."""
