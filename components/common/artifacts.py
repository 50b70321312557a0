"""The artifact types that TFX does not have.

Version 2 of Kubeflow Pipelines keeps a type as `package.Class` and imports it by that name: see components/__init__.py.
"""

from tfx.types import artifact


class BehaviourReport(artifact.Artifact):
  """report.json, and as custom properties `blessed` (1 or 0), the `reason` if not, and each capability's pass rate."""

  TYPE_NAME = 'components.BehaviourReport'


class DataBlessing(artifact.Artifact):
  """Says that the examples may be trained on."""

  TYPE_NAME = 'components.DataBlessing'


class ModelCard(artifact.Artifact):
  """model_card.md, model_card.html, model_card.json and their pictures."""

  TYPE_NAME = 'components.ModelCard'


class Report(artifact.Artifact):
  """report.html and report.json.

  Kubeflow Pipelines 2 and Vertex AI show artifacts of this type on their pages; there it is the page itself.
  """

  TYPE_NAME = 'system.HTML'


class WordVectorsArtifact(artifact.Artifact):
  """vectors.npy, and as custom properties the dimension, the coverages and the source's hash."""

  TYPE_NAME = 'components.WordVectorsArtifact'
