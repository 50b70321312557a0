"""DecisionThreshold: chooses the probability above which a model's texts are predicted positive."""
