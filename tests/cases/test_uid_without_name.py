"""A user id without an entry in /etc/passwd, as OpenShift and docker -u give, and no HOME, USER, LOGNAME.

A whole run of such a user is part of tests/faults/test_environment.py.
"""

import shutil
import subprocess
import sys

import pytest

from tests import documents

_COMMAND = 'unshare', '-U', '--map-user=54321', '--map-group=54321'
_PROGRAM = '''
import getpass, os, sys
sys.path.insert(0, sys.argv[1])
from components.common import start_up
start_up.prepare_process()
print(getpass.getuser(), os.path.expanduser('~'))
'''


def _is_possible():
  return shutil.which(_COMMAND[0]) and subprocess.run(
      [*_COMMAND, 'true'], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _is_possible(), reason='no namespaces for users on this system')
@pytest.mark.parametrize('home, expected', [
    ([], '/dev/null'), (['HOME='], '/dev/null'), (['HOME=/nonexistent'], '/nonexistent')])
def test_libraries_find_a_name_and_no_home(home, expected, tmp_path):
  command = [*_COMMAND, 'env', '-i', *home, sys.executable, '-c', _PROGRAM, str(documents.PROJECT)]
  output = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
  assert output == f'54321 {expected}\n'
  assert not list(tmp_path.iterdir())
