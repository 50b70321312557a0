"""WordVectors: the GloVe vectors of a vocabulary."""
