"""SentenceGen: sentences cut out of reviews, for a teacher to label."""
