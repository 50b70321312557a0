"""What runs leave behind: metadata, lineage, comparisons, summaries and reports."""
