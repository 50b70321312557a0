"""Adaptive batching: texts of concurrent requests share calls of the model, off the event loop."""

import asyncio
import collections
from concurrent import futures
import functools
import math

import numpy as np

from serving.server import model

_TEXTS_PER_TURN = 16  # that a request gets into a batch before it is the turn of the next request
# Of a call: enough that the cost of a call itself does not count, few enough that short texts, which get calls of their
# own, do not wait for the long ones to whose length they would be padded.
_TEXTS_PER_CALL = 16


class QueueFullError(Exception):
  """The request queue is full."""


class _Job:
  """The texts of one request, and their results as they arrive.

  Attributes:
    signature: model.Signature.
    values: list of str or bytes.
    future: gets the outputs.
    order: indices, by length, of the values that are not in a call yet.
  """

  __slots__ = 'signature', 'values', 'future', 'order', '_missing', '_outputs'

  def __init__(self, signature: model.Signature, values: list[str | bytes], future: asyncio.Future):
    """Start without results."""
    self.signature, self.values, self.future = signature, values, future
    self.order = collections.deque(sorted(range(len(values)), key=lambda index: len(values[index])))
    self._missing = len(values)
    self._outputs: dict[str, np.ndarray] = {}

  def put(self, index, outputs, row):
    """Store a row of a call's outputs as the result of a value; the last one completes the job."""
    for name, output in outputs.items():
      if name not in self._outputs:
        self._outputs[name] = np.empty((len(self.values), *output.shape[1:]), output.dtype)
      self._outputs[name][index] = output[row]
    self._missing -= 1
    if not self._missing:
      self.future.set_result(self._outputs)


class Batcher:
  """Scores the texts of all requests in shared calls of the model.

  Texts wait only while every thread is busy; those that have arrived by then are scored together. Everything but the
  scoring itself happens on the event loop.
  """

  def __init__(self, threads: int, max_batch: int, max_queue: int):
    """Start the threads.

    Args:
      threads: number of threads that run the model.
      max_batch: number of texts to gather at a time.
      max_queue: number of texts that may wait or be scored at the same time.
    """
    self._executor = futures.ThreadPoolExecutor(threads, 'model')
    self._idle, self._max_batch, self._max_queue = threads, max_batch, max_queue
    self._pending = 0  # texts without a result
    self._jobs: collections.deque[_Job] = collections.deque()  # those with texts that are not in a call yet
    # (job, index of a value) of each text in a call for which no thread was idle yet.
    self._calls: collections.deque[list[tuple[_Job, int]]] = collections.deque()

  async def run(self, signature: model.Signature, values: list[str | bytes]) -> dict[str, np.ndarray]:
    """Score the values of one request.

    Args:
      signature: the signature that scores them.
      values: the texts or serialized examples.

    Returns:
      {output name: array [values, ...]}.

    Raises:
      QueueFullError: too many texts wait already.
      model.BadInputError: the model refuses one of the values.
      Exception: any other error of the model.
    """
    if self._pending + len(values) > self._max_queue:
      raise QueueFullError
    self._pending += len(values)
    try:
      return await (self._run_shared if signature.is_batchable else self._run_alone)(signature, values)
    finally:
      self._pending -= len(values)

  def close(self) -> None:
    """Stop the threads."""
    self._executor.shutdown()

  def _run_alone(self, signature, values):
    return asyncio.get_running_loop().run_in_executor(self._executor, signature.run, values)

  def _run_shared(self, signature, values):
    loop = asyncio.get_running_loop()
    self._jobs.append(_Job(signature, values, loop.create_future()))
    loop.call_soon(self._dispatch)  # after the other requests that have arrived together with this one are read
    return self._jobs[-1].future

  def _dispatch(self):
    """Give work to the idle threads."""
    while self._idle and (self._calls or self._gather()):
      # A request fails with its first refused value: nobody waits for the rest of it any more.
      call = [(job, index) for job, index in self._calls.popleft() if not job.future.done()]
      if call:
        self._idle -= 1
        work = self._run_alone(call[0][0].signature, [job.values[index] for job, index in call])
        work.add_done_callback(functools.partial(self._finish_call, call))

  def _gather(self):
    """Make calls of the texts whose turn it is, all for one signature; returns whether there are any."""
    batch: list[tuple[_Job, int]] = []
    others: list[_Job] = []
    while self._jobs and len(batch) < self._max_batch:
      job = self._jobs.popleft()
      if batch and job.signature is not batch[0][0].signature:
        others.append(job)
        continue
      share = min(_TEXTS_PER_TURN, self._max_batch - len(batch), len(job.order))
      batch += [(job, job.order.popleft()) for _ in range(share)]
      if job.order:
        self._jobs.append(job)
    self._jobs.extendleft(reversed(others))
    batch.sort(key=lambda item: len(item[0].values[item[1]]))
    size = math.ceil(len(batch) / max(1, math.ceil(len(batch) / _TEXTS_PER_CALL)))
    self._calls += [batch[start:start + size] for start in range(0, len(batch), max(1, size))]
    return bool(batch)

  def _finish_call(self, call, work):
    """Distribute the results of a call."""
    self._idle += 1
    error = work.exception()
    by_job = collections.defaultdict(list)
    for row, (job, index) in enumerate(call):
      if job.future.done():
        continue
      if error is None:
        job.put(index, work.result(), row)
      else:
        by_job[job].append((job, index))
    if len(by_job) > 1:  # a refused value must fail only its own request: each request gets a call of its own
      self._calls.extendleft(by_job.values())
    for job in by_job if len(by_job) == 1 else ():
      job.future.set_exception(error)
    self._dispatch()
