"""Scoring in batches of texts of similar length. Needs the standard library only."""

from concurrent import futures
from typing import Callable, Iterable, Iterator, Optional, Sequence, TypeVar

MAX_TEXTS, MAX_CHARACTERS = 256, 1_000_000  # of one batch: a gRPC message may hold 4 MB
_Item = TypeVar('_Item')


def group_items(items: Iterable[_Item], max_items: int, max_size: int,
                size: Callable[[_Item], int]) -> Iterator[list[_Item]]:
  """Split a stream into lists of bounded length and size.

  Args:
    items: the stream; it may be endless.
    max_items: number of items of a list at most.
    max_size: a list ends with the item that brings the sum of the sizes to this.
    size: item -> its size.

  Yields:
    Lists of one item at least, in the order of the stream.
  """
  group, total = [], 0
  for item in items:
    group.append(item)
    total += size(item)
    if len(group) == max_items or total >= max_size:
      yield group
      group, total = [], 0
  if group:
    yield group


def score_in_batches(score_batch: Callable[[list[str]], Sequence[float]],
                     threads: Optional[int]) -> Callable[[Sequence[str]], list[float]]:
  """Make a scorer of any number of texts from one of a single batch.

  A model pads a batch to its longest text, so each batch gets texts of similar length.

  Args:
    score_batch: texts of one batch -> their probabilities; called from several threads.
    threads: number of batches that are scored at the same time; None lets the standard library choose.

  Returns:
    A function: texts -> their probabilities, in the order of the texts.
  """
  def score(texts):
    by_length = sorted(range(len(texts)), key=lambda index: len(texts[index]))
    batches = list(group_items(by_length, MAX_TEXTS, MAX_CHARACTERS, lambda index: len(texts[index])))
    result = [0.0] * len(texts)
    with futures.ThreadPoolExecutor(threads) as pool:
      scored_batches = pool.map(lambda batch: score_batch([texts[index] for index in batch]), batches)
      for batch, probabilities in zip(batches, scored_batches):
        for index, probability in zip(batch, probabilities):
          result[index] = float(probability)
    return result
  return score
