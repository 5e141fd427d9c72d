"""Draws and films the built-in benchmark: simulated scenes, laid out like Physics-IQ."""

from runners.demo.build import demo_root, ensure_demo

__all__ = ["demo_root", "ensure_demo"]
