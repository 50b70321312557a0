"""The line for the terminal of every node of the pipeline."""

from components.behaviour_validator import description as behaviour_validator
from components.common import description
from components.data_gate import description as data_gate
from components.evaluator import description as evaluator
from components.imdb_example_gen import description as imdb_example_gen
from components.import_schema_gen import description as import_schema_gen
from components.model_card import description as model_card
from components.report import description as report
from components.serving_validator import description as serving_validator
from components.trainer import description as trainer
from components.tuner import description as tuner
from components.versioned_pusher import description as versioned_pusher
from components.word_vectors import description as word_vectors
from pipeline.results import metadata
from pipeline.results import tfx_descriptions

_DESCRIBE_BY_NODE = {
    'ImdbExampleGen': imdb_example_gen.describe,
    'StatisticsGen': tfx_descriptions.describe_statistics_gen,
    'ImportSchemaGen': import_schema_gen.describe,
    'ExampleValidator': tfx_descriptions.describe_example_validator,
    'PreviousStatistics': tfx_descriptions.describe_previous_statistics,
    'DataGate': data_gate.describe,
    'Transform': tfx_descriptions.describe_transform,
    'WordVectors': word_vectors.describe,
    'Tuner': tuner.describe,
    'Trainer': trainer.describe,
    'Resolver': tfx_descriptions.describe_resolver,
    'Evaluator': evaluator.describe,
    'ComparisonEvaluator': evaluator.describe,
    'ServingValidator': serving_validator.describe,
    'BehaviourValidator': behaviour_validator.describe,
    'ModelCardGen': model_card.describe,
    'Pusher': versioned_pusher.describe,
    'ReportGen': report.describe,
}


def describe_node(node: str, execution: metadata.Execution) -> description.Description:
  """Return the line for the terminal.

  Args:
    node: the node's id.
    execution: of the node.

  Returns:
    What its component says; an empty text for a node without a description.
  """
  describe = _DESCRIBE_BY_NODE.get(node)
  return describe(execution) if describe else description.Description('')
