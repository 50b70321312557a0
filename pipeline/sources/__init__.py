"""Where texts and word vectors come from: named files, downloads, sample data."""
