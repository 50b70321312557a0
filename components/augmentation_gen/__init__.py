"""AugmentationGen: more training examples, made from templates and by exchanging words of real ones."""
