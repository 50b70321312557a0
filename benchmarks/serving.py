"""The HTTP server under load, measured with the pushed model and raw reviews.

  .venv/bin/python -m benchmarks.serving [--model-dir output/serving/sentiment] [--data PATH] [--seconds 60]

Starts `python -m serving.server` on a copy of the newest version. Clients in a process of their own send one review
at a time: first --clients of them, each as soon as it has its answer, while new versions are pushed; then at fixed
rates, from random moments. All share the machine's cores. The reviews are those of --data or IMDB_DATA, or sample data.
"""

import argparse
import asyncio
import collections
from concurrent import futures
import contextlib
import itertools
import json
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from typing import Iterator, NamedTuple, Optional, Sequence

import numpy as np
import psutil
import uvloop

from benchmarks import data
from components.common import version_directories

_PATH, _SIGNATURE = '/v1/models/sentiment:predict', 'predict_text'
_PROJECT = pathlib.Path(__file__).resolve().parent.parent


class Load(NamedTuple):
  """What the clients measured.

  Attributes:
    seconds: for which they sent requests.
    latencies: float64 [answers], milliseconds since the moment at which a request was due.
    errors: counts by message.
  """

  seconds: float
  latencies: np.ndarray
  errors: dict[str, int]


class _Client(asyncio.Protocol):
  """One connection that is kept alive; as simple as can be, because it shares the cores with what it measures."""

  def __init__(self, on_answer):
    self._on_answer, self._due, self._buffer = on_answer, None, b''

  def connection_made(self, transport):
    self._transport = transport

  def send(self, request, due):
    self._due = due
    self._transport.write(request)

  def data_received(self, data):
    self._buffer += data
    head, end, body = self._buffer.partition(b'\r\n\r\n')
    if end and len(body) >= int(re.search(rb'content-length: (\d+)', head)[1]):
      self._buffer, due, self._due = b'', self._due, None
      is_ok = head.startswith(b'HTTP/1.1 200') and body.startswith(b'{"predictions"')
      self._on_answer(self, due, None if is_ok else (head[9:12] + b' ' + body[:80]).decode())

  def connection_lost(self, unused_error):
    if self._due is not None:
      self._on_answer(self, self._due, 'the connection was closed')


class _Clients:
  """Connections that share a list of requests, and what they measure."""

  def __init__(self, requests, seconds, rate):
    self._requests, self._seconds, self._rate = itertools.cycle(requests), seconds, rate
    self._latencies, self._errors = [], collections.Counter()
    self._idle, self._overdue, self._open = [], collections.deque(), 0

  async def run(self, port, count):
    """Send requests for some seconds.

    Args:
      port: of the server, on 127.0.0.1.
      count: of connections.

    Returns:
      A Load. With a rate, requests are due at random moments; without one, each connection sends its next request when
      it has its answer.
    """
    loop = asyncio.get_running_loop()
    for _ in range(count):
      self._idle.append((await loop.create_connection(lambda: _Client(self._on_answer), '127.0.0.1', port))[1])
    start = time.perf_counter()
    self._end = start + self._seconds
    if self._rate is None:
      while self._idle:
        self._send(time.perf_counter())
    source, due = random.Random(0), start
    while self._rate is not None and due < self._end:
      due += source.expovariate(self._rate)
      await asyncio.sleep(due - time.perf_counter())
      self._overdue.append(due)
      self._send_overdue()
    while self._open or self._overdue or time.perf_counter() < self._end:
      await asyncio.sleep(0.05)
    return Load(time.perf_counter() - start, np.array(self._latencies), dict(self._errors))

  def _send(self, due):
    self._open += 1
    self._idle.pop().send(next(self._requests), due)

  def _send_overdue(self):
    while self._overdue and self._idle:
      self._send(self._overdue.popleft())

  def _on_answer(self, client, due, error):
    now = time.perf_counter()
    self._open -= 1
    if error is None:
      self._latencies.append((now - due) * 1000)
    else:
      self._errors[error] += 1
      if 'closed' in error:
        return
    self._idle.append(client)
    if self._rate is not None:
      self._send_overdue()
    elif now < self._end:
      self._send(now)


def send_requests(port: int, texts: Sequence[str], count: int, seconds: float, rate: Optional[float] = None) -> Load:
  """Send one review per request.

  Args:
    port: of the server, on 127.0.0.1.
    texts: the reviews, repeated if they are too few.
    count: of connections.
    seconds: for which requests are sent.
    rate: requests per second, or None for as many as are answered.
  """
  requests = []
  for text in texts:
    body = json.dumps({'signature_name': _SIGNATURE, 'instances': [text]}).encode()
    head = f'POST {_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n'
    requests.append(head.encode() + body)
  uvloop.install()
  return asyncio.run(_Clients(requests, seconds, rate).run(port, count))


@contextlib.contextmanager
def start_server(model_dir: str, *flags: str) -> Iterator[tuple[psutil.Process, int]]:
  """Run the server on a free port; yields its process and the port."""
  command = [sys.executable, '-m', 'serving.server', '--model-dir', model_dir, '--port', '0', *flags]
  with subprocess.Popen(command, cwd=_PROJECT, stdout=subprocess.PIPE, text=True) as process:
    try:
      address = re.search(r'on http://\S+:(\d+) ', process.stdout.readline())
      if not address:
        raise SystemExit('the server did not start')
      process.stdout.readline()  # the example request
      # The lines that follow say which versions it loaded, or why not.
      threading.Thread(target=lambda: [print('   ', line, end='') for line in process.stdout], daemon=True).start()
      yield psutil.Process(process.pid), int(address[1])
    finally:
      process.terminate()


@contextlib.contextmanager
def _push_versions(model_dir, every):
  """Push copies of the first version under higher numbers all the time, as the Pusher does: staged, then renamed."""
  stopped = threading.Event()

  def push():
    for version in itertools.count(2):
      if stopped.wait(every):
        return
      shutil.copytree(f'{model_dir}/1', f'{model_dir}/.staging')
      os.rename(f'{model_dir}/.staging', f'{model_dir}/{version}')

  thread = threading.Thread(target=push)
  thread.start()
  try:
    yield
  finally:
    stopped.set()
    thread.join()


def _measure_load(process, port, texts, what, **load):
  """Send requests from a process of its own, and print a line."""
  before = process.cpu_times()
  with futures.ProcessPoolExecutor(1, multiprocessing.get_context('spawn')) as pool:
    measured = pool.submit(send_requests, port, texts, **load).result()
  after = process.cpu_times()
  busy = after.user + after.system - before.user - before.system
  p50, p99 = np.percentile(measured.latencies, [50, 99])
  answers = len(measured.latencies)
  print(f'{what:32} {answers / measured.seconds:8.0f}/s {p50:7.1f} {p99:7.1f} {measured.latencies.max():7.1f} '
        f'{busy / measured.seconds:6.2f} {1000 * busy / answers:8.2f} {process.memory_info().rss >> 20:6} '
        f'{sum(measured.errors.values()):7}')
  for error, count in measured.errors.items():
    print(f'    {count} x {error}')


def main() -> None:
  """Measure, and print a table."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--model-dir', default='output/serving/sentiment')
  parser.add_argument('--data', default=os.environ.get('IMDB_DATA'), help='reviews, as for local_runner.py')
  parser.add_argument('--reviews', type=int, default=6000)
  parser.add_argument('--clients', type=int, default=64)
  parser.add_argument('--seconds', type=float, default=60, help=(
      'of the load with all clients; each fixed rate gets a quarter'))
  parser.add_argument('--push-every', type=float, default=10, help='seconds between two pushes')
  parser.add_argument('--rates', default='100,300,600', help='requests per second')
  parser.add_argument('--server-flags', default='', help="flags of the server, such as --server-flags='--threads 1'")
  arguments = parser.parse_args()
  texts = data.read_texts(arguments.data, arguments.reviews)
  versions = version_directories.version_directories(arguments.model_dir)
  words = np.mean([len(text.split()) for text in texts])
  print(f'{len(texts):,} reviews of {words:.0f} words on average; {os.cpu_count()} cores')
  with tempfile.TemporaryDirectory() as directory:
    shutil.copytree(versions[max(versions)], f'{directory}/1')
    with start_server(directory, *arguments.server_flags.split()) as (process, port):
      print(f'{"":32} {"answers":>10} {"p50 ms":>7} {"p99 ms":>7} {"max ms":>7} {"cores":>6} {"ms CPU":>8} {"MB":>6} '
            f'{"errors":>7}')
      with _push_versions(directory, arguments.push_every):
        _measure_load(process, port, texts, f'{arguments.clients} clients, while pushing', count=arguments.clients,
                    seconds=arguments.seconds)
      for rate in map(float, arguments.rates.split(',')):
        _measure_load(process, port, texts, f'{rate:.0f} per second', count=arguments.clients,
                    seconds=arguments.seconds / 4, rate=rate)


if __name__ == '__main__':
  main()
