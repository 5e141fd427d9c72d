"""What a model weighs: the hub, the cache, the hashes."""
