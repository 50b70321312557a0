"""VersionedPusher: atomic pushes and rollbacks of model versions."""
