"""Evaluates a pushed model on new labelled texts, with the figures, slices and intervals of its model card."""

import argparse
import functools
import itertools
import json
import logging
import os
import sys
from typing import Any, Iterator, Mapping, Optional, Sequence

from components.common import files
from components.common import start_up
from components.imdb_example_gen import readers
from components.imdb_example_gen import review
from components.imdb_example_gen import review_rows
from pipeline import flags
from serving import client

_WORSE = 3
_LABELS = {'example_count': 'texts', 'binary_accuracy': 'accuracy'}


def parse(argv: Optional[Sequence[str]] = None) -> argparse.Namespace:
  """Parse the command line; exits with code 2 if it is wrong.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The values of the flags.
  """
  parser = argparse.ArgumentParser(
      'python -m serving.evaluate', description=__doc__,
      epilog='exit codes: 0 evaluated, 1 failed, 2 usage error, 3 accuracy or AUC is lower than when the model was '
      'pushed, by more than chance explains, 130 interrupted')
  add = parser.add_argument
  add('data', metavar='PATH', help=(
      'labelled texts, as local_runner.py --data takes them: all splits are used; rows without a label or a text are '
      'counted and skipped'))
  flags.add_table_flags(parser)
  add('--model-dir', default='output/serving/sentiment', metavar='DIR', help='(default: output/serving/sentiment)')
  add('--version', type=int, metavar='N', help='an older version of the model (default: the newest)')
  add('--html', metavar='FILE', help='write a page, too')
  add('--json', metavar='FILE', help='write all figures, too')
  return parser.parse_args(argv)


def main(argv: Optional[Sequence[str]] = None) -> int:
  """Evaluate what the command line names.

  Args:
    argv: the arguments; None for those of the process.

  Returns:
    The exit code.
  """
  start_up.prepare_process()
  arguments = parse(argv)
  start_up.handle_stop_signals()
  start_up.silence_libraries()
  try:
    report = _evaluate(arguments)
    for line in format_table(report):
      print(line)
    if arguments.json:
      from components.common import evaluation_summary  # pylint: disable=import-outside-toplevel
      with files.write_atomically(arguments.json) as file:
        json.dump(evaluation_summary.replace_nan(report), file, indent=1, allow_nan=False)
    if arguments.html:
      with files.write_atomically(arguments.html) as file:
        file.write(_render(report))
  except KeyboardInterrupt:
    return 130
  except (ValueError, OSError) as error:
    print(f'serving.evaluate: {" ".join(str(error).split())}', file=sys.stderr)
    return 1
  return _WORSE if report['worse'] else 0


def _evaluate(arguments: argparse.Namespace) -> dict[str, Any]:
  path = client.version_path(arguments.model_dir, arguments.version)
  options = review_rows.Options(arguments.text_column, arguments.label_column, arguments.labels)
  readers.check(arguments.data)
  source = readers.open_source(arguments.data, options)
  problems: list[review.Problem] = []
  reviews = itertools.chain.from_iterable(
      readers.read(part, source, problems.append) for part in readers.parts(arguments.data))
  from serving import evaluation  # pylint: disable=import-outside-toplevel  # wrong data is reported before this
  logging.getLogger().setLevel(logging.ERROR)  # Beam and TensorFlow warn of what users cannot change
  logging.getLogger('tensorflow').setLevel(logging.ERROR)
  scores = evaluation.score_reviews(path, reviews)
  bad_rows = [problem.message for problem in problems if problem.kind == review.BAD_ROWS]
  return {'data': os.path.basename(os.path.abspath(arguments.data)),
          **evaluation.evaluate(evaluation.find_version(arguments.model_dir, path), scores, bad_rows)}


def format_table(report: Mapping[str, Any]) -> Iterator[str]:
  """Yield the lines of the table for the terminal.

  Args:
    report: what `serving.evaluation.evaluate` returns, and the name of the `data`.
  """
  counts, summary, recorded = report['counts'], report['summary'], report['recorded']
  yield f'{report["model"]}, version {report["version"]}, on {report["data"]}: {counts["labeled"]:,} labelled texts'
  if counts['unlabeled']:
    yield f'skipped: {counts["unlabeled"]:,} texts without a label'
  if counts['bad_rows']:
    yield f'skipped: {counts["bad_rows"]:,} rows that cannot be used, such as {"; ".join(report["bad_rows"])}'
  yield f'  {"":<32} {"value":>8}  {"95 % interval":<16}  {"pushed":>8}  change'
  for name in ('binary_accuracy', 'auc', 'auc_precision_recall', 'precision', 'recall', 'log_loss'):
    if name in summary['metrics']:
      change = report['changes'].get(name)
      yield _row(_LABELS.get(name, name.replace('_', ' ')), summary['metrics'][name], summary['intervals'].get(name),
                 recorded['metrics'].get(name),
                 change and f'{change["difference"]:+.4f} (95 % interval {_interval(change["interval"])})')
  if decision := report['decision']:
    yield f'above the decision threshold {decision["threshold"]:.4g}, chosen for {decision["target"]}'
    for name, value in decision['metrics'].items():
      yield _row(_LABELS.get(name, name), value, decision['intervals'][name], decision['pushed']['metrics'].get(name))
  yield 'accuracy by slice'
  for part in summary['slices']:
    label = f'{part["name"]} ({part["metrics"]["example_count"]:,.0f})'
    yield _row(label, part['metrics']['binary_accuracy'], part['intervals']['binary_accuracy'])
  if report['worse']:
    worse = ' and '.join(_LABELS.get(name, name.upper()) for name in report['worse'])
    yield f'WORSE: {worse}, than on test before the push, by more than chance explains'


def _row(label: str, value: float, interval: Optional[Sequence[float]] = None, recorded: Optional[float] = None,
         change: Optional[str] = None) -> str:
  pushed = '' if recorded is None else f'{recorded:.4f}'
  return f'  {label:<32} {value:>8.4f}  {_interval(interval):<16}  {pushed:>8}  {change or ""}'.rstrip()


def _interval(interval: Optional[Sequence[float]]) -> str:
  return f'{interval[0]:.4f} to {interval[1]:.4f}' if interval else ''


def _render(report: Mapping[str, Any]) -> str:
  """Return the page."""
  from components.common import evaluation_summary  # pylint: disable=import-outside-toplevel
  from components.common import plots  # pylint: disable=import-outside-toplevel
  from components.report import rendering  # pylint: disable=import-outside-toplevel
  curves = {'the model, by threshold': [evaluation_summary.Point(**point) for point in report['curve']]}
  matrix, drawings = report['summary']['matrix'], []
  if report['curve']:
    drawings = [('precision-recall', 'Precision and recall',
                 functools.partial(plots.draw_precision_recall, curves, matrix=matrix)),
                ('roc', 'ROC', functools.partial(plots.draw_roc, curves, matrix=matrix))]
  if report['summary']['calibration']:
    drawings.append(('calibration', 'Calibration',
                     functools.partial(plots.draw_calibration, report['summary']['calibration'])))
  # The plots' own titles say that the texts are those of test.
  pictures = [
      rendering.render_picture(name, title, lambda axes, draw=draw, title=title: draw(axes=axes).set_title(title))
      for name, title, draw in drawings]
  return rendering.render_page('evaluation.html.j2', **report, pictures=pictures)


if __name__ == '__main__':
  sys.exit(main())
