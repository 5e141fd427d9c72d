"""Open weights: any diffusers pipeline that continues a picture or a clip, described by a YAML."""
