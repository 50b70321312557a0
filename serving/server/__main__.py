"""Serves a pushed model over HTTP with TensorFlow Serving's REST API; a newer version takes over when it is pushed.

There is no encryption and no login: serve on the loopback address, or behind a proxy that has both.
"""

import argparse
import gc
import logging
import os
import re
import socket
import sys
from typing import Optional, Sequence

from components.common import start_up

_EXAMPLE = '{"signature_name": "predict_text", "instances": ["A film to remember."]}'
_KEEP_ALIVE_S, _GRACE_S = 60, 30


def parse(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
  """Parse the command line; exits with code 2 if it is wrong.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The values of the flags.
  """
  parser = argparse.ArgumentParser(
      'python -m serving.server', description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
  add = parser.add_argument
  add('--model-dir', default='output/serving/sentiment', help='holds a directory for each version')
  add('--name', type=_name, default='sentiment', help="the model's name in the paths")
  add('--host', default='127.0.0.1', help='the address to bind')
  add('--port', type=_port, default=8501, help='0 for any free port')
  add('--threads', type=_count, default=os.cpu_count() or 1, help='number of threads that run the model')
  add('--max-batch', type=_count, default=32, help='maximum number of texts, of all clients, scored together')
  add('--max-queue', type=_count, default=4096, help='maximum number of waiting texts; beyond it, a request gets 503')
  add('--max-instances', type=_count, default=1024, help='maximum number of texts in one request')
  add('--max-body-mb', type=_count, default=16, help='maximum size of a request in megabytes')
  add('--timeout', type=_count, default=30, help='seconds within which a request must have arrived')
  arguments = parser.parse_args(argv)
  if arguments.max_instances > arguments.max_queue:
    parser.error('--max-instances must not exceed --max-queue')
  return arguments


def _count(text):
  if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
    raise argparse.ArgumentTypeError(f'{text!r} is not a whole number from 1 to 1,000,000')
  return int(text)


def _port(text):
  if not text.isdecimal() or int(text) > 65535:
    raise argparse.ArgumentTypeError(f'{text!r} is not a port from 0 to 65535')
  return int(text)


def _name(text):
  if not re.fullmatch('[A-Za-z0-9._-]+', text):
    raise argparse.ArgumentTypeError(f'{text!r}: use letters, digits, dots, hyphens and underscores')
  return text


def _bind(host, port):
  """Return a listening socket, so that clients can connect while the model is loading; raises OSError."""
  return socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET, backlog=2048)


def _serve(arguments, listener):
  """Serve until a signal; raises ValueError if no version can be loaded."""
  # pylint: disable=import-outside-toplevel  # a usage error is reported before TensorFlow is imported
  import tensorflow as tf
  import uvicorn

  from compat import uvicorn as uvicorn_compat
  from serving.server import app
  from serving.server import arenas
  from serving.server import batching
  from serving.server import errors
  from serving.server import versions as versions_lib
  # pylint: enable=import-outside-toplevel
  tf.get_logger().setLevel(logging.ERROR)
  # A collection, which frees a replaced version, then skips all objects of now: it takes 10 ms instead of 200.
  gc.collect()
  gc.freeze()
  versions = versions_lib.Versions(arguments.model_dir)
  batcher = batching.Batcher(arguments.threads, arguments.max_batch, arguments.max_queue)
  arenas.limit(1 + arguments.threads)  # those of this thread and of the ones that run the model
  versions.start()
  api = app.Api(versions, batcher, arguments.name, arguments.max_instances, arguments.max_body_mb)
  server = uvicorn.Server(uvicorn.Config(
      app.create(api), http=uvicorn_compat.make_protocol(arguments.timeout, errors.error_body), loop='uvloop',
      ws='none', lifespan='off', interface='asgi3', log_config=None, log_level='error', access_log=False,
      server_header=False, proxy_headers=False, timeout_keep_alive=_KEEP_ALIVE_S, timeout_graceful_shutdown=_GRACE_S))

  def stop(*unused):
    server.should_exit = True

  # At its end uvicorn restores these handlers and raises the signal again: the default ones would kill the process.
  start_up.handle_stop_signals(stop)
  host, port = listener.getsockname()[:2]
  url = f'http://{f"[{host}]" if ":" in host else host}:{port}'
  logging.info('serving %s, version %d, on %s (Ctrl-C stops it); try:', arguments.name, versions.current.version, url)
  logging.info("  curl -d '%s' %s/v1/models/%s:predict", _EXAMPLE, url, arguments.name)
  try:
    server.run(sockets=[listener])
  finally:
    versions.stop()
    batcher.close()
  logging.info('stopped')


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Serve until a signal.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code.
  """
  start_up.prepare_process()
  arguments = parse(argv)
  logging.basicConfig(format='%(asctime)s  %(message)s', datefmt='%H:%M:%S', level=logging.INFO, stream=sys.stdout)
  logging.raiseExceptions = False  # whoever reads the output may close it
  start_up.silence_libraries()
  try:
    listener = _bind(arguments.host, arguments.port)
  except OSError as error:
    reason = (error.strerror or str(error)).partition(' (while')[0]
    print(f'cannot bind {arguments.host}:{arguments.port} ({reason}); choose another --port or --host', file=sys.stderr)
    return 1
  try:
    with listener:
      _serve(arguments, listener)
  except ValueError as error:
    print(error, file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    return 0  # while it was loading
  return 0


if __name__ == '__main__':
  sys.exit(main())
