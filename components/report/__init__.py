"""ReportGen: an HTML report on every candidate."""
