"""Serves the pushed model over HTTP, with TensorFlow Serving's REST API; a newer version takes over when it is pushed.

There is no encryption and no login: keep it on the loopback address, or behind a proxy that has both.
"""

import argparse
import gc
import logging
import os
import re
import signal
import socket
import sys
import warnings

_EXAMPLE = '{"signature_name": "predict_text", "instances": ["A film to remember."]}'
_KEEP_ALIVE_S, _GRACE_S = 60, 30


def parse(argv=None):
  """The command line; exits with code 2 where it is wrong."""
  parser = argparse.ArgumentParser(
      'python -m serving.server', description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
  add = parser.add_argument
  add('--model-dir', default='output/serving/sentiment', help='holds a directory for each version')
  add('--name', type=_name, default='sentiment', help='of the model, in the paths')
  add('--host', default='127.0.0.1', help='the address to listen on')
  add('--port', type=_port, default=8501, help='0: any free one')
  add('--threads', type=_count, default=os.cpu_count() or 1, help='that run the model')
  add('--max-batch', type=_count, default=32, help='reviews of all clients that are put together at a time')
  add('--max-queue', type=_count, default=4096, help='reviews that may wait before a request gets 503')
  add('--max-instances', type=_count, default=1024, help='reviews of one request')
  add('--max-body-mb', type=_count, default=16, help='megabytes of one request')
  add('--timeout', type=_count, default=30, help='seconds that a request may take to arrive')
  arguments = parser.parse_args(argv)
  if arguments.max_instances > arguments.max_queue:
    parser.error('--max-instances: more than --max-queue lets wait')
  return arguments


def _count(text):
  if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
    raise argparse.ArgumentTypeError(f'{text!r} is no whole number from 1')
  return int(text)


def _port(text):
  if not text.isdecimal() or int(text) > 65535:
    raise argparse.ArgumentTypeError(f'{text!r} is no port: 0 to 65535')
  return int(text)


def _name(text):
  if not re.fullmatch('[A-Za-z0-9._-]+', text):
    raise argparse.ArgumentTypeError(f'{text!r}: letters, digits, dots, hyphens and underscores make a name')
  return text


def _listen(host, port):
  """A socket that listens, so that a client that comes early waits; raises OSError."""
  return socket.create_server((host, port), family=socket.AF_INET6 if ':' in host else socket.AF_INET, backlog=2048)


def _serve(arguments, listener):
  """Serves until a signal; raises ValueError where there is no model to serve."""
  # pylint: disable=import-outside-toplevel
  import tensorflow as tf
  import uvicorn
  from serving.server import app, batching, protocol, versions as versions_lib
  # pylint: enable=import-outside-toplevel
  tf.get_logger().setLevel(logging.ERROR)
  # What is there now stays: a collection that a dropped version needs looks at the rest only, 10 ms instead of 200.
  gc.collect()
  gc.freeze()
  versions = versions_lib.Versions(arguments.model_dir)
  batcher = batching.Batcher(arguments.threads, arguments.max_batch, arguments.max_queue)
  versions.start()
  api = app.Api(versions, batcher, arguments.name, arguments.max_instances, arguments.max_body_mb)
  protocol.Protocol.timeout = arguments.timeout
  server = uvicorn.Server(uvicorn.Config(
      app.create(api), http=protocol.Protocol, loop='uvloop', ws='none', lifespan='off', interface='asgi3',
      log_config=None, log_level='error', access_log=False, server_header=False, proxy_headers=False,
      timeout_keep_alive=_KEEP_ALIVE_S, timeout_graceful_shutdown=_GRACE_S))

  def stop(*unused):
    server.should_exit = True

  # When it is done, uvicorn puts back these and raises the signal again, of which the process would die.
  for number in signal.SIGINT, signal.SIGTERM:
    signal.signal(number, stop)
  host, port = listener.getsockname()[:2]
  url = f'http://{f"[{host}]" if ":" in host else host}:{port}'
  logging.info('%s, version %d, is served on %s (Ctrl-C stops); try:', arguments.name, versions.current.version, url)
  logging.info("  curl -d '%s' %s/v1/models/%s:predict", _EXAMPLE, url, arguments.name)
  try:
    server.run(sockets=[listener])
  finally:
    versions.stop()
    batcher.close()
  logging.info('stopped')


def main(argv=None):
  """Returns the exit code."""
  arguments = parse(argv)
  logging.basicConfig(format='%(asctime)s  %(message)s', datefmt='%H:%M:%S', level=logging.INFO, stream=sys.stdout)
  logging.raiseExceptions = False  # the reader of the output may go away
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  warnings.simplefilter('ignore')  # Google's libraries announce the end of Python 3.10
  try:
    listener = _listen(arguments.host, arguments.port)
  except OSError as error:
    reason = error.strerror.partition(' (while')[0]
    print(f'{arguments.host}:{arguments.port} cannot be listened on ({reason}); choose another --port or --host',
          file=sys.stderr)
    return 1
  try:
    with listener:
      _serve(arguments, listener)
  except ValueError as error:
    print(error, file=sys.stderr)
    return 1
  except KeyboardInterrupt:
    return 0  # before it served anything
  return 0


if __name__ == '__main__':
  sys.exit(main())
