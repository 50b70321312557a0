"""Each notebook, executed against a real small run; none has outputs committed."""

import json

import pytest

from pipeline.results import runs
from tests import forks
from tests.e2e import pipeline_runs

# What is true after a notebook's last cell, in its own words.
_CHECKS = {'data_validation': "assert set(augmented.kind) >= {'negation', 'snippets', 'mentions'}",
           'model_comparison': """
import numpy as np
for row in hardest.assign(whole=reviews.text).itertuples():
  found = [run.score([row.whole])[0] for run in models.values()]
  assert abs(np.mean([abs(score - row.label) for score in found]) - row.distance) < 1e-5
  assert sum((score > 0.5) != row.label for score in found) == row.wrong
"""}
_NOTEBOOKS = sorted((pipeline_runs.PROJECT / 'notebooks').glob('*.ipynb'))
# ipykernel names the backend in MPLBACKEND, which matplotlib reads when it is imported: here, that was before.
_KERNEL = """
import matplotlib, runpy
matplotlib.use('module://matplotlib_inline.backend_inline')
runpy.run_module('ipykernel_launcher', run_name='__main__', alter_sys=True)
"""


@pytest.fixture(name='output_dir')
def _output_dir(compared):
  return compared.output_dir


@pytest.mark.parametrize('path', _NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, output_dir, monkeypatch, tmp_path):
  # Here, as each worker that collects this file would import them for two seconds.
  # pylint: disable=import-outside-toplevel
  import nbclient
  import nbformat
  monkeypatch.setenv('OUTPUT_DIR', str(output_dir))
  if path != _NOTEBOOKS[0]:  # which has a kernel that starts as a user's does
    kernel = tmp_path / 'kernels' / 'python3' / 'kernel.json'
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({'argv': [forks.interpreter().executable, '-c', _KERNEL, '-f', '{connection_file}'],
                                  'display_name': 'A fork', 'language': 'python'}))
    monkeypatch.setenv('JUPYTER_PATH', str(tmp_path))
  notebook = nbformat.read(path, as_version=4)
  code = [cell for cell in notebook.cells if cell.cell_type == 'code']
  assert not any(cell.outputs or cell.execution_count for cell in code)
  notebook.cells.append(nbformat.v4.new_code_cell(_CHECKS.get(path.stem, '')))
  nbclient.NotebookClient(notebook, timeout=240, resources={'metadata': {'path': str(path.parent)}}).execute()
  assert any('image/png' in output.get('data', ()) for cell in code for output in cell.outputs)
  errors = [output for cell in code for output in cell.outputs if output.get('name') == 'stderr']
  assert not [output.text for output in errors if 'Error' in output.text]


def test_there_are_four():
  assert [path.stem for path in _NOTEBOOKS] == [
      'data_validation', 'interpretation', 'model_analysis', 'model_comparison']


def test_what_the_notebooks_show_is_what_was_evaluated(output_dir):
  run = runs.latest_run(str(output_dir), 'bow_sparse')
  reviews = run.examples('test')
  scores = run.score(reviews.text)
  assert run.metrics().value['binary_accuracy'] == pytest.approx(((scores > 0.5) == reviews.label).mean())
  assert len(reviews) == run.data_properties()['test'] == run.metrics().value['example_count']
  assert len(run.examples('test', count=10)) == 10
  word = run.weights().index[-1]
  assert run.score([word])[0] > run.score([''])[0]  # the most positive word
  assert run.word_vectors() is None
  other = runs.latest_run(str(output_dir), 'cnn')
  assert len(other.word_vectors()) == len(other.vocabulary()) and other.weights() is None
  assert set(runs.runs_by_model(str(output_dir))) == {'bow_sparse', 'bow_embeddings', 'cnn'}
  with pytest.raises(ValueError, match='holds no evaluated lstm'):
    runs.latest_run(str(output_dir), 'lstm')
  with pytest.raises(ValueError, match='no such directory'):
    runs.latest_run('/no/such/output')
