"""Sources of texts and word vectors: named files, downloads, sample data."""
