"""Models compared on sample data: what the table holds, and which of them is pushed."""

import csv
import json

import lxml.html
import pytest

from components.common import examples
from components.versioned_pusher import progress_line as pusher_progress_line
from components.versioned_pusher import push_and_rollback
from pipeline import layout
from pipeline.results import metadata
from serving import evaluate
from tests.e2e import pipeline_runs


def test_a_comparison_measures_each_model_and_pushes_the_best(compared):
  output_dir = compared.output_dir
  assert 'cnn_pretrained skipped: requires --embeddings' in compared.output
  with open(output_dir / 'reports' / 'comparison.csv', newline='', encoding='utf-8') as file:
    rows = {row['model']: row for row in csv.DictReader(file)}
  assert set(rows) == {'bow_sparse', 'bow_embeddings', 'cnn'}
  for row in rows.values():
    assert 0 <= float(row['accuracy']) <= 1 and float(row['log_loss']) > 0 and int(row['parameters']) > 0
  accuracies = {name: float(row['accuracy']) for name, row in rows.items()}
  assert {name: float(row['difference']) for name, row in rows.items()} == pytest.approx(
      {name: accuracy - max(accuracies.values()) for name, accuracy in accuracies.items()}, abs=1e-6)
  assert len((output_dir / 'reports' / 'comparison.md').read_text().splitlines()) == 2 + len(rows)
  page = lxml.html.fromstring((output_dir / 'reports' / 'comparison.html').read_text(encoding='utf-8'))
  assert {row[0].text: row[1].text for row in page.get_element_by_id('table').find('tbody').iter('tr')} == {
      name: f'{float(row["accuracy"]):.4f}' for name, row in rows.items()}
  blessed = {name: float(row['eval_accuracy']) for name, row in rows.items() if row['blessed'] == 'True'}
  assert blessed, rows
  store = metadata.Store(str(output_dir))
  best = max(blessed, key=blessed.get)
  assert store.latest_execution('Trainer').value('model', 'model') == best
  assert pusher_progress_line.pushed_path(store.latest_execution('Pusher'))
  other = next(name for name in rows if name != best)
  output = pipeline_runs.run(pipeline_runs.PROJECT, *compared.flags, *compared.comparison, '--model', other)
  assert f'Proceeding to the gate with {other}: named with --model' in output
  assert 'every component was reused' not in output and 'Trainer               cached' in output


def test_an_evaluation_on_test_has_the_figures_of_the_push(compared, tmp_path):
  version = push_and_rollback.newest_version(layout.serving(str(compared.output_dir)))
  uri = metadata.Store(str(compared.output_dir)).latest_execution('ImdbExampleGen').uri('examples')
  rows = [{'text': example.text.decode(), 'label': example.label, 'rating': example.rating}
          for example in examples.read_examples(uri, 'test')]
  (tmp_path / 'test.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))
  assert evaluate.main([str(tmp_path / 'test.jsonl'), '--model-dir', str(version.path.parent), '--json',
                        str(tmp_path / 'report.json')]) == 0
  report = json.loads((tmp_path / 'report.json').read_text())
  assert report['summary']['metrics'] == pytest.approx(version.manifest['metrics'], abs=1e-6)
  assert report['summary']['intervals'] == {
      name: pytest.approx(interval, abs=1e-6) for name, interval in version.manifest['intervals'].items()}
  card = json.loads((version.path / 'assets.extra' / 'model_card' / 'model_card.json').read_text())
  assert [part['name'] for part in report['summary']['slices']] == [part['name'] for part in card['slices']]
  decision = version.manifest['decision']
  assert decision['target'] == 'f1' and report['decision']['threshold'] == decision['threshold']
  assert report['decision']['metrics'] == pytest.approx(decision['figures']['test']['metrics'], abs=1e-6)
