"""A Python that has imported the libraries: each of its programs runs in a fork of one process, and starts at once.

Nothing of the project is imported before the fork. `python forks.py serve` is the process that forks, `python forks.py
run` the one that stands for a program: it passes on its arguments, environment, directory, umask and standard streams,
and signals to the program, and ends as the program does. If it is killed, so is the program.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import logging
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
import weakref

# What runs import of other packages, and how to spare each of them the half second that it takes.
LIBRARIES = ('tfx.v1', 'matplotlib.figure', 'jinja2', 'markdown_it', 'networkx', 'pooch', 'rich.progress', 'rich.table')
_FORWARDED = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


class Interpreter:
  """A running interpreter; it ends when nothing refers to it any more.

  Attributes:
    executable: path of what to start instead of sys.executable. Of Python's options it takes -I, -u, -c and -m.
    pid: of the process that forks.
  """

  def __init__(self, libraries, prefix=(), **variables):
    """Start it.

    Args:
      libraries: names of modules to import; a module with a minus sign in front cannot be imported.
      prefix: a command, with its flags, that replaces itself with the interpreter, such as unshare.
      **variables: environment variables for the imports; a program has those that it is started with.
    """
    self._directory = tempfile.TemporaryDirectory(prefix='forks-')
    self.executable, address = (os.path.join(self._directory.name, name) for name in ('python', 'socket'))
    client = shlex.join([sys.executable, '-IS', __file__, 'run', address])
    with open(self.executable, 'w', encoding='utf-8') as file:
      file.write(f'#!/bin/sh\nexec {client} "$@"\n')
    os.chmod(self.executable, 0o755)
    hidden = 'IMDB_DATA', 'PYTHONPATH', 'PYTEST_CURRENT_TEST'
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    with socket.socket(socket.AF_UNIX) as listener:  # made here: `prefix` may forbid to write to the directory
      listener.bind(address)
      listener.listen()
      process = subprocess.Popen(
          [*prefix, sys.executable, __file__, 'serve', str(listener.fileno()), self.executable, *libraries], cwd='/',
          env={**environment, **variables}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
          pass_fds=[listener.fileno()])
    self.pid = process.pid
    weakref.finalize(self, process.communicate)  # ends its standard input
    process.stdout.readline()  # it now runs where `prefix` puts it


@functools.lru_cache(maxsize=None)
def interpreter(has_kfp=False):
  """Return the Interpreter that the tests of this process share.

  Args:
    has_kfp: whether kfp can be imported. A local run does without.
  """
  return Interpreter(('kfp', *LIBRARIES) if has_kfp else ('-kfp', *LIBRARIES))


def _open_streams():
  for number in range(3):
    with contextlib.suppress(OSError):
      os.fstat(number)
      yield number


def _run(address, *arguments):
  """Have a program run; ends this process as the program has ended."""
  streams = list(_open_streams())  # before the socket takes the number of one that is closed
  job = {'arguments': arguments, 'cwd': os.getcwd(), 'variables': dict(os.environ), 'streams': streams,
         'umask': os.umask(0), 'ignored': [n for n in _FORWARDED if signal.getsignal(n) == signal.SIG_IGN]}
  connection = socket.socket(socket.AF_UNIX)
  connection.connect(address)
  message = json.dumps(job).encode()
  if streams:
    socket.send_fds(connection, [b'+'], streams)
  else:
    connection.sendall(b'-')
  connection.sendall(message + b'\n')
  answers = connection.makefile()
  group = int(answers.readline())

  def forward(number, _):
    with contextlib.suppress(ProcessLookupError):
      os.killpg(group, number)

  for number in _FORWARDED:  # also if they are ignored: the program may have set a handler
    signal.signal(number, forward)
  code = int(answers.readline() or 1)
  if code < 0:
    with contextlib.suppress(OSError):  # SIGKILL has no handler
      signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
  os._exit(code)


def _serve(descriptor, executable, *libraries):
  """Import libraries, then fork for each connection until standard input ends."""
  with open(os.dup(1), 'w', encoding='utf-8') as ready:
    os.dup2(2, 1)  # the reader must not get what an import prints
    sys.path.pop(0)  # this directory: its modules could hide others
    for library in libraries:
      if library.startswith('-'):
        sys.modules[library[1:]] = None
      else:
        importlib.import_module(library)
    logging.root.handlers.clear()  # a warning at an import adds one, which not every program imports
    sys.executable = executable  # what programs start, starts at once, too
    gc.freeze()  # searching the libraries' objects for cycles would copy their memory into each fork
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no fork becomes a zombie
    listener = socket.socket(fileno=int(descriptor))
    print('ready', file=ready)
  while listener in select.select([listener, 0], [], [])[0]:
    connection, _ = listener.accept()
    if os.fork() == 0:
      listener.close()
      _watch(connection)
    connection.close()


def _watch(connection):
  """Run the program that a connection asks for, and kill it if the connection breaks."""
  signal.signal(signal.SIGCHLD, signal.SIG_DFL)
  _, descriptors, _, _ = socket.recv_fds(connection, 1, 3)
  job = json.loads(connection.makefile().readline())
  pid = os.fork()
  if pid == 0:
    connection.close()
    _become(job, descriptors)
  with contextlib.suppress(OSError):  # it may have done this itself, or have ended
    os.setpgid(pid, pid)
  for descriptor in descriptors:
    os.close(descriptor)
  with contextlib.suppress(OSError):  # the other side is gone
    connection.sendall(b'%d\n' % pid)

  def kill_if_alone():
    connection.recv(1)
    os.killpg(pid, signal.SIGKILL)

  threading.Thread(target=kill_if_alone, daemon=True).start()
  code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
  with contextlib.suppress(OSError):
    connection.sendall(b'%d\n' % code)
  os._exit(0)


def _become(job, descriptors):
  """Run a program in this process, and end the process."""
  os.setpgid(0, 0)
  given = dict(zip(job['streams'], descriptors))
  for number, name in enumerate(('stdin', 'stdout', 'stderr')):
    if number in given:
      os.dup2(given[number], number)
      os.close(given[number])
    else:
      os.close(number)
      setattr(sys, name, None)
  os.umask(job['umask'])
  os.environ.clear()
  os.environ.update(job['variables'])
  os.chdir(job['cwd'])
  tempfile.tempdir = None  # an import may have set it, by other variables
  for number in job['ignored']:
    signal.signal(number, signal.SIG_IGN)
  code = 0
  try:
    _execute(job['arguments'])
  except SystemExit as end:
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
    if isinstance(end.code, str):
      print(end.code, file=sys.stderr)
  except BaseException as error:  # pylint: disable=broad-except
    traceback.print_exc()
    code = 1
    if isinstance(error, KeyboardInterrupt):
      signal.signal(signal.SIGINT, signal.SIG_DFL)
      os.kill(os.getpid(), signal.SIGINT)
  threading._shutdown()
  atexit._run_exitfuncs()
  for stream in sys.stdout, sys.stderr:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # closed, or its reader is gone
      stream.flush()
  os._exit(code & 255)


def _execute(arguments):
  """Run a program as `python *arguments` does."""
  options = set()
  while arguments[0] in ('-I', '-u'):
    options.add(arguments.pop(0))
  kind = arguments.pop(0) if arguments[0] in ('-c', '-m') else None
  program = arguments[0]
  assert kind or not program.startswith('-'), f'an option for a Python of its own: {program}'
  if '-u' in options:
    sys.stdout.reconfigure(write_through=True)
  sys.argv = arguments
  if '-I' not in options:
    first = {'-c': '', '-m': os.getcwd()}.get(kind, os.path.dirname(os.path.realpath(program)))
    sys.path[:0] = [first, *filter(None, os.environ.get('PYTHONPATH', '').split(os.pathsep))]
  if kind == '-m':
    runpy.run_module(program, run_name='__main__', alter_sys=True)
  elif kind == '-c':
    sys.argv[0], sys.modules['__main__'] = '-c', types.ModuleType('__main__')
    exec(compile(program, '<string>', 'exec'), sys.modules['__main__'].__dict__)
  else:
    runpy.run_path(program, run_name='__main__')


if __name__ == '__main__':
  {'run': _run, 'serve': _serve}[sys.argv[1]](*sys.argv[2:])
