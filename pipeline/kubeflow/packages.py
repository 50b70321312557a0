"""Packages for Kubeflow Pipelines and Vertex AI Pipelines, compiled from the pipeline that local runs execute."""

import json
import os
import pathlib
import tempfile

from kfp import dsl
from kfp import onprem
from kubernetes.client import models
from tfx import v1 as tfx
from tfx.dsl.components.base import base_driver
from tfx.orchestration.kubeflow import kubeflow_dag_runner
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
import yaml

from components.common import artifacts
from components.report import executor as report_executor
from pipeline import resolvers as resolvers_lib
from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib
from pipeline.kubeflow import settings as settings_lib

ENGINES = ('v1', 'v2')
_SUFFIXES = {'v1': ('.yaml',), 'v2': ('.yaml', '.json')}
_PARAMETERS = {'data': str, 'train_steps': int, 'min_accuracy': float, 'min_auc': float, 'min_slice_accuracy': float,
               'max_accuracy_drop': float}  # of a run
_NO_DRIVER = base_driver.BaseDriver
_SHOWN = {'title': artifacts.Report.TYPE_NAME, 'type': 'object'}  # the type of artifact that Kubeflow's pages show
_UI_METADATA = '/tmp/mlpipeline-ui-metadata.json'  # the image's user may not write where Kubeflow's default is


def compile_to(path: pathlib.Path, engine: str, config: config_lib.PipelineConfig,
               settings: settings_lib.Settings) -> None:
  """Writes a package, whole or not at all.

  Args:
    path: of the package.
    engine: v1, an Argo workflow for Kubeflow Pipelines' v1 API, or v2, pipeline IR for Kubeflow Pipelines 2 (YAML) and
      Vertex AI (JSON).
    config: whose data and output_dir are paths in the steps' containers.
    settings: of the cluster.

  Raises:
    ValueError: the path's suffix is none of the engine's, or the directory is missing.
  """
  if not path.name.endswith(_SUFFIXES[engine]):
    raise ValueError(f'--output {path}: a package for {engine} ends in {", ".join(_SUFFIXES[engine])}')
  if not path.parent.is_dir():
    raise ValueError(f'--output {path}: there is no directory {path.parent}')
  with tempfile.TemporaryDirectory(dir=path.parent) as directory:
    written = pathlib.Path(directory) / path.name
    {'v1': _compile_v1, 'v2': _compile_v2}[engine](written, config, settings)
    os.replace(written, path)


def _pipeline(config, resolvers):
  """The pipeline, with what is often changed from run to run as parameters of the run."""
  defaults = {name: (type_, _default(config, name)) for name, type_ in _PARAMETERS.items()}
  runtime = {
      name: tfx.dsl.experimental.RuntimeParameter(name, ptype=type_, default=default)
      for name, (type_, default) in defaults.items() if default is not None}
  return pipeline_lib.create_pipeline(config, runtime=runtime, resolvers=resolvers)


def _default(config, name):
  """The value of a parameter where a run sets none; None for a threshold that is switched off."""
  return config.model_hparams().train_steps if name == 'train_steps' else getattr(config, name)


def _compile_v1(path, config, settings):
  mounts = []
  if settings.volume_claim:
    mounts.append(onprem.mount_pvc(settings.volume_claim, 'sentiment', settings.mount_path))
  operators = [*kubeflow_dag_runner.get_default_pipeline_operator_funcs(), *mounts, _operator(settings)]
  runner = kubeflow_dag_runner.KubeflowDagRunner(
      output_dir=str(path.parent), output_filename=path.name, config=kubeflow_dag_runner.KubeflowDagRunnerConfig(
          pipeline_operator_funcs=operators, tfx_image=settings.image, metadata_ui_path=_UI_METADATA))
  runner.run(_pipeline(config, resolvers_lib.OWN_STRATEGIES))
  workflow = yaml.safe_load(path.read_text(encoding='utf-8'))
  workflow['spec']['serviceAccountName'] = settings.service_account
  path.write_text(yaml.safe_dump(workflow, sort_keys=False), encoding='utf-8')


def _operator(settings):
  """What the settings ask of each step of an Argo workflow."""

  def apply(op: dsl.ContainerOp):
    limits = settings.of_step(op.human_name)
    op.container.set_cpu_limit(str(limits.cpu)).set_memory_limit(limits.memory)
    if limits.gpu:
      op.container.add_resource_limit(settings.gpu_type, str(limits.gpu))
    op.container.set_image_pull_policy(settings.image_pull_policy)
    op.container.add_env_variable(models.V1EnvVar(report_executor.KUBEFLOW_PAGE, _UI_METADATA))
    if settings.retries:
      op.set_retry(settings.retries)
    return op

  return apply


def _compile_v2(path, config, settings):
  runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
      default_image=settings.image, use_pipeline_spec_2_1=True))
  pipeline = _pipeline(config, resolvers_lib.NO_RESOLVERS if config.ignore_baseline else resolvers_lib.TFX_STRATEGIES)
  job = runner.run(pipeline, write_out=False)
  spec = job['pipelineSpec']
  for name, definition in spec['root']['inputDefinitions']['parameters'].items():
    definition.update(defaultValue=_default(config, name), isOptional=True)
  # Drivers of ours put into the cache key what a step reads from outside of the pipeline. Version 2 runs none.
  uncached = {node.id for node in pipeline.components if getattr(node, 'driver_class', _NO_DRIVER) is not _NO_DRIVER}
  containers = {}
  for name, task in spec['root']['dag']['tasks'].items():
    label = spec['components'][name]['executorLabel']
    container = spec['deploymentSpec']['executors'][label].get('container')
    if container is None:  # a lookup, which the back end does itself
      continue
    containers[label] = container
    for output in spec['components'][name].get('outputDefinitions', {}).get('artifacts', {}).values():
      if yaml.safe_load(output['artifactType'].get('instanceSchema', '')) == _SHOWN:
        output['artifactType'] = {'schemaTitle': _SHOWN['title'], 'schemaVersion': '0.0.1'}
        container['command'][-1] = 'pipeline.kubeflow.step'
    if name in uncached:
      task['cachingOptions'] = {'enableCache': False}
    task['retryPolicy'] = {'maxRetryCount': settings.retries}
    limits = settings.of_step(name)
    container['resources'] = {'cpuLimit': limits.cpu, 'memoryLimit': limits.gigabytes()}
    if limits.gpu:
      container['resources']['accelerator'] = {'type': settings.gpu_type, 'count': limits.gpu}
  if path.suffix == '.json':
    path.write_text(json.dumps(job, indent=1), encoding='utf-8')
    return
  platform = {'imagePullPolicy': settings.image_pull_policy}
  if settings.volume_claim:
    platform['pvcMount'] = [{'constant': settings.volume_claim, 'mountPath': settings.mount_path}]
  kubernetes = {'deploymentSpec': {'executors': {label: platform for label in containers}}}
  documents = [spec, {'platforms': {'kubernetes': kubernetes}}]
  path.write_text(yaml.safe_dump_all(json.loads(json.dumps(documents)), sort_keys=False), encoding='utf-8')
