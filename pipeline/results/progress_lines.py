"""The line for the terminal of every node of the pipeline."""

from components.augmentation_gen import progress_line as augmentation_gen
from components.baseline import progress_line as baseline
from components.behaviour_validator import progress_line as behaviour_validator
from components.common import progress_line
from components.data_gate import progress_line as data_gate
from components.decision_threshold import progress_line as decision_threshold
from components.encoder import progress_line as encoder
from components.evaluator import progress_line as evaluator
from components.imdb_example_gen import progress_line as imdb_example_gen
from components.import_schema_gen import progress_line as import_schema_gen
from components.model_card import progress_line as model_card
from components.push_gate import progress_line as push_gate
from components.report import progress_line as report
from components.sentence_gen import progress_line as sentence_gen
from components.serving_validator import progress_line as serving_validator
from components.teacher_scores import progress_line as teacher_scores
from components.trainer import progress_line as trainer
from components.tuner import progress_line as tuner
from components.versioned_pusher import progress_line as versioned_pusher
from components.word_vectors import progress_line as word_vectors
from pipeline.results import metadata
from pipeline.results import tfx_progress_lines

_DESCRIBE_BY_NODE = {
    'ImdbExampleGen': imdb_example_gen.describe,
    'StatisticsGen': tfx_progress_lines.describe_statistics_gen,
    'ImportSchemaGen': import_schema_gen.describe,
    'ExampleValidator': tfx_progress_lines.describe_example_validator,
    'PreviousStatistics': tfx_progress_lines.describe_previous_statistics,
    'DataGate': data_gate.describe,
    'SentenceGen': sentence_gen.describe,
    'TeacherScores': teacher_scores.describe,
    'AugmentationGen': augmentation_gen.describe,
    'Encoder': encoder.describe,
    'Transform': tfx_progress_lines.describe_transform,
    'WordVectors': word_vectors.describe,
    'Tuner': tuner.describe,
    'Trainer': trainer.describe,
    'Baseline': baseline.describe,
    'Evaluator': evaluator.describe,
    'ComparisonEvaluator': evaluator.describe,
    'ServingValidator': serving_validator.describe,
    'BehaviourValidator': behaviour_validator.describe,
    'DecisionThreshold': decision_threshold.describe,
    'ModelCardGen': model_card.describe,
    'Pusher': versioned_pusher.describe,
    'ReportGen': report.describe,
    'PushGate': push_gate.describe,
}


def describe_node(node: str, execution: metadata.Execution) -> progress_line.Description:
  """Return the line for the terminal.

  Args:
    node: the node's id.
    execution: of the node.

  Returns:
    What its component says; an empty text for a node without a description.
  """
  describe = _DESCRIBE_BY_NODE.get(node)
  return describe(execution) if describe else progress_line.Description('')
