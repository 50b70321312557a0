"""Runs commands `python -m MODULE ...` in forks of one interpreter that has imported what the module imports.

  python forks.py MODULE

Each line of standard input is a command, {"arguments": [...], "log": path, "variables": {...}}; each line of standard
output is the exit code of one. Importing TFX takes most of a step's seconds.
"""

import json
import os
import runpy
import sys
import traceback


def _become(module, command):
  """Runs a command in this process, and ends it."""
  log = os.open(command['log'], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
  for standard in (1, 2):
    os.dup2(log, standard)
  os.environ.update(command['variables'])
  sys.argv = [module, *command['arguments']]
  code = 0
  try:
    runpy.run_module(module, run_name='__main__', alter_sys=True)
  except SystemExit as end:
    code = end.code if isinstance(end.code, int) else int(end.code is not None)
  except BaseException:  # pylint: disable=broad-except
    traceback.print_exc()
    code = 1
  sys.stdout.flush()
  sys.stderr.flush()
  os._exit(code)


def main(module):
  answers = os.fdopen(os.dup(1), 'w')
  os.dup2(2, 1)  # what an import prints is no answer
  runpy.run_module(module, run_name='imported')
  for line in sys.stdin:
    child = os.fork()
    if not child:
      _become(module, json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


if __name__ == '__main__':
  main(sys.argv[1])
