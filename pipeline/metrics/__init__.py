"""Metrics that TFMA lacks, for the Evaluator."""
