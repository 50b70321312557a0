"""Runs programs in forks of an interpreter that has imported the libraries: many programs take less time than these.

Nothing of the project is imported before the fork. As the main program it takes its commands from standard input.
"""

import gc
import importlib
import json
import os
import pathlib
import runpy
import signal
import subprocess
import sys
import traceback

_SECONDS = 900  # a program that takes longer is killed


class Interpreter:
  """An interpreter that runs each program in a process of its own; it ends when nothing refers to it any more."""

  def __init__(self, libraries, environment, cwd, prefix=()):
    """Start it.

    Args:
      libraries: names of modules to import; a module with a minus sign in front cannot be imported.
      environment: environment variables, also of the programs.
      cwd: its working directory.
      prefix: a command, with its flags, that replaces itself with the interpreter, such as unshare.
    """
    self._process = subprocess.Popen(
        [*prefix, sys.executable, __file__, *libraries], env=environment, cwd=cwd, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    self.pid = self._process.pid
    self._process.stdout.readline()  # it now runs where `prefix` puts it

  def run(self, program, arguments, log: pathlib.Path, cwd, **variables) -> int:
    """Run a program, a file or a module; returns the exit code. Its output goes to `log`."""
    return self.wait(self._start(program, arguments, log, None, cwd, variables))

  def start(self, program, arguments, log: pathlib.Path, errors: pathlib.Path, cwd) -> int:
    """Start a program as the leader of a process group; returns its process id. `wait` for it before the next one."""
    return self._start(program, arguments, log, errors, cwd, {})

  def _start(self, program, arguments, log, errors, cwd, variables):
    return self._ask(program=str(program), arguments=[str(word) for word in arguments], log=str(log),
                     errors=errors and str(errors), cwd=str(cwd), variables=variables)

  def wait(self, pid: int) -> int:
    """Wait until a program ends; returns the exit code, negative for a signal."""
    return self._ask(wait=pid)

  def _ask(self, **command):
    self._process.stdin.write(json.dumps(command) + '\n')
    self._process.stdin.flush()
    return int(self._process.stdout.readline())


def _become(program, arguments, log, errors, cwd, variables):
  """Run a program in this process, and end the process."""
  signal.alarm(_SECONDS)
  os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
  for standard, path in (1, log), (2, errors or log):
    os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND), standard)
  if errors:
    os.setsid()
  os.environ.update(variables)
  os.chdir(cwd)
  sys.argv = [program, *arguments]
  is_file = os.path.isabs(program)
  sys.path.insert(0, os.path.dirname(program) if is_file else cwd)
  code = 0
  try:
    if is_file:
      runpy.run_path(program, run_name='__main__')
    else:
      runpy.run_module(program, run_name='__main__', alter_sys=True)
  except SystemExit as end:
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
  except BaseException:  # pylint: disable=broad-except
    traceback.print_exc()
    code = 1
  sys.stdout.flush()
  sys.stderr.flush()
  os._exit(code)


def main(libraries):
  answers = os.fdopen(os.dup(1), 'w')
  print('ready', file=answers, flush=True)
  os.dup2(2, 1)  # the parent must not read what an import prints
  sys.path.pop(0)  # this directory: its modules could hide others
  for library in libraries:
    if library.startswith('-'):
      sys.modules[library[1:]] = None
    else:
      importlib.import_module(library)
  gc.freeze()  # searching the libraries' objects for cycles would copy their memory into each fork
  for line in sys.stdin:
    command = json.loads(line)
    if 'wait' in command:
      answer = os.waitstatus_to_exitcode(os.waitpid(command['wait'], 0)[1])
    else:
      answer = os.fork() or _become(**command)
    print(answer, file=answers, flush=True)


if __name__ == '__main__':
  main(sys.argv[1:])
