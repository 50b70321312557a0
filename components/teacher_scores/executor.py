"""Executor of TeacherScores: scores train, the unlabeled reviews and the sentences with a teacher."""

import hashlib
import json
import os
from typing import Any, Mapping, NamedTuple

from tfx.dsl.components.base import base_executor
from tfx.dsl.io import fileio
from tfx.types import artifact_utils
from tfx.utils import import_utils

from components.common import artifacts
from components.common import custom_properties
from components.common import examples as examples_lib
from components.common import length_batches
from components.common import scoring
from components.encoder import executor as encoder_executor
from components.teacher_scores import outputs
from components.teacher_scores import seen_reviews
from components.teacher_scores import shards
from components.teacher_scores import teachers
from components.versioned_pusher import push_and_rollback
from models import features

_WITHOUT_LABELS = {'examples': (features.UNLABELED,), 'sentences': (features.SENTENCES,)}
_SEPARATORS = frozenset('\t\r\n')  # a text whose id has one of them is not scored: it would break the lines of the file


class Text(NamedTuple):
  """A text to score.

  Attributes:
    key: of its score: one of features.TEACHER_KEYS and the review_id.
    text: what the teacher reads.
  """

  key: str
  text: str


class Executor(base_executor.BaseExecutor):
  """Writes the scores; an interrupted scoring leaves its scores beside the artifact, and is resumed from there."""

  def Do(self, input_dict: artifacts.Artifacts, output_dict: artifacts.Artifacts,
         exec_properties: dict[str, Any]) -> None:
    """Score the texts; see tfx.dsl.components.base.base_executor.BaseExecutor."""
    teacher = exec_properties['teacher']
    examples = artifact_utils.get_single_instance(input_dict['examples'])
    output = artifact_utils.get_single_instance(output_dict['teacher_scores'])
    seen_eval = seen_reviews.check_seen(teacher, examples, bool(exec_properties['may_have_seen_eval']))
    # From the driver. Version 2 of Kubeflow Pipelines runs no drivers.
    sha256 = exec_properties.get('content_hash') or content_hash(teacher)
    inputs = {name: artifact_utils.get_single_uri(input_dict[name]) for name in _WITHOUT_LABELS if input_dict.get(name)}
    unfinished = os.path.join(os.path.dirname(output.uri.rstrip('/')), _unfinished(exec_properties, sha256, inputs))
    texts = read_texts(inputs, bool(exec_properties['scores_train']))
    if not texts:
      raise ValueError('--teacher has nothing to score: there is nothing unlabeled, and train is not scored because '
                       'teacher_weight is 0: pass --unlabeled, or raise teacher_weight')
    scores = shards.score_texts(
        [text.text for text in texts], unfinished, lambda: _load_scorer(exec_properties), exec_properties['reviews'])
    fileio.makedirs(output.uri)
    with fileio.open(os.path.join(output.uri, outputs.SCORES_FILE), 'w') as file:
      file.write(''.join(f'{text.key}\t{score:.6g}\n' for text, score in zip(texts, scores)))
    fileio.rmtree(unfinished)
    for name, value in (('teacher', exec_properties['teacher_name']), ('sha256', sha256),
                        ('description', teachers.describe(teacher))):
      output.set_string_custom_property(name, value)
    for name, number in (('seen_eval', int(seen_eval)), ('scored', len(scores)), ('available', len(texts)),
                         ('max_pieces', exec_properties['max_pieces'])):
      output.set_int_custom_property(name, number)
    doses = [custom_properties.read_property(artifact, 'dose') for artifact in input_dict.get('sentences') or ()]
    output.set_float_custom_property('sentences', sum(doses))


def content_hash(directory: str) -> str:
  """Return a hash of a teacher's files, without what a push adds; raises ValueError as `check` does."""
  teachers.check(directory)
  hash_files = encoder_executor.content_hash if teachers.is_encoder(directory) else push_and_rollback.content_hash
  return hash_files(directory)


def read_texts(inputs: Mapping[str, str], scores_train: bool) -> list[Text]:
  """Read the texts to score: never those of eval and test.

  Args:
    inputs: directories of the artifacts `examples` and, optionally, `sentences`.
    scores_train: whether train is among them.

  Returns:
    The texts in an order that a hash of each decides, so that any number of them are a sample of all.
  """
  texts = []
  splits = [(uri, split) for name, uri in inputs.items() for split in _WITHOUT_LABELS[name]]
  if scores_train:
    splits.append((inputs['examples'], features.TRAIN))
  for uri, split in splits:
    if fileio.exists(os.path.join(uri, f'Split-{split}')):
      for example in examples_lib.read_examples(uri, split):
        if _SEPARATORS.isdisjoint(example.review_id):
          key = features.TEACHER_KEYS[example.label != features.NO_LABEL] + example.review_id
          texts.append(Text(key, example.text.decode(errors='replace')))
  return sorted(texts, key=lambda text: hashlib.blake2b(text.key.encode(), digest_size=8).digest())


def _load_scorer(exec_properties: Mapping[str, Any]) -> scoring.Scorer:
  teacher = exec_properties['teacher']
  if not teachers.is_encoder(teacher):
    return scoring.load_scorer(teacher)
  load = import_utils.import_class_by_path(exec_properties['load_encoder'])
  return length_batches.score_in_batches(load(teacher, exec_properties['max_pieces']), os.cpu_count())


def _unfinished(exec_properties: Mapping[str, Any], sha256: str, inputs: Mapping[str, str]) -> str:
  """Return a name for the directory of the shards: a hash of all that the scores depend on."""
  parameters = ('reviews', 'scores_train', 'max_pieces', 'code')
  dependencies = [sha256, inputs, *(exec_properties[name] for name in parameters)]
  return f'unfinished-{hashlib.sha256(json.dumps(dependencies, sort_keys=True).encode()).hexdigest()[:16]}'
