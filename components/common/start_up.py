"""Start-up of every command: missing streams, variables and signal handlers are set. Imports on any Python 3."""

import os
import pwd
import signal
import sys
from typing import Any, Callable, List
import warnings

from compat import cpython

_STREAMS = ('stdin', 'r'), ('stdout', 'w'), ('stderr', 'w')  # by file descriptor
_NO_HOME = os.devnull  # nothing can be created below it, not even by root
_INTERRUPTED = 130  # exit code
_LOOPBACK = 'localhost', '127.0.0.1', '::1', '[::1]'


def prepare_process() -> List[str]:
  """Open closed standard streams, name a user without a name or home, and keep proxies away from this machine.

  Returns:
    The names of the standard streams that were closed.
  """
  cpython.restart_without_optimization()
  closed = _open_standard_streams()
  _name_user()
  _exempt_loopback()
  return closed


def _open_standard_streams():
  """Open closed standard streams on the null device; returns their names.

  A service manager may close them. The next file to be opened would then become the standard output, and `print` fails.
  """
  closed = []
  for number, (name, mode) in enumerate(_STREAMS):
    try:
      os.fstat(number)
    except OSError:
      descriptor = os.open(os.devnull, os.O_RDWR)
      os.dup2(descriptor, number)  # inheritable, as child processes expect of a standard stream
      if descriptor > number:
        os.close(descriptor)
      closed.append(name)
    if getattr(sys, name) is None:
      setattr(sys, name, open(number, mode, encoding='utf-8', errors='backslashreplace', closefd=False))
  return closed


def _name_user():
  """Set the variables of a user id without an entry in /etc/passwd, as containers have.

  Without them getpass.getuser fails, and os.path.expanduser leaves `~`, which libraries then create as a directory.
  """
  try:
    pwd.getpwuid(os.getuid())
  except KeyError:
    for name, value in ('HOME', _NO_HOME), ('USER', str(os.getuid())), ('LOGNAME', str(os.getuid())):
      if not os.environ.get(name):
        os.environ[name] = value


def _exempt_loopback():
  """Have libraries connect to this machine directly, whatever proxy the environment names."""
  if not any(name.lower().endswith('_proxy') for name in os.environ):
    return
  for name in 'no_proxy', 'NO_PROXY':
    hosts = [host for host in os.environ.get(name, '').split(',') if host.strip()]
    if '*' not in hosts:
      os.environ[name] = ','.join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])


def silence_libraries() -> None:
  """Suppress warnings that users can do nothing about: TensorFlow's of GPUs, Google's of the version of Python."""
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')
  warnings.simplefilter('ignore')


def handle_stop_signals(handler: Callable[..., Any] = signal.default_int_handler) -> None:
  """Have SIGINT, SIGTERM and SIGHUP call a handler; by default, it raises KeyboardInterrupt.

  SIGINT is set too: a process that a script starts in the background ignores it by inheritance, and Python does not
  change that. SIGHUP stays ignored if it is, as with `nohup`.

  Args:
    handler: as of signal.signal.
  """
  for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
      signal.signal(number, handler)


def run_program(main: Callable[[], int]) -> None:
  """Run the main function of a program, and exit with its code.

  Args:
    main: returns the exit code. Signals that stop it, and a reader of its output that is gone, as in `| head`, end the
      program with code 130 and without a word.
  """
  handle_stop_signals()
  try:
    code = main()
    sys.stdout.flush()
  except KeyboardInterrupt:
    code = _INTERRUPTED
  except BrokenPipeError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    code = _INTERRUPTED
  sys.exit(code)
