"""Which reviews of a run a teacher has seen, as far as the manifest of its version tells."""

from tfx import types

from components.common import custom_properties
from components.common import review_scores
from components.encoder import executor as encoder_executor
from components.teacher_scores import outputs
from components.teacher_scores import teachers
from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions
from models import features

_EVAL_PROPERTIES = 'settings', features.EVAL  # of examples: which reviews are in eval, and how many


def check_seen(directory: str, examples: types.Artifact, may_have_seen_eval: bool) -> bool:
  """Return whether a teacher may have been trained on reviews of eval, as far as its manifest tells.

  Args:
    directory: of the teacher.
    examples: of this run, as ImdbExampleGen makes them.
    may_have_seen_eval: whether the user has allowed for it.

  Raises:
    ValueError: it may have, and the user has not allowed for it; or it has seen reviews of test, so that the figures of
      its student would mean nothing.
  """
  manifest = push_and_rollback.read_manifest(directory)
  data = (manifest.get('data') or [{}])[0]
  own = custom_properties.read_properties(examples)
  test_hash = manifest.get(served_versions.TEST_HASH)
  has_same_data = bool(test_hash and data.get('data_hash')) and data['data_hash'] == own.get('data_hash')
  if has_same_data and test_hash != review_scores.hash_split(examples.uri, features.TEST):
    raise ValueError(f'--teacher {directory} was trained on the same data with another test split, so it has seen '
                     "reviews of this run's test split: pass a teacher with the same splits")
  has_same_eval = has_same_data and all(data.get(name) == own.get(name) for name in _EVAL_PROPERTIES)
  model = manifest.get('model', {})
  # What the model started from, or learned from, may have seen more than the model's own data.
  has_unknown_start = 'encoder' in model and model.get(encoder_executor.IS_CLASSIFIER) != 0
  may_have_seen = not has_same_eval or has_unknown_start or bool(model.get(outputs.SEEN_EVAL))
  if may_have_seen and not may_have_seen_eval:
    raise ValueError(teachers.explain_seen_eval(directory))
  return may_have_seen
