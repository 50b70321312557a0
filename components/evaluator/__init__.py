"""CheckedEvaluator: TFX's Evaluator, faster and with a check of the baseline."""
