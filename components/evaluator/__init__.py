"""CheckedEvaluator: TFX's Evaluator, but faster, and with a check of the baseline."""
