"""Why components ran, the lineage page, and what prune deletes, on a metadata store of made-up runs."""

import os
import pathlib
import shutil
import time

import lxml.html
import pytest

from components.common import hashing
from components.versioned_pusher import push_and_rollback
from pipeline import fingerprints
from pipeline import layout
from pipeline.local import lock
from pipeline.local import prune
from pipeline.results import cache_explanation
from pipeline.results import history as history_lib
from pipeline.results import lineage
from pipeline.results import lineage_page
from pipeline.results import metadata
from pipeline.results import summary
from tests.pipeline import recorded_runs

_FINGERPRINTS = {'c1': {'models/a.py': '1', 'models/b.py': '1'}, 'c2': {'models/a.py': '1', 'models/b.py': '2'}}


@pytest.fixture(name='recorded', scope='module')
def _recorded(tmp_path_factory):
  output_dir = tmp_path_factory.mktemp('recorded') / 'output'
  recorded_runs.record_example(output_dir)
  return output_dir


@pytest.fixture(name='output_dir')
def _output_dir(recorded, tmp_path):
  """A copy to change."""
  return shutil.copytree(recorded, tmp_path / 'output')


def _explanations(output_dir, run):
  history = history_lib.load_history(str(output_dir))
  steps = next(each for each in history.runs if each.id == run).steps
  return {step.component: cache_explanation.explain_step(history, step, _FINGERPRINTS) for step in steps}


def test_what_changed_is_named(output_dir):
  assert set(_explanations(output_dir, 'first').values()) == {'no earlier execution that was completed'}
  second = _explanations(output_dir, 'second')
  assert second['ImdbExampleGen'].startswith('same code, parameters and inputs since 20')
  assert second['Trainer'] == 'code changed: models/b.py; hparams.width: 2 -> 3'
  assert second['Pusher'] == 'input model is new (Trainer); the pushed versions changed'
  assert _explanations(output_dir, 'other')['ImdbExampleGen'] == 'the content of the source changed'
  # Compared with the first run, not with the second one, which differs in more.
  assert _explanations(output_dir, 'last')['Trainer'] == 'input examples is new (ImdbExampleGen)'


def test_an_edited_file_can_be_named(tmp_path, monkeypatch):
  monkeypatch.setattr(fingerprints, '_ROOT', tmp_path)
  (tmp_path / 'models').mkdir()
  (tmp_path / 'templates').mkdir()
  (tmp_path / 'templates' / 'page.j2').touch()
  (tmp_path / 'models' / 'a.py').touch()
  codes = []
  for path in ('models/a.py', 'templates/page.j2'):
    codes.append(hashing.hash_with_files(fingerprints.hash_code('models.a'), str(tmp_path / 'templates')))
    (tmp_path / path).write_text('edited = 1\n')
  codes.append(hashing.hash_with_files(fingerprints.hash_code('models.a'), str(tmp_path / 'templates')))
  cache_explanation.record_fingerprints(str(tmp_path))
  known = cache_explanation.read_fingerprints(str(tmp_path))
  for old, new, changed in zip(codes, codes[1:], ('models/a.py', 'templates/page.j2')):
    assert [part for part in known[new] if known[old][part] != known[new][part]] == [changed]


def test_a_cached_run_on_sample_data_still_warns(tmp_path):
  recorder = recorded_runs.Recorder(tmp_path)
  recorder.run('first')
  examples = recorder.step('ImdbExampleGen', outputs={'examples': {'sample_reviews': 1200}})
  recorder.run('second')
  recorder.step('ImdbExampleGen', outputs=examples, state='cached')
  assert '1,200 reviews are SAMPLE DATA' in summary.sample_warning(metadata.Store(str(tmp_path)))


def _rows(page, table):
  return [[' '.join(cell.text_content().split()) for cell in row] for row in page.xpath(f'//*[@id="{table}"]/tbody/tr')]


def test_the_page_tells_which_data_made_which_version(output_dir, capsys):
  report = pathlib.Path(layout.reports(str(output_dir)), 'cnn-4.html')
  report.touch()
  assert lineage.main(['--output-dir', str(output_dir)]) == 0
  path = report.with_name('lineage.html')
  assert str(path) in capsys.readouterr().out
  page = lxml.html.fromstring(path.read_text(encoding='utf-8'))
  assert _rows(page, 'version-table') == [['7', 'live', 'cnn (2)', '0.8750', '1', 'abc-dirty', 'report']]
  assert [row[0] for row in _rows(page, 'data-table')] == ['8', '1']
  assert _rows(page, 'data-table')[1][1:] == ['/data/reviews.csv SAMPLE DATA', 'd1', 'train 10', '2, 5', '7']
  summaries = [' '.join(each.text_content().split()) for each in page.xpath('//summary')]
  results = 'refused by Evaluator', 'stopped in Trainer', 'refused by Evaluator', 'version 7'
  assert all(result in each for result, each in zip(results, summaries, strict=True)), summaries
  for link in page.xpath('//a/@href'):
    assert (path.parent / link).exists() if link.endswith('.html') else page.get_element_by_id(link[1:]) is not None


def test_copies_of_rollbacks_keep_their_lineage(output_dir):
  serving = layout.serving(str(output_dir))
  os.makedirs(f'{serving}/9')  # not made by a push
  for number in 7, push_and_rollback.roll_back(serving, 7).number:
    push_and_rollback.roll_back(serving, number)
  versions = lineage_page.gather_content(history_lib.load_history(str(output_dir)), str(output_dir))['versions']
  assert [version['is_live'] for version in versions] == [True, False, False, False, False]
  assert [version['model'] and version['model']['id'] for version in versions] == [2, 2, 2, None, 2]


def test_a_version_deleted_by_hand_is_still_explained(output_dir):
  os.rename(layout.serving(str(output_dir)) + '/7', output_dir / 'gone')
  content = lineage_page.gather_content(history_lib.load_history(str(output_dir)), str(output_dir))
  version, = content['versions']
  assert version['is_deleted'] and version['model']['id'] == 2 and version['data'] == [1]


@pytest.mark.parametrize('main, code', [(lineage.main, 1), (prune.main, 2)])
def test_a_directory_without_runs_is_named(tmp_path, capsys, main, code):
  assert main(['--output-dir', str(tmp_path / 'none')]) == code
  assert f'{tmp_path}/none: holds no runs; run local_runner.py first' in capsys.readouterr().err
  assert not list(tmp_path.iterdir())


def _leave_more(output_dir):
  """Files beside the artifacts: reports, logs and unfinished trainings, of before and after the last run."""
  for id_ in (4, 7):
    pathlib.Path(layout.reports(str(output_dir)), f'cnn-{id_}.html').touch()
  os.makedirs(layout.logs(str(output_dir)))
  started = [run.steps[0].started for run in history_lib.load_history(str(output_dir)).runs]
  for start in (min(started) - 7200, min(started) - 5, max(started) + 5):
    name = time.strftime('%Y%m%d-%H%M%S.log', time.localtime(start))
    pathlib.Path(layout.logs(str(output_dir)), name).touch()
  for name, age in (('unfinished-old', 3600), ('unfinished-new', -60)):
    path = output_dir / 'artifacts' / 'Trainer' / 'model_run' / name
    path.mkdir(parents=True)
    os.utime(path, (time.time() - age,) * 2)


def test_prune_deletes_what_nothing_needs(output_dir, capsys):
  _leave_more(output_dir)
  before = sorted(output_dir.rglob('*'))
  assert prune.main(['--output-dir', str(output_dir)]) == 0
  shown = capsys.readouterr().out
  assert sorted(path for path in output_dir.rglob('*') if path.name != 'run.lock') == before
  listed = {line.split()[-1] for line in shown.splitlines() if ' bytes  ' in line}
  artifacts = {path for path in listed if path.startswith('artifacts/')}
  assert artifacts == {'artifacts/Trainer/model/6', 'artifacts/Pusher/pushed_model/7', 'artifacts/ReportGen/report/8',
                       'artifacts/Trainer/model_run/unfinished-old'}
  assert {path for path in listed if path.startswith('reports/')} == {'reports/cnn-7.html'}
  assert sum(path.startswith('logs/') for path in listed) == 1
  assert '6 files and directories, 3,000 bytes. Nothing was deleted' in shown
  assert 'Kept: 3 runs' in shown and 'versions 7)' in shown
  assert prune.main(['--output-dir', str(output_dir), '--yes']) == 0
  assert 'Deleted 6 files and directories, 3,000 bytes' in capsys.readouterr().out
  assert not any((output_dir / path).exists() for path in listed)
  history = history_lib.load_history(str(output_dir))
  assert [id_ for id_, artifact in history.artifacts.items() if not artifact.is_live] == [5, 6, 7]
  assert prune.main(['--output-dir', str(output_dir)]) == 0
  assert '0 files and directories, 0 bytes' in capsys.readouterr().out


def test_prune_waits_for_a_run_and_follows_a_moved_directory(output_dir, capsys):
  moved = output_dir.rename(output_dir.with_name('moved'))
  with lock.hold(str(moved)):
    assert prune.main(['--output-dir', str(moved), '--yes']) == 2
  assert 'in use by another run' in capsys.readouterr().err
  assert prune.main(['--output-dir', str(moved)]) == 0
  assert '3 files and directories' in capsys.readouterr().out
