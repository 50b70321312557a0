"""Reading data runs no code, whatever is in it."""

import gzip
import pickle
import subprocess
import sys
import tarfile
import zipfile

from tests.e2e import pipeline_runs

# Python's own audit events tell of any code that is loaded, whatever loads it.
_PROGRAM = '''
import encodings.cp437, pickle, sys  # the first: of names in zip files
import numpy
from components.imdb_example_gen import readers
from components.word_vectors import glove
seen = []
_CODE = ('pickle.find_class', 'marshal.loads', 'exec', 'compile', 'import', 'os.system', 'os.exec', 'subprocess.Popen')
warm, *paths = sys.argv[1:]
for path in [warm, *paths]:
  if path == paths[0]:  # what reading needs is imported by now
    sys.addaudithook(lambda event, arguments: event in _CODE and seen.append((event, str(arguments)[:100])))
  try:
    glove.read(path, [b'film'], 0) if 'vectors' in path else list(readers.read(path))
  except ValueError as error:
    assert path in str(error)
assert not seen, seen
try:
  numpy.load(paths[-1])
except ValueError as error:
  assert 'allow_pickle' in str(error)
assert not seen, seen
pickle.loads(open(paths[-1], 'rb').read())
print(seen[0][0], len(paths))
'''


class _Harmful:

  def __reduce__(self):
    return print, ('code of the data ran',)


def test_reading_reviews_and_word_vectors_runs_no_code(tmp_path):
  payload = pickle.dumps(_Harmful())
  for name in ('a.csv', 'b.csv', 'a.tsv', 'a.jsonl', 'vectors.txt'):
    (tmp_path / name).write_bytes(b'text,label\n' * name.endswith('csv') + payload)
  for name in ('a.csv.gz', 'a.jsonl.gz', 'vectors.txt.gz'):
    (tmp_path / name).write_bytes(gzip.compress(payload))
  (tmp_path / 'a.tar').write_bytes(payload)
  (tmp_path / 'payload.pkl').write_bytes(payload)
  with tarfile.open(tmp_path / 'b.tar.gz', 'w:gz') as archive:
    archive.add(tmp_path / 'payload.pkl', 'aclImdb/train/pos/1_9.txt')
  with zipfile.ZipFile(tmp_path / 'vectors.zip', 'w') as archive:
    archive.write(tmp_path / 'payload.pkl', 'vectors.txt')
  names = sorted(path.name for path in tmp_path.iterdir())
  names.remove('b.csv')
  names.remove('payload.pkl')
  paths = [str(tmp_path / name) for name in ('b.csv', *names, 'payload.pkl')]
  done = subprocess.run([sys.executable, '-c', _PROGRAM, *paths], cwd=pipeline_runs.PROJECT, capture_output=True,
                        text=True, check=False)
  # The last one was unpickled to see that the audit sees it.
  assert done.stdout.splitlines() == ['code of the data ran', f'pickle.find_class {len(paths) - 1}'], done.stderr
