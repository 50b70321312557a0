"""Compiles the pipeline into a package for Kubeflow Pipelines or Vertex AI, or submits one. See docs/kubeflow.md."""

import argparse
import logging
import os
import pathlib
import sys
import warnings

from pipeline.local import interpreter

OK, FAILED, USAGE = 0, 1, 2
_DEFAULT_OUTPUT = {'v1': 'sentiment_v1.yaml', 'v2': 'sentiment_v2.yaml'}


def parser():
  """The command line."""
  from pipeline import flags  # pylint: disable=import-outside-toplevel
  from pipeline.kubeflow import settings  # pylint: disable=import-outside-toplevel
  result = argparse.ArgumentParser(description=__doc__, epilog='exit codes: 0 done, 1 failed, 2 usage error')
  commands = result.add_subparsers(dest='command', required=True)
  compile_ = commands.add_parser('compile', help='write a package')
  compile_.add_argument('--engine', choices=('v1', 'v2'), required=True, help=(
      'v1: an Argo workflow, for the v1 API of Kubeflow Pipelines; v2: pipeline IR, for Kubeflow Pipelines 2 and Vertex'))
  compile_.add_argument('--output', type=pathlib.Path, metavar='FILE', help=(
      f'(default: {_DEFAULT_OUTPUT["v1"]} or {_DEFAULT_OUTPUT["v2"]}; .json for Vertex AI)'))
  compile_.add_argument('--config', type=pathlib.Path, default=settings.DEFAULT_FILE, metavar='FILE', help=(
      'what the cluster has: image, volume, limits (default: pipeline/kubeflow/settings.yaml)'))
  compile_.add_argument('--data', metavar='PATH', help=(
      'reviews, as the steps see them (default: aclImdb_v1.tar.gz in the volume); a run may name others'))
  compile_.add_argument('--unlabeled', metavar='PATH', help=(
      'reviews without a label, for the models that learn from them too (default: those in --data)'))
  compile_.add_argument('--embeddings', metavar='FILE', help='GloVe word vectors, as the steps see them')
  compile_.add_argument('--output-dir', metavar='DIR', help=(
      'where the steps write: artifacts/ and serving/ (default: the volume)'))
  flags.add_flags(compile_)
  submit = commands.add_parser('submit', help='upload a package and run it')
  submit.add_argument('package', type=pathlib.Path, metavar='PACKAGE', help='a package that compile wrote')
  submit.add_argument('--endpoint', required=True, metavar='URL', help='of Kubeflow Pipelines, as http://localhost:8080')
  submit.add_argument('--namespace', metavar='NAME', help='of a multi-user installation')
  submit.add_argument('--token-file', type=pathlib.Path, metavar='FILE', help='holds a bearer token for the endpoint')
  submit.add_argument('--experiment', default='sentiment', metavar='NAME', help='(default: sentiment)')
  submit.add_argument('--run-name', metavar='NAME', help='(default: the package, with the time)')
  submit.add_argument('--parameter', action='append', default=[], metavar='KEY=VALUE', help=(
      'a parameter of the run, as train_steps=500; repeatable'))
  return result


def compile_package(arguments):
  """Writes the package; raises ValueError for what does not fit."""
  # pylint: disable=import-outside-toplevel
  from pipeline import flags
  from pipeline.kubeflow import packages
  from pipeline.kubeflow import settings as settings_lib
  settings = settings_lib.read(arguments.config)
  model = arguments.model or flags.DEFAULT_MODEL
  output_dir = arguments.output_dir or settings.mount_path
  config = flags.create_config(
      arguments, model, [model], output_dir=output_dir, embeddings=arguments.embeddings,
      unlabeled=arguments.unlabeled, data=arguments.data or f'{settings.mount_path}/aclImdb_v1.tar.gz')
  path = arguments.output or pathlib.Path(_DEFAULT_OUTPUT[arguments.engine])
  packages.compile_to(path, arguments.engine, config, settings)
  print(f'{path}: {model} for the engine {arguments.engine}, image {settings.image}, reading {config.data}, '
        f'writing below {output_dir}')


def submit_package(arguments):
  """Uploads and runs; raises ValueError for what does not fit."""
  from pipeline.kubeflow import submission  # pylint: disable=import-outside-toplevel
  parameters = {}
  for item in arguments.parameter:
    key, separator, value = item.partition('=')
    if not separator:
      raise ValueError(f'--parameter {item}: KEY=VALUE was expected')
    parameters[key] = value
  print(submission.submit(
      arguments.package, arguments.endpoint, parameters, arguments.experiment, arguments.run_name,
      arguments.namespace, arguments.token_file))


def main(argv=None):
  """Returns the exit code."""
  problem = interpreter.find_problem()
  if problem:
    print(problem, file=sys.stderr)
    return USAGE
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')  # what TensorFlow says of GPUs is of no use here
  warnings.simplefilter('ignore')
  logging.getLogger().setLevel(logging.ERROR)
  arguments = parser().parse_args(argv)
  try:
    {'compile': compile_package, 'submit': submit_package}[arguments.command](arguments)
  except ImportError as error:
    if (error.name or '').partition('.')[0] != 'kfp':
      raise
    print('kubeflow_runner.py: kfp is not installed: run `make setup`', file=sys.stderr)
    return USAGE
  except ValueError as error:
    print(f'kubeflow_runner.py: {error}', file=sys.stderr)
    return USAGE
  except OSError as error:
    print(f'kubeflow_runner.py: {error}', file=sys.stderr)
    return FAILED
  return OK


if __name__ == '__main__':
  sys.exit(main())
