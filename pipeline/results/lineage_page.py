"""The page about the lineage of all runs of an output directory: data, models, pushed versions, and the cache."""

import collections
import contextlib
import json
import os
import time
from typing import Any, Mapping, Optional, Sequence

from components.common import files
from components.report import dag_layout
from components.report import rendering
from components.versioned_pusher import push_and_rollback
from pipeline import layout
from pipeline.results import cache_explanation
from pipeline.results import history as history_lib

_DATA = 'Examples'


def write_page(output_dir: str) -> str:
  """Write lineage.html into the reports of an output directory.

  Args:
    output_dir: of the runs.

  Returns:
    The path of the page.

  Raises:
    ValueError: there are no runs; the message says what to do.
    OSError: the page cannot be written.
  """
  content = gather_content(history_lib.load_history(output_dir), output_dir)
  path = os.path.join(layout.reports(output_dir), 'lineage.html')
  os.makedirs(os.path.dirname(path), exist_ok=True)
  with files.write_atomically(path) as file:
    file.write(rendering.render_page('lineage.html.j2', **content))
  return path


def gather_content(history: history_lib.History, output_dir: str) -> dict[str, Any]:
  """Gather what the page shows; lists have the newest entry first."""
  fingerprints = cache_explanation.read_fingerprints(output_dir)
  runs = [_describe_run(history, run, fingerprints, output_dir) for run in reversed(history.runs)]
  versions = _list_versions(history, output_dir)
  return {
      'output_dir': os.path.abspath(output_dir), 'written': _clock(time.time()), 'runs': runs,
      'versions': versions, 'data': _list_data(history, versions),
      'artifacts': [_describe_artifact(history, each) for each in history.artifacts.values()],
      'graph': _draw_graph(versions), 'box': (dag_layout.WIDTH, dag_layout.HEIGHT)}


def _describe_run(
    history: history_lib.History, run: history_lib.Run, fingerprints: Mapping[str, Mapping[str, str]],
    output_dir: str) -> dict[str, Any]:
  steps = [{**step._asdict(), 'why': cache_explanation.explain_step(history, step, fingerprints)} for step in run.steps]
  examples, trainer = run.step('ImdbExampleGen'), run.step('Trainer')
  return {
      'id': run.id, 'started': _clock(run.steps[0].started), 'steps': steps, 'result': _describe_result(history, run),
      'seconds': sum(step.seconds for step in run.steps), 'model': history.value(trainer, 'model', 'model'),
      'accuracy': _test_accuracy(history, run), 'sample': history.value(examples, 'examples', 'sample_reviews'),
      'data': examples and os.path.basename(examples.parameters.get('data', '')),
      'counts': collections.Counter(step.state for step in run.steps),
      'report': _find_report(history, run, output_dir)}


def _clock(seconds: float) -> str:
  return time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(seconds))


def _describe_result(history: history_lib.History, run: history_lib.Run) -> str:
  failed = [step.component for step in run.steps if step.state == 'failed']
  if failed:
    return f'stopped in {failed[-1]}'
  pusher = run.step('Pusher')
  if pusher is None:
    return 'compared' if run.step('ComparisonEvaluator') else f'stopped after {run.steps[-1].component}'
  if history.value(pusher, 'pushed_model', 'pushed'):
    return f'version {history.value(pusher, "pushed_model", "pushed_version")}'
  return f'not pushed: {history.value(pusher, "pushed_model", "reason")}'


def _test_accuracy(history: history_lib.History, run: history_lib.Run) -> Optional[float]:
  """Return the accuracy on test that the model card states."""
  step = run.step('ModelCardGen')
  for id_ in step.outputs.get('card', ()) if step else ():
    with contextlib.suppress(OSError, ValueError, KeyError):  # deleted, or of a failed run
      with open(os.path.join(history.artifacts[id_].uri, 'model_card.json'), encoding='utf-8') as file:
        return json.load(file)['metrics']['binary_accuracy']
  return None


def _find_report(history: history_lib.History, run: history_lib.Run, output_dir: str) -> Optional[str]:
  """Return the file name of the page about a run; None if there is none."""
  step, model = run.step('ReportGen'), history.value(run.step('Trainer'), 'model', 'model')
  name = f'{model}-{step.outputs["report"][0]}.html' if step and step.outputs.get('report') else ''
  return name if name and os.path.exists(os.path.join(layout.reports(output_dir), name)) else None


def _list_versions(history: history_lib.History, output_dir: str) -> list[dict[str, Any]]:
  """List the versions on disk and those that runs have pushed, with the model and the data that they come from."""
  on_disk = {version.number: version for version in push_and_rollback.list_versions(layout.serving(output_dir))}
  pushed = {int(history.value(run.step('Pusher'), 'pushed_model', 'pushed_version')): run
            for run in reversed(history.runs) if history.value(run.step('Pusher'), 'pushed_model', 'pushed')}
  result = []
  for number in sorted({*on_disk, *pushed}, reverse=True):
    manifest = on_disk[number].manifest if number in on_disk else {}
    # By its run rather than by an artifact's id: a directory may hold versions of another metadata store, too.
    run = next((run for run in history.runs if run.id == manifest.get('run')), pushed.get(number))
    trainer = run.step('Trainer') if run else None
    model = history.artifacts[trainer.outputs['model'][0]] if trainer else None
    sources = [history.artifacts[id_] for id_ in sorted(history.ancestors([model.id] if model else []))]
    result.append({
        'number': number, 'is_live': number == max(on_disk, default=None), 'is_deleted': number not in on_disk,
        'is_pinned': number in on_disk and on_disk[number].is_pinned, 'copy_of': manifest.get('rolled_back_to'),
        'accuracy': manifest.get('metrics', {}).get('binary_accuracy'),
        'report': _find_report(history, run, output_dir) if run else None, 'model': model and model._asdict(),
        'data': [each.id for each in sources if each.type == _DATA and 'content_hash' in each.properties]})
  return result


def _list_data(history: history_lib.History, versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
  """List the data sets, each with the models and the versions that were made from it."""
  result = []
  for each in reversed(history.artifacts.values()):
    maker = history.producer(each.id)
    if each.type == _DATA and maker and 'content_hash' in each.properties:
      models = [id_ for step in history.steps('Trainer') if step.state == 'ran'
                for id_ in step.outputs['model'] if each.id in history.ancestors([id_])]
      result.append({**each._asdict(), 'source': maker.parameters.get('data', ''), 'models': models,
                     'versions': [version['number'] for version in versions if each.id in version['data']]})
  return result


def _describe_artifact(history: history_lib.History, artifact: history_lib.Artifact) -> dict[str, Any]:
  maker = history.producer(artifact.id)
  return {**artifact._asdict(), 'component': maker.component if maker else None,
          'inputs': sorted({id_ for ids in maker.inputs.values() for id_ in ids}) if maker else []}


def _draw_graph(versions: Sequence[Mapping[str, Any]]) -> Optional[dict[str, Any]]:
  """Place the versions on disk, their models and their data, as dag_layout does."""
  upstream: dict[str, list[str]] = {}
  for version in (each for each in reversed(versions) if not each['is_deleted'] and each['model']):
    model = f'model {version["model"]["id"]}'
    upstream.update({f'data {id_}': [] for id_ in version['data']})
    upstream[model] = [f'data {id_}' for id_ in version['data']]
    upstream[f'version {version["number"]}'] = [model]
  return dag_layout.place_components(upstream) if upstream else None
