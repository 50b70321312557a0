"""What TeacherScores leaves: the scores, and what is known of the teacher. Trainer and Tuner read it."""

import os
from typing import Any, Mapping, Optional, Sequence

from tfx import types
from tfx.types import artifact_utils

from components.common import custom_properties

SCORES_FILE = 'scores.tsv'
SEEN_EVAL = 'teacher_seen_eval'  # 1 if the teacher may have seen eval
# Custom properties of a model, and those of TeacherScores that they come from.
MODEL_PROPERTIES = {'teacher': 'teacher', 'teacher_hash': 'sha256', 'teacher_description': 'description',
                    SEEN_EVAL: 'seen_eval', 'teacher_scored': 'scored', 'teacher_available': 'available',
                    'teacher_pieces': 'max_pieces', 'teacher_sentences': 'sentences'}


def scores_path(teacher_scores: Optional[Sequence[types.Artifact]]) -> Optional[str]:
  """Return the path of the scores in an executor's input; None if the input is missing."""
  return os.path.join(artifact_utils.get_single_uri(teacher_scores), SCORES_FILE) if teacher_scores else None


def describe_teacher(teacher_scores: Optional[Sequence[types.Artifact]]) -> dict[str, Any]:
  """Return which teacher a model learned from, as custom properties of the model; nothing without one."""
  return {key: custom_properties.read_property(artifact, name)
          for artifact in teacher_scores or () for key, name in MODEL_PROPERTIES.items()}


def seen_eval_warning(model: Mapping[str, Any]) -> Optional[str]:
  """Return a warning about a teacher that may have seen eval; None without such a teacher.

  Args:
    model: the properties of a model by name.
  """
  if not model.get(SEEN_EVAL):
    return None
  return (f'The model learned from a teacher, {model["teacher"]}, that may have seen reviews of eval: the figures on '
          'eval are optimistic, and so are early stopping and all choices made on eval.')
