"""The command line of kubeflow_runner.py: its flags, and what its two commands do."""

import argparse
import pathlib

from components.common import object_store
from components.common import text_files
from components.common import wildcards
from pipeline import beam_runners
from pipeline import flags
from pipeline.kubeflow import step_settings

_DEFAULT_OUTPUT = {'v1': 'sentiment_v1.yaml', 'v2': 'sentiment_v2.yaml'}


def build_parser() -> argparse.ArgumentParser:
  """Return the parser of the command line."""
  parser = argparse.ArgumentParser(
      description='Compiles the pipeline into a package for Kubeflow Pipelines or Vertex AI, or submits one. '
      'See docs/kubeflow.md.', epilog='exit codes: 0 done, 1 failed, 2 usage error')
  commands = parser.add_subparsers(dest='command', required=True)
  _add_compile_flags(commands.add_parser('compile', help='write a package'))
  _add_submit_flags(commands.add_parser('submit', help='upload a package and run it'))
  return parser


def _add_compile_flags(parser):
  add = parser.add_argument
  add('--engine', choices=('v1', 'v2'), required=True, help=(
      'v1: an Argo workflow for the v1 API of Kubeflow Pipelines; v2: pipeline IR for Kubeflow Pipelines 2 and '
      'Vertex AI'))
  add('--output', type=pathlib.Path, metavar='FILE', help=(
      f'(default: {_DEFAULT_OUTPUT["v1"]} or {_DEFAULT_OUTPUT["v2"]}; .json for Vertex AI)'))
  add('--config', type=pathlib.Path, default=step_settings.DEFAULT_FILE, metavar='FILE', help=(
      'the settings of the cluster: image, volume, limits (default: pipeline/kubeflow/step_settings.yaml)'))
  add('--data', metavar='PATH', help=(
      'reviews: the path in the containers of the steps (default: aclImdb_v1.tar.gz in the volume); a run may set '
      'another'))
  add('--unlabeled', metavar='PATH', help=(
      'reviews without a label, for the models that learn from them too (default: those in --data)'))
  add('--embeddings', metavar='FILE', help=(
      'word vectors: "reviews", to learn them from the reviews, or GloVe: the path in the containers of the steps'))
  add('--encoder', metavar='DIR', help='a pre-trained encoder: its path in the containers of the steps')
  add('--output-dir', metavar='DIR', help=(
      'where the steps write artifacts/ and serving/; for v2 also s3://BUCKET/FOLDER (default: the volume)'))
  add('--fail-if-not-blessed', action='store_true', help=(
      'runs whose model is refused fail, by a last step PushGate (default: they succeed, and the Pusher says why it '
      'pushed nothing)'))
  flags.add_flags(parser)


def _add_submit_flags(parser):
  add = parser.add_argument
  add('package', type=pathlib.Path, metavar='PACKAGE', help='what compile wrote')
  add('--endpoint', required=True, metavar='URL', help='of Kubeflow Pipelines, such as http://localhost:8080')
  add('--namespace', metavar='NAME', help='of a multi-user installation')
  add('--token-file', type=pathlib.Path, metavar='FILE', help='holds a bearer token for the endpoint')
  add('--experiment', default='sentiment', metavar='NAME', help='(default: sentiment)')
  add('--run-name', metavar='NAME', help='(default: the package, with the time)')
  add('--parameter', action='append', default=[], metavar='KEY=VALUE', help=(
      'a parameter of the run, such as train_steps=500; repeatable'))


def compile_package(arguments: argparse.Namespace) -> None:
  """Write a package.

  Args:
    arguments: the parsed command line.

  Raises:
    ValueError: a setting of the cluster, of the pipeline or of the model is wrong.
    OSError: the package cannot be written.
    ImportError: kfp is not installed.
  """
  from pipeline.kubeflow import packages  # pylint: disable=import-outside-toplevel  # imports TFX: help comes without
  settings = step_settings.read(arguments.config)
  _check_places(arguments)
  model = arguments.model or flags.DEFAULT_MODEL
  output_dir = arguments.output_dir or settings.mount_path
  wildcards.refuse(output_dir, '--output-dir' if arguments.output_dir else 'mount_path')
  config = flags.create_config(
      arguments, model, [model], output_dir=output_dir, embeddings=arguments.embeddings,
      encoder=arguments.encoder, encoder_name=arguments.encoder or '',
      unlabeled=arguments.unlabeled, data=arguments.data or f'{settings.mount_path}/aclImdb_v1.tar.gz')
  if object_store.is_url(output_dir) and beam_runners.is_remote(config.beam_args):
    raise ValueError(f'--output-dir {output_dir}: workers of --beam {arguments.beam} would not see the copies that '
                     'steps work on: omit --beam, or write to a volume')
  path = arguments.output or pathlib.Path(_DEFAULT_OUTPUT[arguments.engine])
  try:
    notes = packages.compile_to(path, arguments.engine, config, settings, arguments.fail_if_not_blessed)
  except step_settings.UnknownStepError as error:
    raise ValueError(f'{arguments.config}: {error}') from error
  print(f'{path}: package of {model} for engine {arguments.engine}, image {settings.image}; steps read {config.data} '
        f'and write to {output_dir}')
  for note in notes:
    print(f'note: {note}')


def _check_places(arguments):
  """Raise ValueError for a path or URL that the steps of the package could not read or write."""
  for flag in ('data', 'unlabeled', 'embeddings', 'encoder', 'teacher', 'output_dir'):
    path = getattr(arguments, flag)
    if not object_store.is_url(path):
      text_files.check_is_path(path or '')
      continue
    name = f'--{flag.replace("_", "-")} {path}'
    if arguments.engine == 'v1':
      raise ValueError(f'{name}: steps of version 1 read and write a volume: pass a path in it, or use --engine v2')
    if arguments.output and arguments.output.suffix == '.json':
      raise ValueError(f'{name}: steps on Vertex AI read and write Google Cloud Storage: pass a path below /gcs/')


def submit_package(arguments: argparse.Namespace) -> None:
  """Upload a package, start a run and print its URL.

  Args:
    arguments: the parsed command line.

  Raises:
    ValueError: the package, a parameter, the token or the endpoint is wrong.
    ImportError: kfp is not installed.
  """
  from pipeline.kubeflow import submission  # pylint: disable=import-outside-toplevel
  parameters = {}
  for item in arguments.parameter:
    key, separator, value = item.partition('=')
    if not separator:
      raise ValueError(f'--parameter {item}: expected KEY=VALUE')
    parameters[key] = value
  print(submission.submit(
      arguments.package, arguments.endpoint, parameters, arguments.experiment, arguments.run_name,
      arguments.namespace, arguments.token_file))
