"""The nodes that add training examples and the labels of a teacher, and the splits that a model learns from."""

from tfx import v1 as tfx

from components.augmentation_gen.component import AugmentationGen
from components.sentence_gen.component import SentenceGen
from components.teacher_scores.component import TeacherScores
from models import augmentation
from models import features
from pipeline import fingerprints
from pipeline.config import PipelineConfig
from pipeline.nodes import PipelineNodes

_LOAD_ENCODER = 'models.networks.encoder_scorer.load_scorer'


def add_teacher(nodes: PipelineNodes, config: PipelineConfig) -> None:
  """Add the steps that cut sentences out of reviews, and that score them and the reviews with the teacher."""
  if config.teacher is None:
    return
  examples = nodes.example_gen.outputs['examples']
  if config.teacher_sentences:
    nodes.sentence_gen = SentenceGen(
        examples, config.teacher_sentences, config.seed, fingerprints.hash_code('components.sentence_gen.executor'))
    nodes.sentence_gen.add_upstream_node(nodes.data_gate)
  nodes.teacher_scores = TeacherScores(
      examples=examples,
      sentences=nodes.sentence_gen and nodes.sentence_gen.outputs['examples_with_sentences'],
      teacher=config.teacher,
      name=config.teacher_name,
      load_encoder=_LOAD_ENCODER,
      may_have_seen_eval=config.teacher_saw_eval,
      reviews=config.teacher_reviews,
      scores_train=config.model_hparams().teacher_weight > 0,
      max_pieces=config.teacher_pieces,
      code=fingerprints.hash_code('components.teacher_scores.executor', _LOAD_ENCODER.rpartition('.')[0]))
  nodes.teacher_scores.add_upstream_node(nodes.data_gate)


def add_augmentation(nodes: PipelineNodes, config: PipelineConfig) -> tfx.dsl.Channel:
  """Add the step that makes training examples, for models that have doses of them; returns all examples."""
  examples = nodes.example_gen.outputs['examples']
  if nodes.sentence_gen:
    examples = nodes.sentence_gen.outputs['examples_with_sentences']
  doses = config.model_hparams().augmentation()
  if not doses:
    return examples
  more_splits = [split for split in list_splits(config) if split not in (features.TRAIN, features.AUGMENTED)]
  nodes.augmentation_gen = AugmentationGen(
      examples, doses, more_splits if config.teacher else [], augmentation.MOST_TIMES, config.seed,
      fingerprints.hash_code('components.augmentation_gen.executor'))
  nodes.augmentation_gen.add_upstream_node(nodes.data_gate)
  return nodes.augmentation_gen.outputs['augmented_examples']


def list_splits(config: PipelineConfig) -> list[str]:
  """Return the splits that the model learns from."""
  is_read = {features.TRAIN: True, features.AUGMENTED: config.model_hparams().augmentation(),
             features.UNLABELED: config.reads_unlabeled(),
             features.SENTENCES: config.teacher is not None and config.teacher_sentences}
  return [split for split, answer in is_read.items() if answer]
