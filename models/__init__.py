"""The models: how text becomes features, the networks, and their training."""
