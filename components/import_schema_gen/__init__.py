"""ImportSchemaGen: the curated schema as an artifact."""
