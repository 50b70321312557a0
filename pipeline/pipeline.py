"""The DAG: from labelled texts to a gated, pushed model. Independent of the runner."""

import pathlib
import shlex
from typing import Any, Mapping, Optional, TypeAlias

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx
from tfx.proto import transform_pb2

from components.baseline.component import Baseline
from components.behaviour_validator import cases
from components.behaviour_validator import domain as domain_lib
from components.behaviour_validator.component import BehaviourValidator
from components.data_gate.component import DataGate
from components.decision_threshold.component import DecisionThreshold
from components.encoder.component import Encoder
from components.encoder.transform import EncoderTransform
from components.evaluator.component import CheckedEvaluator
from components.imdb_example_gen.component import ImdbExampleGen
from components.import_schema_gen.component import ImportSchemaGen
from components.model_card.component import ModelCardGen
from components.push_gate.component import PushGate
from components.report.component import ReportGen
from components.serving_validator.component import ServingValidator
from components.trainer.component import EstimatorTrainer
from components.tuner.component import EstimatorTuner
from components.versioned_pusher.component import VersionedPusher
from components.word_vectors.component import WordVectors
from models import features
from models import registry
from pipeline import beam_runners
from pipeline import evaluation
from pipeline import fingerprints
from pipeline import layout
from pipeline import resolvers
from pipeline import training_examples
from pipeline.config import PipelineConfig
from pipeline.config import THRESHOLDS
from pipeline.nodes import PipelineNodes

COMPARISON = 'ComparisonEvaluator'
# In the pipelines of some configurations only.
OPTIONAL_STEPS = ('SentenceGen', 'TeacherScores', 'AugmentationGen', 'Encoder', 'WordVectors', 'Tuner', 'Baseline',
                  'DecisionThreshold', 'PushGate')
_SCHEMA = pathlib.Path(__file__).with_name('schema') / 'schema.pbtxt'
_RuntimeParameter: TypeAlias = tfx.dsl.experimental.RuntimeParameter
_SERVING_IMAGE = '2.15.1'  # tag of tensorflow/serving; the version of TensorFlow that trains


def create_pipeline(config: PipelineConfig, push: bool = True,
                    runtime: Optional[Mapping[str, _RuntimeParameter]] = None,
                    runs_resolvers: bool = True, fail_if_not_blessed: bool = False) -> tfx.dsl.Pipeline:
  """Build the pipeline.

  Args:
    config: see `PipelineConfig`.
    push: False ends the pipeline with an evaluation for a comparison, by the component COMPARISON, without a push.
    runtime: parameters that a run may override, on runners that support them: any of data, train_steps and the
      Evaluator's thresholds.
    runs_resolvers: whether the runner executes resolvers of this project; the data is not checked for drift otherwise.
    fail_if_not_blessed: whether a last step fails if the model was not pushed.

  Returns:
    A pipeline for any of TFX's runners.

  Raises:
    ValueError: the configuration does not fit the model; the message names the key and the fix.
  """
  config.check()
  runtime = dict(runtime or {})
  thresholds = {name: parameter for name, parameter in runtime.items() if name in THRESHOLDS}
  nodes = PipelineNodes()
  _add_data_nodes(nodes, config, runtime.get('data', config.data), runs_resolvers)
  training_examples.add_teacher(nodes, config)
  _add_transform(nodes, config, training_examples.add_augmentation(nodes, config))
  _add_training_nodes(nodes, config, runtime.get('train_steps'))
  _add_behaviour_validator(nodes, config)
  if push:
    _add_baseline(nodes, config)
    _add_evaluator(nodes, config, 'Evaluator', thresholds)
    _add_serving_validator(nodes, config)
    _add_push_nodes(nodes, config)
    _add_report_gen(nodes)
    if fail_if_not_blessed:
      nodes.push_gate = PushGate(
          pushed_model=nodes.pusher.outputs['pushed_model'],
          code=fingerprints.hash_code('components.push_gate.component')).with_id('PushGate')
      nodes.push_gate.add_upstream_node(nodes.report_gen)
  else:
    _add_evaluator(nodes, config, COMPARISON, {})
  return tfx.dsl.Pipeline(
      pipeline_name=layout.PIPELINE_NAME,
      pipeline_root=layout.artifacts(config.output_dir),
      components=nodes.components(),
      enable_cache=config.enable_cache,
      # For local runs: Kubeflow has a metadata store of its own. TFX's function for this would make the directory, also
      # on a machine that only compiles a package.
      metadata_connection_config=metadata_store_pb2.ConnectionConfig(
          sqlite=metadata_store_pb2.SqliteMetadataSourceConfig(
              filename_uri=layout.metadata(config.output_dir),
              connection_mode=metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE)),
      beam_pipeline_args=shlex.split(config.beam_args),
  )


def _add_data_nodes(nodes: PipelineNodes, config: PipelineConfig, data: Any,
                    runs_resolvers: bool) -> None:
  """Add the nodes from the source to checked examples; `data` is a path or a runtime parameter."""
  nodes.example_gen = ImdbExampleGen(
      data, (config.unlabeled or data) if config.reads_unlabeled() else '', config.eval_share,
      config.test_share, fingerprints.hash_code('components.imdb_example_gen.executor'), config.table_options(),
      config.near_duplicates or 0.0)
  if beam_runners.is_remote(config.beam_args):
    # The source may lie in a folder that is mounted in this step only, not in the workers of a remote runner.
    nodes.example_gen.with_beam_pipeline_args(shlex.split(beam_runners.beam_args(None)))
  nodes.statistics_gen = tfx.components.StatisticsGen(
      examples=nodes.example_gen.outputs['examples'], exclude_splits=[features.UNLABELED])
  statistics = nodes.statistics_gen.outputs['statistics']
  # Curated rather than inferred: a schema inferred from bad data would accept it.
  nodes.schema_gen = ImportSchemaGen(content=_SCHEMA.read_text(encoding='utf-8'))
  schema = nodes.schema_gen.outputs['schema']
  nodes.example_validator = tfx.components.ExampleValidator(
      statistics=statistics, schema=schema, exclude_splits=[features.UNLABELED])
  examples = nodes.example_gen.outputs['examples']
  if runs_resolvers:
    nodes.previous_statistics = resolvers.previous_data(statistics, examples)
  # ExampleValidator only reports anomalies; the gate stops the run.
  nodes.data_gate = DataGate(
      examples=examples,
      anomalies=nodes.example_validator.outputs['anomalies'],
      statistics=statistics,
      previous_statistics=nodes.previous_statistics and nodes.previous_statistics.outputs['previous'],
      previous_examples=nodes.previous_statistics and nodes.previous_statistics.outputs['examples'],
      schema=schema,
      destination='' if config.ignore_baseline else layout.serving(config.output_dir),
      code=fingerprints.hash_code('components.data_gate.component'))


def _add_transform(nodes: PipelineNodes, config: PipelineConfig, examples: tfx.dsl.Channel) -> None:
  splits = [*training_examples.list_splits(config), features.EVAL]
  inputs = {
      'examples': examples,
      'schema': nodes.schema_gen.outputs['schema'], 'preprocessing_fn': 'models.text.preprocessing.preprocessing_fn',
      # The vocabulary comes from train only, without augmented examples; test is read raw, through the exported model.
      'splits_config': transform_pb2.SplitsConfig(analyze=['train'], transform=splits),
      'custom_config': {**config.preprocessing(), 'code': fingerprints.hash_code('models.text.preprocessing')}}
  if config.encoder:
    nodes.encoder = Encoder(
        source=config.encoder, name=config.encoder_name, code=fingerprints.hash_code('components.encoder.executor'))
    nodes.transform = EncoderTransform(encoder=nodes.encoder.outputs['encoder'], **inputs).with_id('Transform')
  else:
    nodes.transform = tfx.components.Transform(disable_statistics=True, disable_analyzer_cache=True, **inputs)
  nodes.transform.add_upstream_node(nodes.data_gate)


def _add_training_nodes(nodes: PipelineNodes, config: PipelineConfig, train_steps: Optional[_RuntimeParameter]) -> None:
  """Add the nodes from transformed examples to an exported model."""
  inputs = {
      'examples': nodes.transform.outputs['transformed_examples'],
      'transform_graph': nodes.transform.outputs['transform_graph'],
      'encoder': nodes.encoder and nodes.encoder.outputs['encoder'],
      'teacher_scores': nodes.teacher_scores and nodes.teacher_scores.outputs['teacher_scores'],
      'splits': training_examples.list_splits(config)}
  if config.embeddings:
    nodes.word_vectors = WordVectors(
        transform_graph=nodes.transform.outputs['transform_graph'],
        transformed_examples=nodes.transform.outputs['transformed_examples'],
        embeddings=config.embeddings,
        seed=config.seed,
        code=fingerprints.hash_code('components.word_vectors.executor'))
    inputs['word_vectors'] = nodes.word_vectors.outputs['word_vectors']
  settings = {'model': config.model, 'preset': config.preset, 'hparams': config.hparams_changes(), 'seed': config.seed,
              'model_record': registry.record_path(config.model, config.preset)}
  module = registry.module_name(config.model, config.preset)
  if config.tune_trials:
    code = fingerprints.hash_code('models.training.tuner', module, 'components.tuner.component')
    nodes.tuner = EstimatorTuner(
        'models.training.tuner.tuner_fn', **inputs,
        custom_config={**settings, 'trials': config.tune_trials, 'code': code}).with_id('Tuner')
  code = fingerprints.hash_code('models.training.run_fn', module, 'components.trainer.component')
  nodes.trainer = EstimatorTrainer(
      'models.training.run_fn.run_fn', **inputs, custom_config={**settings, 'code': code},
      hyperparameters=nodes.tuner and nodes.tuner.outputs['best_hyperparameters'],
      train_steps=train_steps).with_id('Trainer')


def _add_behaviour_validator(nodes: PipelineNodes, config: PipelineConfig) -> None:
  nodes.behaviour_validator = BehaviourValidator(
      model=nodes.trainer.outputs['model'],
      thresholds={name: threshold for name in cases.CAPABILITIES
                  if (threshold := getattr(config, f'min_{name}')) is not None},
      domain=domain_lib.load(config.domain),
      reads=config.expected_reading(),
      code=fingerprints.hash_code('components.behaviour_validator.executor'))


def _add_baseline(nodes: PipelineNodes, config: PipelineConfig) -> None:
  if not config.ignore_baseline:
    nodes.baseline = Baseline(
        model=nodes.trainer.outputs['model'],
        examples=nodes.example_gen.outputs['examples'],
        destination=layout.serving(config.output_dir),
        split=features.TEST,
        code=fingerprints.hash_code('components.baseline.executor'))


def _add_evaluator(nodes: PipelineNodes, config: PipelineConfig, node_id: str,
                   thresholds: Mapping[str, _RuntimeParameter]) -> None:
  """Add an Evaluator; `thresholds` are those that a run may override, by name."""
  nodes.evaluator = CheckedEvaluator(
      examples=nodes.example_gen.outputs['examples'],
      model=nodes.trainer.outputs['model'],
      baseline=nodes.baseline and nodes.baseline.outputs['baseline'],
      best=nodes.baseline and nodes.baseline.outputs['best'],
      split=features.TEST,
      eval_config=evaluation.eval_config(config.min_accuracy, config.min_auc, config.min_slice_accuracy),
      ignore_baseline=config.ignore_baseline,
      code=fingerprints.hash_code(
          'pipeline.metrics.accuracy_upper_bound', 'pipeline.metrics.log_loss', 'components.evaluator.component'),
      **{'max_accuracy_drop': config.max_accuracy_drop, **thresholds}).with_id(node_id)


def _add_serving_validator(nodes: PipelineNodes, config: PipelineConfig) -> None:
  """Add the check that a server can load the model: in a new process, or in TensorFlow Serving's own image."""
  model, examples = nodes.trainer.outputs['model'], nodes.example_gen.outputs['examples']
  if config.serving_check == 'docker':
    nodes.serving_validator = tfx.components.InfraValidator(
        model=model,
        examples=examples,
        serving_spec=tfx.proto.ServingSpec(
            tensorflow_serving=tfx.proto.TensorFlowServing(tags=[_SERVING_IMAGE]),
            local_docker=tfx.proto.LocalDockerConfig()),
        request_spec=tfx.proto.RequestSpec(
            tensorflow_serving=tfx.proto.TensorFlowServingRequestSpec(signature_names=[features.SERVING_SIGNATURE]),
            split_name='eval')).with_id('ServingValidator')
    return
  nodes.serving_validator = ServingValidator(
      model=model,
      model_run=nodes.trainer.outputs['model_run'],
      examples=examples,
      split='eval',
      timeout_s=config.serving_timeout,
      baseline=nodes.baseline and nodes.baseline.outputs['baseline'],
      thresholds=config.serving_thresholds(),
      code=fingerprints.hash_code('components.serving_validator.executor', 'components.serving_validator.probe'))


def _add_push_nodes(nodes: PipelineNodes, config: PipelineConfig) -> None:
  """Add the decision threshold, the model card, and the push of a model that passed all checks."""
  if config.decision:
    nodes.decision_threshold = DecisionThreshold(
        model=nodes.trainer.outputs['model'],
        examples=nodes.example_gen.outputs['examples'],
        evaluation=nodes.evaluator.outputs['evaluation'],
        target=config.decision,
        code=fingerprints.hash_code('components.decision_threshold.executor'))
  decision = nodes.decision_threshold and nodes.decision_threshold.outputs['decision']
  verdicts = {
      'model_blessing': nodes.evaluator.outputs['blessing'],
      'infra_blessing': nodes.serving_validator.outputs['blessing'],
      'behaviour_report': nodes.behaviour_validator.outputs['report'],
  }
  nodes.model_card_gen = ModelCardGen(
      examples=nodes.example_gen.outputs['examples'],
      augmented_examples=nodes.augmentation_gen and nodes.augmentation_gen.outputs['augmented_examples'],
      statistics=nodes.statistics_gen.outputs['statistics'],
      model=nodes.trainer.outputs['model'],
      evaluation=nodes.evaluator.outputs['evaluation'],
      **verdicts,
      decision=decision,
      code=fingerprints.hash_code('components.model_card.executor'))
  nodes.pusher = VersionedPusher(
      model=nodes.trainer.outputs['model'],
      **verdicts,
      model_card=nodes.model_card_gen.outputs['card'],
      decision=decision,
      evaluation=nodes.evaluator.outputs['evaluation'],
      examples=nodes.example_gen.outputs['examples'],
      destination=layout.serving(config.output_dir),
      keep=config.keep_versions,
      model_name=layout.PIPELINE_NAME,
      split='test',
      code=fingerprints.hash_code('components.versioned_pusher.executor')).with_id('Pusher')


def _add_report_gen(nodes: PipelineNodes) -> None:
  """Add the report, as late as possible so that nothing waits for it."""
  nodes.report_gen = ReportGen(
      examples=nodes.example_gen.outputs['examples'],
      transform_graph=nodes.transform.outputs['transform_graph'],
      word_vectors=nodes.word_vectors and nodes.word_vectors.outputs['word_vectors'],
      model=nodes.trainer.outputs['model'],
      evaluation=nodes.evaluator.outputs['evaluation'],
      model_card=nodes.model_card_gen.outputs['card'],
      pushed_model=nodes.pusher.outputs['pushed_model'],
      split='test',
      code=fingerprints.hash_code('components.report.executor'))
