import shutil

import pytest

from pipeline import fingerprints


@pytest.fixture
def project(tmp_path, monkeypatch):
  """A copy of the code to edit."""
  for package in ('components', 'models'):
    shutil.copytree(fingerprints._ROOT / package, tmp_path / package)
  monkeypatch.setattr(fingerprints, '_ROOT', tmp_path)
  return tmp_path


@pytest.mark.parametrize('edited, of, changes', [
    ('models/networks/cnn.py', ('models.training.run_fn', 'models.networks.cnn'), True),
    ('models/networks/layers.py', ('models.training.run_fn', 'models.networks.cnn'), True),
    ('models/features.py', ('models.training.run_fn', 'models.networks.cnn'), True),
    ('models/networks/linear.py', ('models.training.run_fn', 'models.networks.cnn'), False),
    ('models/networks/cnn.py', ('models.text.preprocessing',), False),
    ('models/features.py', ('models.text.preprocessing',), True),
    ('components/imdb_example_gen/readers.py', ('components.imdb_example_gen.executor',), True),
])
def test_a_fingerprint_follows_imports(project, edited, of, changes):
  before = fingerprints.of_modules(*of)
  with open(project / edited, 'a', encoding='utf-8') as file:
    file.write('\n# edited\n')
  assert (fingerprints.of_modules(*of) != before) == changes
