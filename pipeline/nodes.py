"""The nodes of the DAG, which pipeline.py builds one after the other."""

import dataclasses
from typing import Optional

from tfx.dsl.components.base import base_node


@dataclasses.dataclass(repr=False)
class PipelineNodes:
  """The nodes of the DAG by name, in the order of a run; a pipeline may do without some of them."""

  example_gen: base_node.BaseNode = dataclasses.field(init=False)
  statistics_gen: base_node.BaseNode = dataclasses.field(init=False)
  schema_gen: base_node.BaseNode = dataclasses.field(init=False)
  example_validator: base_node.BaseNode = dataclasses.field(init=False)
  previous_statistics: Optional[base_node.BaseNode] = None
  data_gate: base_node.BaseNode = dataclasses.field(init=False)
  sentence_gen: Optional[base_node.BaseNode] = None
  teacher_scores: Optional[base_node.BaseNode] = None
  augmentation_gen: Optional[base_node.BaseNode] = None
  encoder: Optional[base_node.BaseNode] = None
  transform: base_node.BaseNode = dataclasses.field(init=False)
  word_vectors: Optional[base_node.BaseNode] = None
  tuner: Optional[base_node.BaseNode] = None
  trainer: base_node.BaseNode = dataclasses.field(init=False)
  behaviour_validator: base_node.BaseNode = dataclasses.field(init=False)
  baseline: Optional[base_node.BaseNode] = None
  evaluator: base_node.BaseNode = dataclasses.field(init=False)
  # A comparison ends here.
  serving_validator: base_node.BaseNode = dataclasses.field(init=False)
  decision_threshold: Optional[base_node.BaseNode] = None
  model_card_gen: base_node.BaseNode = dataclasses.field(init=False)
  pusher: base_node.BaseNode = dataclasses.field(init=False)
  report_gen: base_node.BaseNode = dataclasses.field(init=False)
  push_gate: Optional[base_node.BaseNode] = None

  def components(self) -> list[base_node.BaseNode]:
    """Return the nodes of this pipeline in the order of a run."""
    nodes = (getattr(self, field.name, None) for field in dataclasses.fields(self))
    return [node for node in nodes if node is not None]
