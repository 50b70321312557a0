"""What runs have left: metadata, lineage, comparisons, summaries and reports."""
