"""ImdbExampleGen: reads reviews from archives, directories and tables, and splits them."""
