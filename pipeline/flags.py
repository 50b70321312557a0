"""The flags that local and Kubeflow runs share: which model, with which settings, on which Beam runner."""

import argparse
import os
from typing import Any, Sequence

from components.behaviour_validator import domain as domain_lib
from models import registry
from pipeline import beam_runners
from pipeline import config as config_lib
from pipeline import layout

DEFAULT_MODEL = 'wide_cnn'


def add_flags(parser: argparse.ArgumentParser) -> None:
  """Add the shared flags to a parser."""
  add = parser.add_argument
  add('--model', metavar='NAME', help=f'one of: {", ".join(registry.MODELS)} (default: {DEFAULT_MODEL})')
  add('--preset', default='default', metavar='NAME', help=(
      'default, or tutorial: the settings of the 2018 TensorFlow tutorial, for a like-for-like comparison'))
  add_table_flags(parser)
  _add_teacher_flags(parser)
  add('--strict', action='store_true', help=(
      'refuse the first row that cannot be used (default: drop up to 1 %% of the rows; --set max_bad_rows)'))
  add('--tune', type=int, default=0, metavar='N', help=(
      'search hyper-parameters on eval with N trials first, and train with the best ones'))
  add('--train-steps', metavar='N', help="maximum number of training steps (default: the model's)")
  add('--vocab-size', metavar='N', help="number of token ids, including the 3 reserved ones (default: the model's)")
  add('--max-length', metavar='N', help="maximum number of tokens per text (default: the model's)")
  add('--seed', type=int, default=0, metavar='N', help='the same seed gives the same model (default: 0)')
  add('--domain', default=domain_lib.DEFAULT, metavar='NAME', help=(
      'the kind of texts, which decides the behaviour tests and what card and page say: '
      f'{", ".join(domain_lib.names())}, or a .yaml file of your own (default: {domain_lib.DEFAULT})'))
  add('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings', help=(
      'set a field of PipelineConfig, such as min_accuracy=0.85, or a hyper-parameter, such as cnn.filters=128; '
      'repeatable'))
  add('--beam', metavar='NAME', help=(
      f'runner of the Beam components: {", ".join(beam_runners.NAMES)} (default: {beam_runners.DEFAULT}); '
      'see docs/scale.md'))
  add('--beam-arg', action='append', default=[], metavar='FLAG', dest='beam_flags', help=(
      'a flag of Beam itself, such as --beam-arg=--parallelism=8; repeatable'))
  add('--ignore-baseline', action='store_true', help=(
      'compare with no previous model, for example because it cannot be loaded any more (recorded with the run)'))


def add_table_flags(parser: argparse.ArgumentParser) -> None:
  """Add the flags that say how tables of labelled texts are read."""
  add = parser.add_argument
  add('--text-column', default='', metavar='NAME', help=(
      'the column of the data with the text (default: text, review or sentence)'))
  add('--label-column', default='', metavar='NAME', help=(
      'the column of the data with the label (default: label or sentiment)'))
  add('--labels', default='', metavar='LABEL=CLASS,...', help=(
      'what the labels mean if they do not say it themselves, such as 1=negative,2=positive,3=none'))


def _add_teacher_flags(parser: argparse.ArgumentParser) -> None:
  add = parser.add_argument
  add('--teacher', metavar='DIR', help=(
      'a slower model whose scores the trained one learns from: the number of a version that was pushed to '
      '--output-dir, the directory of a pushed version, or of a fine-tuned encoder; see docs/teacher.md'))
  add('--teacher-reviews', type=int, metavar='N', help=(
      'number of texts that the teacher scores at most (default: as many as it scores in about 20 minutes)'))
  add('--teacher-saw-eval', action='store_true', help=(
      'use a teacher that may have seen reviews of eval; card and report then say that figures on eval are optimistic'))


def parse_settings(arguments: argparse.Namespace, models: Sequence[str]) -> dict[str, Any]:
  """Return the values of `--set`, and of the flags that abbreviate some of them, by key.

  Args:
    arguments: the parsed command line.
    models: names of the models to run, to which the abbreviating flags apply.

  Returns:
    The unparsed values by key, such as `min_accuracy` or `cnn.filters`.

  Raises:
    ValueError: a --set without `=`.
  """
  settings = {}
  for item in arguments.settings:
    key, separator, value = item.partition('=')
    if not separator:
      raise ValueError(f'--set {item}: expected KEY=VALUE')
    settings[key.strip()] = value
  if arguments.strict:
    settings['max_bad_rows'] = '0'
  for name in ('train_steps', 'vocab_size', 'max_length'):
    if getattr(arguments, name) is not None:
      settings.update({f'{model}.{name}': getattr(arguments, name) for model in models})
  return settings


def create_config(arguments: argparse.Namespace, model: str, models: Sequence[str],
                  engine_here: bool = False, **fields: Any) -> config_lib.PipelineConfig:
  """Create the configuration of one of the models of a command line.

  Args:
    arguments: the parsed command line.
    model: the name of the model.
    models: names of all models of the command line; hyper-parameters of the other ones are skipped.
    engine_here: whether a Beam engine without an address is to be started on this machine.
    **fields: the fields of PipelineConfig that the shared flags do not set, `output_dir` among them.

  Returns:
    The configuration.

  Raises:
    ValueError: a setting or the domain is unknown or has an invalid value.
  """
  settings = {**domain_lib.load(arguments.domain).thresholds, **parse_settings(arguments, models)}
  fields.update(_teacher_fields(arguments, fields['output_dir']))
  config = config_lib.PipelineConfig(
      model=model, preset=arguments.preset, tune_trials=arguments.tune, seed=arguments.seed,
      domain=arguments.domain, ignore_baseline=arguments.ignore_baseline,
      text_column=arguments.text_column, label_column=arguments.label_column, labels=arguments.labels,
      beam_args=beam_runners.beam_args(arguments.beam, arguments.beam_flags, engine_here), **fields)
  others = tuple(f'{other}.' for other in models if other != model)
  return config.with_settings({key: value for key, value in settings.items() if not key.startswith(others)})


def _teacher_fields(arguments: argparse.Namespace, output_dir: str) -> dict[str, Any]:
  """Return the fields of PipelineConfig that the flags of the teacher set."""
  named, path = arguments.teacher, arguments.teacher
  if named == '':
    raise ValueError('--teacher is empty: give the number of a version or a directory, or omit the flag')
  if arguments.teacher_reviews is not None and arguments.teacher_reviews < 1:
    raise ValueError(f'--teacher-reviews must be at least 1, not {arguments.teacher_reviews}')
  if named and named.isdecimal():
    path = os.path.join(layout.serving(output_dir), named)
  return {'teacher': path, 'teacher_name': named or '', 'teacher_reviews': arguments.teacher_reviews or 0,
          'teacher_saw_eval': arguments.teacher_saw_eval}
