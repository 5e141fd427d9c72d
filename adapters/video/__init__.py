"""Video files: the only road to a codec."""
