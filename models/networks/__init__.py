"""One module per model or family of models, and the layers that they share."""
