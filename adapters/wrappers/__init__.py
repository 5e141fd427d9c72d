"""Adapters around an adapter."""
