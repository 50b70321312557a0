"""What Transform does to the text: words, vocabulary, n-grams, and the slices of the evaluation."""
