"""CheckedEvaluator: TFX's Evaluator, faster, and with a comparison with pushed versions."""
