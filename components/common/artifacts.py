"""Artifact types that TFX does not have.

Version 2 of Kubeflow Pipelines stores a type as `package.Class` and imports it by that name, see
components/__init__.py.
"""

from tfx.types import artifact

Artifacts = dict[str, list[artifact.Artifact]]  # the inputs or outputs of an executor, by name


class BehaviourReport(artifact.Artifact):
  """report.json; custom properties: `blessed` (1 or 0), the `reason` of a refusal, each capability's pass rate."""

  TYPE_NAME = 'components.BehaviourReport'


class DataBlessing(artifact.Artifact):
  """Exists if the examples passed the data checks; custom property: `drift`, the warnings."""

  TYPE_NAME = 'components.DataBlessing'


class Decision(artifact.Artifact):
  """decision.json; custom properties: the `target`, the `threshold` and whether it is `reached` on eval (1 or 0)."""

  TYPE_NAME = 'components.Decision'


class EncoderArtifact(artifact.Artifact):
  """The files of a pre-trained encoder.

  Custom properties: a `description`, the number of `parameters`, whether it `is_classifier` (1 or 0), its name and the
  hash of the source.
  """

  TYPE_NAME = 'components.EncoderArtifact'


class ModelCard(artifact.Artifact):
  """model_card.md, model_card.html, model_card.json and pictures."""

  TYPE_NAME = 'components.ModelCard'


class Report(artifact.Artifact):
  """report.html and report.json.

  Kubeflow Pipelines 2 and Vertex AI show artifacts of this type; there the artifact is the page itself.
  """

  TYPE_NAME = 'system.HTML'


class ServedVersion(artifact.Artifact):
  """A version in the serving directory; custom properties: `path`, `version`, `sha256`, `model_uri`, `accuracy`.

  Without a `path` it stands for none.
  """

  TYPE_NAME = 'components.ServedVersion'


class TeacherScoresArtifact(artifact.Artifact):
  """scores.tsv, lines of key and score as models.training.teacher_labels reads them.

  Custom properties: the `teacher`'s name, its `sha256` and a `description`, whether it may have `seen_eval` (1 or 0),
  the number of `scored` texts and of those `available`, and the settings `max_pieces` and `sentences`, their dose.
  """

  TYPE_NAME = 'components.TeacherScoresArtifact'


class WordVectorsArtifact(artifact.Artifact):
  """vectors.npy.

  Custom properties: the dimension, whether the vectors were `learned` from the reviews (1 or 0), the coverage of
  vocabulary and of tokens, the number of duplicate lines and the hash of the file.
  """

  TYPE_NAME = 'components.WordVectorsArtifact'
