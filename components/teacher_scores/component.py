"""TeacherScores: scores texts of train, unlabeled reviews and sentences with a teacher, for a student to learn from."""

from typing import Optional

from tfx import v1 as tfx
from tfx.dsl.components.base import base_component
from tfx.dsl.components.base import executor_spec
from tfx.types import component_spec

from components.common import artifacts
from components.common import source_driver
from components.teacher_scores import executor

_artifacts = tfx.types.standard_artifacts


class TeacherScoresSpec(component_spec.ComponentSpec):
  """Spec of TeacherScores."""

  PARAMETERS = {
      'teacher': component_spec.ExecutionParameter(type=str),
      'teacher_name': component_spec.ExecutionParameter(type=str),
      'may_have_seen_eval': component_spec.ExecutionParameter(type=int),
      'reviews': component_spec.ExecutionParameter(type=int),
      'scores_train': component_spec.ExecutionParameter(type=int),
      'max_pieces': component_spec.ExecutionParameter(type=int),
      'load_encoder': component_spec.ExecutionParameter(type=str),
      'code': component_spec.ExecutionParameter(type=str),
  }
  INPUTS = {
      'examples': component_spec.ChannelParameter(type=_artifacts.Examples),
      'sentences': component_spec.ChannelParameter(type=_artifacts.Examples, optional=True),
  }
  OUTPUTS = {'teacher_scores': component_spec.ChannelParameter(type=artifacts.TeacherScoresArtifact)}


class Driver(source_driver.SourceDriver):
  """Makes TeacherScores run again when the files of the teacher have changed."""

  source = 'teacher'
  content_hash = staticmethod(executor.content_hash)


class TeacherScores(base_component.BaseComponent):
  """Scores texts with a teacher; `teacher_scores` is an `artifacts.TeacherScoresArtifact`."""

  SPEC_CLASS = TeacherScoresSpec
  EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)
  DRIVER_CLASS = Driver

  def __init__(self, examples: tfx.dsl.Channel, teacher: str, name: str, load_encoder: str, code: str,
               sentences: Optional[tfx.dsl.Channel] = None, may_have_seen_eval: bool = False, reviews: int = 0,
               scores_train: bool = True, max_pieces: int = 384):
    """Build the component.

    Args:
      examples: channel of ImdbExampleGen's examples, of which train and unlabeled are scored.
      teacher: directory of the teacher, see `teachers.check`.
      name: what the user calls it.
      load_encoder: dotted path of the function that loads an encoder: (directory, max_pieces) -> scores of a batch.
      code: fingerprint of the code of this component and of `load_encoder`, part of the cache key.
      sentences: channel of SentenceGen, or None.
      may_have_seen_eval: whether the teacher may have seen eval; otherwise it is refused unless its manifest tells that
        it has not.
      reviews: number of texts to score at most; 0 for as many as `shards` allows.
      scores_train: whether train is scored, too, and not only what has no label.
      max_pieces: number of WordPieces that an encoder reads of a text; a pushed version has its own.
    """
    super().__init__(TeacherScoresSpec(
        examples=examples, sentences=sentences, teacher=teacher, teacher_name=name,
        may_have_seen_eval=int(may_have_seen_eval), reviews=reviews, scores_train=int(scores_train),
        max_pieces=max_pieces, load_encoder=load_encoder, code=code,
        teacher_scores=tfx.dsl.Channel(type=artifacts.TeacherScoresArtifact)))
