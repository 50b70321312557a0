"""EstimatorTrainer: TFX's Trainer with word vectors as an input."""
