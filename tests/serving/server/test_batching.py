import asyncio
import itertools
import threading

import numpy as np
import pytest

from serving.server import batching
from serving.server import model


class _Signature:
  """Gives each text its number; refuses 'bad' and waits, where it is told, until it is let go."""

  def __init__(self, is_batchable=True, held=False):
    self.is_batchable, self.calls = is_batchable, []
    self.go = threading.Event()
    if not held:
      self.go.set()

  def run(self, values):
    self.calls.append(values)
    assert self.go.wait(30)
    if 'bad' in values:
      raise model.BadInputError('bad')
    if 'broken' in values:
      raise RuntimeError('broken')
    return {'scores': np.array([[float(value.split()[0])] for value in values], np.float32)}


def _scores(outputs):
  return outputs['scores'][:, 0].tolist()


def _asked(signature, requests, max_queue=10_000, others=()):
  """Ask for the first request, and for the others while the model is at work on it.

  Args:
    signature: that all ask for, but for those that `others` names.
    requests: list of lists of values.
    max_queue: of the batcher.
    others: signatures that the second and further requests ask for.

  Returns:
    List of results or errors.
  """

  async def run():
    batcher = batching.Batcher(1, 32, max_queue)
    tasks = [asyncio.create_task(batcher.run(signature, requests[0]))]
    while not signature.calls:
      await asyncio.sleep(0.001)
    waiting = itertools.zip_longest(others, requests[1:])
    tasks += [asyncio.create_task(batcher.run(other or signature, values)) for other, values in waiting]
    for _ in range(5):
      await asyncio.sleep(0)
    signature.go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    batcher.close()
    return results

  return asyncio.run(run())


def test_requests_that_wait_are_scored_together_and_not_mixed_up():
  signature = _Signature(held=True)
  requests = [[f'{number} {"word " * (number % 7)}'] for number in range(40)]
  results = _asked(signature, requests)
  assert [_scores(result) for result in results] == [[float(number)] for number in range(40)]
  assert [len(call) for call in signature.calls] == [1, 16, 16, 7]


def test_a_batch_is_cut_by_length():
  signature = _Signature(held=True)
  _asked(signature, [['0'], *([f'{number}' + ' long' * 100 * (number % 2)] for number in range(32))])
  _, short, long = signature.calls
  assert max(map(len, short)) < 10 < 100 < min(map(len, long))


def test_a_large_request_does_not_hold_up_the_small_ones():
  signature = _Signature(held=True)
  large = [str(number) for number in range(1000, 1300)]
  results = _asked(signature, [['0'], large, ['1'], ['2']])
  assert [_scores(result) for result in results] == [[0], [float(value) for value in large], [1], [2]]
  assert {'1', '2'} <= {value for call in signature.calls[1:3] for value in call}
  assert max(map(len, signature.calls)) <= 16


@pytest.mark.parametrize('value, error', [('bad', model.BadInputError), ('broken', RuntimeError)])
def test_a_value_that_fails_fails_its_own_request_only(value, error):
  signature = _Signature(held=True)
  results = _asked(signature, [['0'], ['1'], ['2', value, '5'], ['3', '4']])
  assert [_scores(results[index]) for index in (0, 1, 3)] == [[0], [1], [3, 4]]
  assert type(results[2]) is error
  assert signature.calls[1] == ['1', '2', '5', '3', '4', value]


def test_the_rest_of_a_failed_request_is_not_scored():
  signature = _Signature(held=True)
  results = _asked(signature, [['0'], ['bad', *(f'{number} is longer' for number in range(300))], ['1']])
  assert isinstance(results[1], model.BadInputError) and _scores(results[2]) == [1]
  assert sum(map(len, signature.calls)) < 100


def test_signatures_are_not_mixed():
  first, second = _Signature(held=True), _Signature()
  results = _asked(first, [['0'], ['1'], ['2'], ['3'], ['4']], others=[second, first, second, first])
  assert [_scores(result) for result in results] == [[0], [1], [2], [3], [4]]
  assert (first.calls, second.calls) == ([['0'], ['2', '4']], [['1', '3']])


def test_rows_of_open_width_are_not_joined():
  signature = _Signature(is_batchable=False, held=True)
  values = [str(number) for number in range(40)]
  results = _asked(signature, [['1'], ['2'], values])
  assert signature.calls == [['1'], ['2'], values]
  assert _scores(results[2]) == [float(value) for value in values]


def test_a_full_queue_refuses_until_there_is_room():
  signature = _Signature(held=True)
  results = _asked(signature, [['0'], ['1', '2'], ['3'], ['4']], max_queue=4)
  assert isinstance(results[3], batching.QueueFullError)
  assert [_scores(result) for result in results[:3]] == [[0], [1, 2], [3]]

  async def again():
    batcher = batching.Batcher(1, 32, 2)
    found = [_scores(await batcher.run(_Signature(), ['7', '8'])) for _ in range(3)]
    batcher.close()
    return found

  assert asyncio.run(again()) == [[7, 8]] * 3


def test_several_threads_score_side_by_side():
  signature = _Signature()
  barrier = threading.Barrier(2)
  signature.run = lambda values: (barrier.wait(30), {'scores': np.array([[float(values[0])]])})[1]

  async def run():
    batcher = batching.Batcher(2, 32, 100)
    first = asyncio.create_task(batcher.run(signature, ['1']))
    while not barrier.n_waiting:
      await asyncio.sleep(0.001)
    results = _scores(await batcher.run(signature, ['2'])), _scores(await first)
    batcher.close()
    return results

  assert asyncio.run(run()) == ([2], [1])
