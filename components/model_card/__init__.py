"""ModelCardGen: documents every candidate."""
