"""Still pictures, alone or as a folder of frames: the right 8-bit RGB, or a refusal."""
