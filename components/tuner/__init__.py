"""EstimatorTuner: TFX's Tuner with word vectors as an input."""
