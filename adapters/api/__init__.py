"""Commercial video services: one transport, one job runner, and a small module per provider that only translates.

Nothing is imported from here by hand: a model's YAML names `adapters.api.service.Service` and its provider.
"""
