"""Beam's Python workers: `python -m pipeline.engines.worker SOCKET` forks one for each connection to a Unix socket.

A worker spends 10 s on imports, most of them TensorFlow's, and engines start one for each job and slot. Here, one
process has imported all that before, and a worker is there at once. pipeline/engines/start_worker.py connects.
"""

import importlib
import os
import signal
import socket
import sys
import threading
import traceback

from apache_beam.portability.api import beam_provision_api_pb2
from apache_beam.portability.api import beam_provision_api_pb2_grpc
from apache_beam.runners.worker import sdk_worker
import grpc

from compat import beam
from components.common import start_up

_STATE_CACHE_BYTES = 100 << 20  # Beam's own default for workers that it starts itself
_MODULES = ('tfx.v1', 'tensorflow_data_validation', 'tensorflow_model_analysis', 'tensorflow_transform.beam')


def serve(path: str) -> None:
  """Fork workers until this process is stopped.

  Args:
    path: of the Unix socket.
  """
  with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(path)
    listener.listen()  # connections wait for the imports
    for module in _MODULES:
      importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the workers
    print('workers can be forked', flush=True)
    while True:
      connection = listener.accept()[0]
      if os.fork() == 0:
        listener.close()
        _work(connection)
      connection.close()


def _work(connection: socket.socket) -> None:
  """Serve an engine until it stops the worker; does not return."""
  code = 1
  try:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with connection.makefile(encoding='utf-8') as words:
      worker_id, endpoint = words.readline().split()
    threading.Thread(target=_exit_with, args=(connection,), daemon=True).start()
    beam.set_worker_id(worker_id)
    with grpc.insecure_channel(endpoint) as channel:
      service = beam_provision_api_pb2_grpc.ProvisionServiceStub(channel)
      information = service.GetProvisionInfo(
          beam_provision_api_pb2.GetProvisionInfoRequest(), metadata=[('worker_id', worker_id)]).info
    sdk_worker.SdkHarness(
        information.control_endpoint.url, worker_id=worker_id, state_cache_size=_STATE_CACHE_BYTES).run()
    code = 0
  except Exception:  # pylint: disable=broad-exception-caught
    traceback.print_exc()  # into the log of the workers; nothing is left to tell it to
  finally:
    os._exit(code)


def _exit_with(connection: socket.socket) -> None:
  """Exit as soon as the process that has asked for the worker is gone."""
  connection.recv(1)
  os._exit(1)


if __name__ == '__main__':
  start_up.prepare_process()
  serve(sys.argv[1])
