"""The one wrapper around Hydra: words typed, settings composed, adapters made, help."""
