"""Baseline: the pushed versions that a candidate is compared with."""
