"""The command line of a local run: its flags, the checks of paths and settings, and the inputs that it downloads."""

import argparse
import dataclasses
import os
import pathlib
import tempfile
from typing import Any, Callable, NamedTuple, Optional

from components.common import tables
from components.common import text_files
from components.common import wildcards
from components.imdb_example_gen import readers
from components.teacher_scores import teachers
from components.versioned_pusher import mounts
from components.word_vectors import sources as vector_sources
from models import model as model_lib
from models import registry
from pipeline import beam_runners
from pipeline import config as config_lib
from pipeline import flags
from pipeline import layout
from pipeline.local import errors
from pipeline.sources import encoders
from pipeline.sources import reviews
from pipeline.sources import word_vectors

_DOWNLOADS = pathlib.Path(layout.PROJECT, 'data')


class Inputs(NamedTuple):
  """The files that a run reads: the labelled texts, and the word vectors and the encoder if they are named."""

  data: str
  embeddings: Optional[str]
  encoder: Optional[str]


def build_parser() -> argparse.ArgumentParser:
  """Return the parser of the command line."""
  parser = argparse.ArgumentParser(
      prog='local_runner.py',
      description='Runs the pipeline on this machine: from labelled reviews to a gated, pushed sentiment model.',
      epilog='exit codes: 0 blessed and pushed, 1 failed, 2 usage error, 3 not blessed (not pushed), 130 interrupted')
  flags.add_flags(parser)
  add = parser.add_argument
  add('--compare', metavar='NAMES', help=(
      'train and evaluate several models (names separated by commas, or "all") and push the one with the best eval '
      'accuracy among the blessed ones, or the one that --model names; models that require word vectors use '
      '--embeddings, and the encoder --encoder'))
  add('--data', metavar='PATH', help=(
      f'labelled reviews: a directory, .tar.gz or .zip in aclImdb layout, or a {tables.KINDS}, or a directory of '
      'these, with a text and a label in each row and optionally a split and a rating (default: $IMDB_DATA, then '
      'data/, then a download of the official archive)'))
  add('--unlabeled', metavar='PATH', help=(
      'unlabeled reviews for the models that learn from them: train/unsup in an archive or directory, or rows of a '
      'table with the split "unlabeled" (default: those in --data)'))
  add('--embeddings', metavar='FILE', help=(
      'word vectors: "reviews", to learn them from the reviews, or GloVe: a text file (also .gz), FILE.zip:MEMBER, or '
      'a name such as glove.6B.100d, which is downloaded'))
  add('--encoder', metavar='DIR', help=(
      'a pre-trained encoder: a directory with config.json, vocab.txt and model.safetensors; a pushed version of one; '
      f'a name ({", ".join(encoders.PACKAGES)}), which is downloaded, or the address of an archive'))
  add('--encoder-sha256', metavar='HEX', help='the SHA-256 of the archive that --encoder names by its address')
  add('--output-dir', default=layout.OUTPUT_DIR, metavar='DIR', help='or s3://BUCKET/FOLDER (default: output/)')
  add('--state-dir', metavar='DIR', help=(
      "where an --output-dir of s3:// has its metadata and logs (default: a folder in ~/.local/state)"))
  add('--explain-cache', action='store_true', help=(
      'show why each component ran or was reused: which code, parameter or input changed'))
  add('--open', action='store_true', help='open the report in a browser after the run')
  add('--verbose', action='store_true', help='show the full log and tracebacks')
  return parser


def check_paths(arguments: argparse.Namespace) -> None:
  """Check the paths of a command line and make them absolute, in place.

  Raises:
    ValueError: a path is empty (as from an unset variable), missing, unreadable, or unusable by TFX.
  """
  wildcards.refuse(tempfile.gettempdir(), 'TMPDIR')
  encoders.check_hash(arguments.encoder, arguments.encoder_sha256)
  check_input: dict[str, Callable[[str], Any]] = {
      'data': readers.check, 'unlabeled': readers.check_unlabeled, 'embeddings': vector_sources.check,
      'encoder': encoders.check}
  for name in (*check_input, 'output_dir'):
    path, flag = getattr(arguments, name), f'--{name.replace("_", "-")}'
    is_name = path in word_vectors.NAMES or (name == 'encoder' and path and not encoders.is_path(path))
    if path is None or is_name:
      continue
    if not path:
      raise ValueError(f'{flag} is empty: give a path, or omit the flag')
    text_files.check_is_path(path)
    absolute = os.path.abspath(os.path.expanduser(path))
    try:
      absolute.encode()
    except UnicodeEncodeError as error:
      raise ValueError(f'{flag} {absolute!a}: the name is not UTF-8; rename it') from error
    if name in check_input:
      try:
        check_input[name](absolute)
      except OSError as error:
        raise ValueError(f'{flag} {absolute} cannot be read ({errors.describe_os_error(error)})') from error
    else:
      wildcards.refuse(absolute, flag)
      if bucket := mounts.find_bucket(absolute):
        raise ValueError(f'{flag} {absolute} is in a bucket, mounted by {bucket}: runs need locks and atomic renames; '
                         'pass a directory of a file system, or s3://BUCKET/FOLDER')
    setattr(arguments, name, absolute)


def create_configs(arguments: argparse.Namespace) -> list[config_lib.PipelineConfig]:
  """Return the configurations of a command line, one per model; raises ValueError for settings that do not fit."""
  names = select_models(arguments)
  configs = [flags.create_config(
      arguments, name, names, engine_here=True, data=arguments.data or '', unlabeled=arguments.unlabeled,
      output_dir=arguments.output_dir, embeddings=arguments.embeddings, encoder=arguments.encoder,
      encoder_name=arguments.encoder or '') for name in names]
  configs = [_check_teacher(config) for config in configs]
  if arguments.compare is not None:
    configs = _select_inputs(configs, arguments)
  from pipeline.local import memory  # pylint: disable=import-outside-toplevel  # imports TensorFlow: help does without
  for config in configs:
    config.check()
    beam_runners.await_job_service(config.beam_args)
    memory.check_memory(config)
  return configs


def _check_teacher(config: config_lib.PipelineConfig) -> config_lib.PipelineConfig:
  """Return a configuration with the absolute path of its teacher; raises ValueError for one that cannot be used."""
  if config.teacher is None:
    return config
  path = os.path.abspath(os.path.expanduser(config.teacher))
  if config.teacher_name.isdecimal() and not os.path.isdir(path):
    raise ValueError(f'--teacher {config.teacher_name}: no such version in {os.path.dirname(path)}; pass another '
                     'number, or a directory')
  teachers.check(path)
  if teachers.is_encoder(path):
    if not config.teacher_saw_eval:  # nothing tells what an encoder has seen: better said before anything runs
      raise ValueError(teachers.explain_seen_eval(path))
    teachers.check_pieces(path, config.teacher_pieces)
  return dataclasses.replace(config, teacher=path)


def _select_inputs(configs: list[config_lib.PipelineConfig],
                   arguments: argparse.Namespace) -> list[config_lib.PipelineConfig]:
  """Return the configurations of a comparison with the optional inputs that each model uses.

  Models that lack word vectors or an encoder are skipped; raises ValueError if that leaves no model, or not the one of
  --model.
  """
  result = []
  for config in configs:
    model = registry.get(config.model, config.preset)
    requires_vectors = model.word_vectors is model_lib.WordVectors.REQUIRED
    if (requires_vectors and config.embeddings is None) or (model.is_encoder and config.encoder is None):
      if config.model == arguments.model:
        config.check()  # says what to do
      continue
    result.append(dataclasses.replace(
        config, embeddings=config.embeddings if requires_vectors else None,
        encoder=config.encoder if model.is_encoder else None,
        unlabeled=config.unlabeled if config.reads_unlabeled() else None))
  if not result:
    raise ValueError('--compare: all of these models require word vectors or an encoder: pass --embeddings, such '
                     'as --embeddings reviews, or --encoder, or add another model')
  for name in ('embeddings', 'encoder', 'unlabeled'):
    if getattr(arguments, name) and not any(getattr(config, name) for config in result):
      raise ValueError(f'--{name} is used by none of the models of --compare: omit it, or add a model that uses it')
  return result


def select_models(arguments: argparse.Namespace) -> list[str]:
  """Return the names of the models on a command line; raises ValueError for an unknown one."""
  if arguments.compare is None:
    return [flags.DEFAULT_MODEL if arguments.model is None else arguments.model]
  names = arguments.compare.split(',') if arguments.compare.strip() != 'all' else registry.names(arguments.preset)
  names = list(dict.fromkeys(name.strip() for name in names))
  for name in names:
    registry.record_path(name, arguments.preset)
  if arguments.model not in (None, *names):
    raise ValueError(f'--model {arguments.model} is not among the models of --compare: add it there, or omit --model')
  return names


def fetch_inputs(arguments: argparse.Namespace) -> Inputs:
  """Find the inputs of a run, and download those that are not on this machine.

  Raises:
    ValueError: a download failed or cannot be stored, or a file cannot be used; the message says what to do.
  """
  data = reviews.resolve_reviews(arguments.data, _DOWNLOADS, print)
  embeddings = word_vectors.resolve_word_vectors(arguments.embeddings, _DOWNLOADS, print)
  if embeddings:
    vector_sources.check(embeddings)
  encoder = encoders.resolve_encoder(arguments.encoder, arguments.encoder_sha256, _DOWNLOADS, print)
  return Inputs(data, embeddings, encoder)


def add_inputs(configs: list[config_lib.PipelineConfig], inputs: Inputs, chosen: Optional[str]
               ) -> list[config_lib.PipelineConfig]:
  """Return the configurations with the paths of the inputs.

  Models that the encoder does not fit are skipped if it fits another one; raises ValueError if it fits none, or not the
  chosen one.
  """
  configs = [dataclasses.replace(config, data=inputs.data, embeddings=config.embeddings and inputs.embeddings,
                                 encoder=config.encoder and inputs.encoder) for config in configs]
  misfits = {}
  for config in configs:
    try:
      if config.encoder:
        config.model_hparams().check_encoder(config.encoder)
    except ValueError as error:
      misfits[config.model] = error
  fitting = [config for config in configs if config.model not in misfits]
  for model, misfit in misfits.items():
    if model == chosen or not any(config.encoder for config in fitting):
      raise misfit
  return fitting
