"""Frames and time: conditioning, geometry, resampling, published clips."""
