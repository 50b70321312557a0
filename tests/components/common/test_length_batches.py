"""Batches of texts of similar length."""

from components.common import length_batches


def test_batches_are_of_similar_length_and_keep_the_order():
  calls = []

  def score_batch(texts):
    calls.append([len(text) for text in texts])
    return [len(text) for text in texts]

  texts = ['x' * (number * 7919 % 997) for number in range(2000)] + ['y' * 2_000_000] * 2
  assert length_batches.score_in_batches(score_batch, 1)(texts) == [len(text) for text in texts]
  assert [length for lengths in calls for length in lengths] == sorted(map(len, texts))
  assert max(map(len, calls)) == 256 and calls[-1] == [2_000_000]
