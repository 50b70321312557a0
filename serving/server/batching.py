"""Puts reviews of different requests together into calls of the model, off the event loop."""

import asyncio
import collections
from concurrent import futures
import functools
import math

import numpy as np

_SHARE = 16  # reviews that a request gets into a batch before it is the next one's turn
# Reviews of a call: enough that its own cost does not count, few enough that short reviews, which come in calls of
# their own, do not wait for the long ones that they would be padded to.
_CALL = 16


class Overloaded(Exception):
  """More reviews wait than may wait."""


class _Job:
  """The reviews of one request, and their results as they come.

  Attributes:
    signature: model.Signature.
    values: list of str or bytes.
    future: gets the outputs.
    order: indices of the values that are in no call yet, by length.
  """

  __slots__ = 'signature', 'values', 'future', 'order', '_missing', '_outputs'

  def __init__(self, signature, values, future):
    self.signature, self.values, self.future = signature, values, future
    self.order = collections.deque(sorted(range(len(values)), key=lambda index: len(values[index])))
    self._missing = len(values)
    self._outputs = {}

  def put(self, index, outputs, row):
    """Files a row of a call's outputs as the result of a value; with the last one the job is done."""
    for name, output in outputs.items():
      if name not in self._outputs:
        self._outputs[name] = np.empty((len(self.values), *output.shape[1:]), output.dtype)
      self._outputs[name][index] = output[row]
    self._missing -= 1
    if not self._missing:
      self.future.set_result(self._outputs)


class Batcher:
  """Scores the reviews of all requests in shared calls of the model.

  Reviews wait only while every thread is at work; what has come by then is scored together. Everything but the
  scoring itself happens on the event loop.
  """

  def __init__(self, threads, max_batch, max_queue):
    """Takes counts: of threads, of reviews gathered at a time, of reviews that may wait or be worked on."""
    self._executor = futures.ThreadPoolExecutor(threads, 'model')
    self._idle, self._max_batch, self._max_queue = threads, max_batch, max_queue
    self._pending = 0  # reviews without a result
    self._jobs = collections.deque()  # those with reviews that are in no call yet
    self._calls = collections.deque()  # lists of (job, index of a value): to be made

  async def run(self, signature, values):
    """Scores the values of one request.

    Args:
      signature: model.Signature.
      values: list of str or bytes.

    Returns:
      {output name: array [values, ...]}.

    Raises:
      Overloaded: too many reviews wait already.
      model.BadInput: the model refuses one of the values.
      Exception: whatever else the model raises.
    """
    if self._pending + len(values) > self._max_queue:
      raise Overloaded
    self._pending += len(values)
    try:
      return await (self._shared if signature.joinable else self._alone)(signature, values)
    finally:
      self._pending -= len(values)

  def close(self):
    """Ends the threads."""
    self._executor.shutdown()

  def _alone(self, signature, values):
    return asyncio.get_running_loop().run_in_executor(self._executor, signature.run, values)

  def _shared(self, signature, values):
    loop = asyncio.get_running_loop()
    self._jobs.append(_Job(signature, values, loop.create_future()))
    loop.call_soon(self._dispatch)  # once the other requests that came with this one are read, too
    return self._jobs[-1].future

  def _dispatch(self):
    """Gives the idle threads work."""
    while self._idle and (self._calls or self._gather()):
      # Nobody waits any more for the rest of a request of which a value was refused.
      call = [(job, index) for job, index in self._calls.popleft() if not job.future.done()]
      if call:
        self._idle -= 1
        work = self._alone(call[0][0].signature, [job.values[index] for job, index in call])
        work.add_done_callback(functools.partial(self._finished, call))

  def _gather(self):
    """Makes calls of the reviews whose turn it is, all for one signature; False where none wait."""
    batch, others = [], []
    while self._jobs and len(batch) < self._max_batch:
      job = self._jobs.popleft()
      if batch and job.signature is not batch[0][0].signature:
        others.append(job)
        continue
      share = min(_SHARE, self._max_batch - len(batch), len(job.order))
      batch += [(job, job.order.popleft()) for _ in range(share)]
      if job.order:
        self._jobs.append(job)
    self._jobs.extendleft(reversed(others))
    batch.sort(key=lambda item: len(item[0].values[item[1]]))
    size = math.ceil(len(batch) / max(1, math.ceil(len(batch) / _CALL)))
    self._calls += [batch[start:start + size] for start in range(0, len(batch), max(1, size))]
    return bool(batch)

  def _finished(self, call, work):
    """Hands out what a call gave."""
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
    if len(by_job) > 1:  # a value that the model refuses must fail nobody else's request: each gets a call of its own
      self._calls.extendleft(by_job.values())
    for job in by_job if len(by_job) == 1 else ():
      job.future.set_exception(error)
    self._dispatch()
