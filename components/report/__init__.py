"""ReportGen: a report for people on every candidate."""
