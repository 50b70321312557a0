"""The DAG: from reviews to a gated, pushed model. Knows no runner."""

import pathlib
import shlex
from typing import Mapping, Optional

from tfx import v1 as tfx
from tfx.proto import transform_pb2

from components.behaviour_validator import cases
from components.behaviour_validator.component import BehaviourValidator
from components.data_gate.component import DataGate
from components.evaluator.component import CheckedEvaluator
from components.imdb_example_gen import readers
from components.imdb_example_gen.component import ImdbExampleGen
from components.import_schema_gen.component import ImportSchemaGen
from components.model_card.component import ModelCardGen
from components.report.component import ReportGen
from components.serving_validator.component import ServingValidator
from components.trainer.component import EstimatorTrainer
from components.tuner.component import EstimatorTuner
from components.versioned_pusher.component import VersionedPusher
from components.word_vectors.component import WordVectors
from models import features
from models import registry
from pipeline import resolvers
from pipeline import beam_runners
from pipeline import evaluation
from pipeline import fingerprints
from pipeline import layout
from pipeline.config import PipelineConfig

_SCHEMA = pathlib.Path(__file__).with_name('schema') / 'schema.pbtxt'
COMPARISON = 'ComparisonEvaluator'
_Parameter = tfx.dsl.experimental.RuntimeParameter
# The signatures that score, by what they take.
_SIGNATURES = {'examples': features.SERVING_SIGNATURE, features.TEXT: features.TEXT_SIGNATURE}
_SERVING_IMAGE = '2.15.1'  # tensorflow/serving, of the TensorFlow that trains


def create_pipeline(config: PipelineConfig, push: bool = True, runtime: Optional[Mapping[str, _Parameter]] = None,
                    lookups: resolvers.Lookups = resolvers.OTHERS) -> tfx.dsl.Pipeline:
  """Builds the pipeline.

  Args:
    config: see `PipelineConfig`.
    push: False ends with an evaluation for a comparison, by the component COMPARISON, and pushes nothing.
    runtime: what a run may set anew, on runners that know such parameters: any of data, train_steps and the Evaluator's
      thresholds.
    lookups: how former runs' artifacts are found.

  Returns:
    A pipeline for any of TFX's runners.

  Raises:
    ValueError: the configuration does not fit the model; the message names the key and the fix.
  """
  config.check()
  runtime = dict(runtime or {})
  data = runtime.get('data', config.data)
  nodes = _data_nodes(config, data, (config.unlabeled or data) if config.model_hparams().unlabeled else '', lookups)
  example_gen, statistics_gen, transform = nodes[0], nodes[1], nodes[-1]
  nodes += _training_nodes(config, transform, runtime.get('train_steps'))
  trainer = nodes[-1]
  nodes.append(_behaviour_validator(config, trainer))
  if push:
    bars = {name: parameter for name, parameter in runtime.items() if name not in ('data', 'train_steps')}
    nodes += _gate_nodes(config, example_gen, statistics_gen, trainer, nodes[-1], lookups, bars)
    nodes.append(_report(example_gen, transform, trainer, nodes))
  else:
    nodes.append(_evaluator(config, example_gen, trainer).with_id(COMPARISON))
  return tfx.dsl.Pipeline(
      pipeline_name=layout.PIPELINE_NAME,
      pipeline_root=layout.artifacts(config.output_dir),
      components=nodes,
      enable_cache=config.enable_cache,
      metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
          layout.metadata(config.output_dir)),
      beam_pipeline_args=shlex.split(config.beam_args),
  )


def _data_nodes(config: PipelineConfig, data, unlabeled, lookups) -> list:
  """From reviews to transformed examples; ImdbExampleGen and StatisticsGen first, Transform last."""
  hparams = config.model_hparams()
  example_gen = ImdbExampleGen(
      data, unlabeled, config.eval_share, config.test_share,
      fingerprints.hash_code('components.imdb_example_gen.executor'))
  if beam_runners.is_remote(config.beam_args):
    # Its workers see no mounted folder, where the reviews are; this step does.
    example_gen = example_gen.with_beam_pipeline_args(shlex.split(beam_runners.arguments(None)))
  statistics_gen = tfx.components.StatisticsGen(
      examples=example_gen.outputs['examples'], exclude_splits=[readers.UNLABELED])
  # Curated, not inferred: a schema learned from bad data would call it good.
  schema_gen = ImportSchemaGen(content=_SCHEMA.read_text(encoding='utf-8'))
  example_validator = tfx.components.ExampleValidator(
      statistics=statistics_gen.outputs['statistics'], schema=schema_gen.outputs['schema'],
      exclude_splits=[readers.UNLABELED])
  statistics = statistics_gen.outputs['statistics']
  former = lookups.statistics(statistics)
  # ExampleValidator only reports; the gate stops the run.
  data_gate = DataGate(
      anomalies=example_validator.outputs['anomalies'],
      statistics=statistics,
      former_statistics=former and former.outputs['former'],
      schema=schema_gen.outputs['schema'],
      code=fingerprints.hash_code('components.data_gate.component'))
  transform = tfx.components.Transform(
      examples=example_gen.outputs['examples'],
      schema=schema_gen.outputs['schema'],
      preprocessing_fn='models.text.preprocessing.preprocessing_fn',
      # The vocabulary comes from train only; test is read raw, through the exported model.
      splits_config=transform_pb2.SplitsConfig(
          analyze=['train'], transform=[*_training_splits(config), 'eval']),
      disable_statistics=True,
      custom_config={
          **hparams.preprocessing(),
          'code': fingerprints.hash_code('models.text.preprocessing'),
      })
  transform.add_upstream_node(data_gate)
  before = [example_gen, statistics_gen, schema_gen, example_validator]
  return [*before, *([former] if former else []), data_gate, transform]


def _training_splits(config: PipelineConfig) -> list[str]:
  return ['train', readers.UNLABELED] if config.model_hparams().unlabeled else ['train']


def _word_vectors_node(config: PipelineConfig, transform):
  return WordVectors(
      transform_graph=transform.outputs['transform_graph'],
      transformed_examples=transform.outputs['transformed_examples'],
      embeddings=config.embeddings,
      seed=config.seed,
      code=fingerprints.hash_code('components.word_vectors.executor'))


def _training_nodes(config: PipelineConfig, transform, train_steps=None) -> list:
  """From transformed examples to an exported model; Trainer last."""
  outputs = transform.outputs
  inputs = {'examples': outputs['transformed_examples'], 'transform_graph': outputs['transform_graph'],
            'splits': _training_splits(config)}
  nodes = []
  if config.embeddings:
    nodes.append(_word_vectors_node(config, transform))
    inputs['word_vectors'] = nodes[-1].outputs['word_vectors']
  settings = {'model': config.model, 'preset': config.preset, 'hparams': dict(config.hparams), 'seed': config.seed}
  module = registry.module_of(config.model, config.preset)
  tuned = None
  if config.tune_trials:
    code = fingerprints.hash_code('models.training.tuner', module, 'components.tuner.component')
    nodes.append(EstimatorTuner(
        'models.training.tuner.tuner_fn', **inputs, custom_config={**settings, 'trials': config.tune_trials, 'code': code},
    ).with_id('Tuner'))
    tuned = nodes[-1].outputs['best_hyperparameters']
  code = fingerprints.hash_code('models.training.run_fn', module, 'components.trainer.component')
  nodes.append(EstimatorTrainer(
      'models.training.run_fn.run_fn', **inputs, custom_config={**settings, 'code': code}, hyperparameters=tuned,
      train_steps=train_steps,
  ).with_id('Trainer'))
  return nodes


def _evaluator(config: PipelineConfig, example_gen, trainer, baseline_model=None, **bars):
  return CheckedEvaluator(
      examples=example_gen.outputs['examples'],
      model=trainer.outputs['model'],
      baseline_model=baseline_model,
      split='test',
      eval_config=evaluation.eval_config(
          config.min_accuracy, config.min_auc, config.min_slice_accuracy, config.max_accuracy_drop),
      ignore_baseline=config.ignore_baseline,
      code=fingerprints.hash_code('pipeline.metrics.accuracy_upper_bound', 'pipeline.metrics.log_loss', 'components.evaluator.component'),
      **bars)


def _behaviour_validator(config: PipelineConfig, trainer):
  return BehaviourValidator(
      model=trainer.outputs['model'],
      floors={name: getattr(config, f'min_{name}') for name in cases.CAPABILITIES},
      signature=features.TEXT_SIGNATURE,
      input_key=features.TEXT,
      scores=features.SCORES,
      code=fingerprints.hash_code('components.behaviour_validator.executor'))


def _gate_nodes(config: PipelineConfig, example_gen, statistics_gen, trainer, behaviour, lookups, bars) -> list:
  """From an exported model to a pushed one, if it is good enough."""
  resolver = lookups.model(trainer.outputs['model'])
  baseline_model = None if config.ignore_baseline or not resolver else resolver.outputs['model']
  evaluator = _evaluator(config, example_gen, trainer, baseline_model, **bars).with_id('Evaluator')
  model, examples = trainer.outputs['model'], example_gen.outputs['examples']
  serving_validator = _serving_validator(config, examples, trainer)
  verdicts = {
      'model_blessing': evaluator.outputs['blessing'],
      'infra_blessing': serving_validator.outputs['blessing'],
      'behaviour_report': behaviour.outputs['report'],
  }
  card = ModelCardGen(
      examples=examples,
      statistics=statistics_gen.outputs['statistics'],
      model=model,
      evaluation=evaluator.outputs['evaluation'],
      **verdicts,
      code=fingerprints.hash_code('components.model_card.executor'))
  pusher = VersionedPusher(
      model=model,
      **verdicts,
      model_card=card.outputs['card'],
      examples=examples,
      destination=layout.serving(config.output_dir),
      keep=config.keep_versions,
      warmup=_SIGNATURES,
      model_name=layout.PIPELINE_NAME,
      text_key=features.TEXT,
      split='test',
      code=fingerprints.hash_code('components.versioned_pusher.executor')).with_id('Pusher')
  return [*([resolver] if resolver else []), evaluator, serving_validator, card, pusher]


def _report(example_gen, transform, trainer, nodes):
  """What people look at: the last step, so that nothing waits for it."""
  outputs = {key: channel for node in nodes for key, channel in node.outputs.items()}
  return ReportGen(
      examples=example_gen.outputs['examples'],
      transform_graph=transform.outputs['transform_graph'],
      word_vectors=outputs.get('word_vectors'),
      model=trainer.outputs['model'],
      evaluation=outputs['evaluation'],
      model_card=outputs['card'],
      pushed_model=outputs['pushed_model'],
      split='test',
      text_key=features.TEXT,
      label_key=features.LABEL,
      rating_key=features.RATING,
      id_key=features.REVIEW_ID,
      vocabulary=features.VOCABULARY,
      reserved=len(features.RESERVED_TOKENS),
      code=fingerprints.hash_code('components.report.executor'))


def _serving_validator(config: PipelineConfig, examples, trainer):
  """Tries the exported model out as a server would: in a fresh process, or in TensorFlow Serving's own image."""
  if config.serving_check == 'docker':
    return tfx.components.InfraValidator(
        model=trainer.outputs['model'],
        examples=examples,
        serving_spec=tfx.proto.ServingSpec(
            tensorflow_serving=tfx.proto.TensorFlowServing(tags=[_SERVING_IMAGE]),
            local_docker=tfx.proto.LocalDockerConfig()),
        request_spec=tfx.proto.RequestSpec(
            tensorflow_serving=tfx.proto.TensorFlowServingRequestSpec(signature_names=[features.SERVING_SIGNATURE]),
            split_name='eval')).with_id('ServingValidator')
  return ServingValidator(
      model=trainer.outputs['model'],
      model_run=trainer.outputs['model_run'],
      examples=examples,
      signatures=_SIGNATURES,
      scores=features.SCORES,
      text_key=features.TEXT,
      id_key=features.REVIEW_ID,
      split='eval',
      timeout_s=config.serving_timeout,
      code=fingerprints.hash_code('components.serving_validator.executor', 'components.serving_validator.probe'))
