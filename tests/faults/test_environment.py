"""Conditions that a user's machine may have: none of them changes a result or causes a traceback."""

import gzip
import os
import subprocess
import sys

import pytest

from tests.conftest import SECRET
from tests.e2e import pipeline_runs
from tests.e2e import same_results
from tests.faults import namespaces

pytestmark = pytest.mark.slow

# A read-only project, half a gigabyte for temporary files, no kfp, no other program on the path, and a user id without
# a name.
_RESTRICT = '''
mount --bind "$PROJECT" "$PROJECT" && mount -o remount,ro,bind "$PROJECT"
mkdir "$DIR/tmp" && mount -t tmpfs -o size=512m none "$DIR/tmp" && export TMPDIR="$DIR/tmp"
mkdir "$DIR/hidden" && echo 'raise ModuleNotFoundError("No module named kfp", name="kfp")' > "$DIR/hidden/kfp.py"
cd "$DIR/cwd" && PYTHONPATH="$DIR/hidden" exec unshare -U --map-user=54321 --map-group=54321 \
  sh -c 'PATH=/nowhere exec "$@" <&-' sh "$@"
'''


def _run_elsewhere(directory, flags):
  """Run the pipeline without a home, in another locale, with -OO and the umask 077, and where it can be, restricted."""
  environment = {**os.environ, 'PYTHONHASHSEED': '2', 'LC_ALL': 'C', 'LANG': 'C', 'PASSWORD': SECRET,
                 'DIR': str(directory), 'PROJECT': str(pipeline_runs.PROJECT)}
  for name in 'HOME', 'USER', 'LOGNAME', 'IMDB_DATA', 'PYTHONPATH':
    environment.pop(name, None)
  (directory / 'cwd').mkdir()
  command = [sys.executable, '-OO', pipeline_runs.PROJECT / 'local_runner.py', *flags]
  if not namespaces.MISSING:
    command = [*namespaces.COMMAND, 'sh', '-ec', _RESTRICT, 'sh', *command]
  process = subprocess.run(
      [str(word) for word in command], cwd='/', env=environment, umask=0o077, timeout=600, stdin=subprocess.DEVNULL,
      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
  assert process.returncode in (0, 3) and 'Traceback' not in process.stdout, process.stdout
  assert not os.listdir(directory / 'cwd')
  return process.stdout


def test_another_environment_gives_the_same_model(undisturbed, tmp_path):
  directory = tmp_path / 'Ausgänge mit Leerzeichen'
  directory.mkdir()
  output = _run_elsewhere(directory, [*undisturbed.flags, '--output-dir', directory / 'output'])
  assert same_results.load_metrics(undisturbed.output_dir) == pytest.approx(
      same_results.load_metrics(directory / 'output'), abs=1e-4)
  assert SECRET not in undisturbed.output + output
  is_pushed = any((directory / 'output' / 'serving').rglob('saved_model.pb'))
  assert ('which only its owner can read (umask)' in output) == is_pushed
  for output_dir in undisturbed.output_dir, directory / 'output':
    written = [path for path in output_dir.rglob('*') if path.is_file()]
    assert {'metadata.db', 'run.lock', 'saved_model.pb'} <= {path.name for path in written}
    for path in written:
      content = path.read_bytes()
      assert SECRET.encode() not in (gzip.decompress(content) if path.suffix == '.gz' else content), path


@pytest.mark.parametrize('directory', ['file/output', '/proc/output'])
def test_an_unwritable_output_directory_is_one_line(tmp_path, directory):
  (tmp_path / 'file').touch()
  (tmp_path / 'a.csv').write_text('text,label\ngood,1\nbad,0\n')
  output = pipeline_runs.run(
      pipeline_runs.PROJECT, '--data', tmp_path / 'a.csv', '--output-dir', tmp_path / directory, check=2)
  assert '--output-dir' in output and 'cannot be written' in output and len(output.splitlines()) == 1
  assert os.path.basename(directory) in output
