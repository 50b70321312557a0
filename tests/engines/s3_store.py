"""A real S3 server, of whose answers one in twenty is broken: versitygw behind a proxy.

`make engines ARGS="s3 s3-client"` fetches the server and boto3.
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import time

import pytest

from pipeline.engines import processes as processes_lib
from tests import forks
from tests import slow
from tests.engines import broken_proxy
from tools import engines

PROJECT = pathlib.Path(__file__).resolve().parents[2]
SECRET = 'marker-of-the-secret-key'


class Store:
  """The server: a bucket is a directory."""

  def __init__(self, directory):
    self.bucket, self.state = directory / 'store' / 'bucket', directory / 'state'
    self.bucket.mkdir(parents=True)
    port = processes_lib.free_port()
    server = engines.find('s3') / 'versitygw'
    self.process = subprocess.Popen(
        [server, '--port', f'127.0.0.1:{port}', 'posix', self.bucket.parent], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, 'ROOT_ACCESS_KEY': 'key', 'ROOT_SECRET_KEY': SECRET})
    for _ in range(100):
      with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
        break
      time.sleep(0.1)
    self.proxy = broken_proxy.BrokenProxy(port)
    packages, = engines.find('s3-client').glob('lib/python*/site-packages')
    self.environment = {
        **{name: value for name, value in os.environ.items() if name not in ('IMDB_DATA', 'PYTEST_CURRENT_TEST')},
        'AWS_ENDPOINT_URL': f'http://127.0.0.1:{self.proxy.server_port}', 'AWS_REGION': 'us-east-1',
        'AWS_ACCESS_KEY_ID': 'key', 'AWS_SECRET_ACCESS_KEY': SECRET, 'AWS_EC2_METADATA_DISABLED': 'true',
        'XDG_STATE_HOME': str(self.state), 'PYTHONPATH': str(packages)}

  def command(self, *arguments):
    return [forks.interpreter().executable, *map(str, arguments)]

  def run_at_once(self, *commands):
    """Run commands of the project at the same time, each (arguments, variables); [(exit code, what it prints)]."""
    processes = [
        subprocess.Popen(
            self.command(*arguments), cwd=PROJECT, env={**self.environment, **variables}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for arguments, variables in commands]
    try:
      outputs = [process.communicate(timeout=900)[0] for process in processes]
    finally:
      for process in processes:
        process.kill()
    assert not any('Traceback' in output for output in outputs), outputs
    return [(process.returncode, output) for process, output in zip(processes, outputs)]

  def run(self, *arguments, code=0, **variables):
    """What a command of the project prints, which ends with an exit code."""
    (found, output), = self.run_at_once((arguments, variables))
    assert found == code, output
    return output


@contextlib.contextmanager
def start(directory):
  """Start a Store for the block; skips the test where it was not fetched."""
  for name in 's3', 's3-client':
    if engines.find(name) is None:
      pytest.skip(f'{name} was not fetched: make engines ARGS={name}')
  slow.refuse('an S3 server')
  store = Store(directory)
  yield store
  store.proxy.shutdown()
  store.process.terminate()
  store.process.wait()
