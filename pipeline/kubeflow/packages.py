"""Packages for Kubeflow Pipelines and Vertex AI Pipelines, compiled from the pipeline that local runs execute."""

import json
import os
import pathlib
import tempfile
from typing import Any, Callable, Union

from kfp import dsl
from kfp import onprem
from kubernetes.client import models
from tfx import v1 as tfx
from tfx.orchestration.kubeflow import kubeflow_dag_runner
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
import yaml

from compat import kfp as kfp_compat
from compat import tfx as tfx_compat
from components.common import artifacts
from components.report import executor as report_executor
from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib
from pipeline.kubeflow import step_settings

_SUFFIXES = {'v1': ('.yaml',), 'v2': ('.yaml', '.json')}
# The parameters that a run may set, with their types.
_PARAMETERS = {'data': str, 'train_steps': int, **dict.fromkeys(config_lib.THRESHOLDS, float)}
_LAUNCHER = 'pipeline.kubeflow.launcher'
_PAGE_TYPE = {'title': artifacts.Report.TYPE_NAME, 'type': 'object'}  # of the artifact that Kubeflow shows as a page
_UI_METADATA = '/tmp/mlpipeline-ui-metadata.json'  # the image's user may not write to Kubeflow's default


def compile_to(path: pathlib.Path, engine: str, config: config_lib.PipelineConfig,
               settings: step_settings.Settings) -> None:
  """Write a package, completely or not at all.

  Args:
    path: of the package.
    engine: v1, an Argo workflow for Kubeflow Pipelines' v1 API, or v2, pipeline IR for Kubeflow Pipelines 2 (YAML) and
      Vertex AI (JSON).
    config: its data and output_dir are paths in the steps' containers.
    settings: of the cluster.

  Raises:
    ValueError: the path's suffix does not fit the engine, the directory is missing, or the settings name an unknown
      step.
  """
  if not path.name.endswith(_SUFFIXES[engine]):
    raise ValueError(f'--output {path}: a package for {engine} ends in {" or ".join(_SUFFIXES[engine])}')
  if not path.parent.is_dir():
    raise ValueError(f'--output {path}: the directory {path.parent} does not exist')
  with tempfile.TemporaryDirectory(dir=path.parent) as directory:
    written = pathlib.Path(directory) / path.name
    {'v1': _compile_v1, 'v2': _compile_v2}[engine](written, config, settings)
    os.replace(written, path)


def _create_pipeline(config: config_lib.PipelineConfig, settings: step_settings.Settings,
                     runs_resolvers: bool) -> tfx.dsl.Pipeline:
  """Build the pipeline, with what often changes from run to run as parameters of the run."""
  defaults = {name: (type_, _default(config, name)) for name, type_ in _PARAMETERS.items()}
  runtime = {
      name: tfx.dsl.experimental.RuntimeParameter(name, ptype=type_, default=default)
      for name, (type_, default) in defaults.items() if default is not None}
  pipeline = pipeline_lib.create_pipeline(config, runtime=runtime, runs_resolvers=runs_resolvers)
  settings.check_steps([*(node.id for node in pipeline.components), *pipeline_lib.OPTIONAL_STEPS])
  return pipeline


def _default(config: config_lib.PipelineConfig, name: str) -> Union[str, float, None]:
  """Return the default of a parameter; None for a threshold that is switched off."""
  return config.model_hparams().train_steps if name == 'train_steps' else getattr(config, name)


def _compile_v1(path, config, settings):
  mounts = []
  if settings.volume_claim:
    mounts.append(onprem.mount_pvc(settings.volume_claim, 'sentiment', settings.mount_path))
  operators = [*kubeflow_dag_runner.get_default_pipeline_operator_funcs(), *mounts, _step_changes(settings)]
  runner = kubeflow_dag_runner.KubeflowDagRunner(
      output_dir=str(path.parent), output_filename=path.name, config=kubeflow_dag_runner.KubeflowDagRunnerConfig(
          pipeline_operator_funcs=operators, tfx_image=settings.image, metadata_ui_path=_UI_METADATA))
  runner.run(_create_pipeline(config, settings, runs_resolvers=True))
  workflow = yaml.safe_load(path.read_text(encoding='utf-8'))
  workflow['spec']['serviceAccountName'] = settings.service_account
  path.write_text(yaml.safe_dump(workflow, sort_keys=False), encoding='utf-8')


def _step_changes(settings: step_settings.Settings) -> Callable[[dsl.ContainerOp], dsl.ContainerOp]:
  """Return a function that changes a step of an Argo workflow as the settings say."""

  def change(op: dsl.ContainerOp) -> dsl.ContainerOp:
    container, limits = op.container, settings.of_step(op.human_name)
    container.command = kfp_compat.launch_command(container.command, _LAUNCHER)
    container.set_cpu_limit(str(limits.cpu)).set_memory_limit(limits.memory)
    if limits.gpu:
      container.add_resource_limit(settings.gpu_type, str(limits.gpu))
    container.set_image_pull_policy(settings.image_pull_policy)
    container.add_env_variable(models.V1EnvVar(report_executor.KUBEFLOW_PAGE, _UI_METADATA))
    if settings.retries:
      op.set_retry(settings.retries)
    return op

  return change


def _compile_v2(path, config, settings):
  runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
      default_image=settings.image, use_pipeline_spec_2_1=True))
  # Back ends of version 2 resolve artifacts themselves, by TFX's strategies only.
  pipeline = _create_pipeline(config, settings, runs_resolvers=False)
  job = runner.run(pipeline, write_out=False)
  spec = job['pipelineSpec']
  for name, definition in spec['root']['inputDefinitions']['parameters'].items():
    definition.update(defaultValue=_default(config, name), isOptional=True)
  # Our drivers put into the cache key what a step reads from outside of the pipeline. Version 2 runs no drivers.
  uncached = {node.id for node in pipeline.components if tfx_compat.has_custom_driver(node)}
  steps = list(kfp_compat.steps(spec))
  for step in steps:
    _change_step(step, settings)
    if step.name in uncached:
      step.task['cachingOptions'] = {'enableCache': False}
  if path.suffix == '.json':
    path.write_text(json.dumps(job, indent=1), encoding='utf-8')
  else:
    _write_yaml(path, spec, [step.label for step in steps], settings)


def _change_step(step, settings):
  """Change a step of version 2 as the settings say."""
  step.container['command'] = kfp_compat.launch_command(step.container['command'], _LAUNCHER)
  step.task['retryPolicy'] = {'maxRetryCount': settings.retries}
  limits = settings.of_step(step.name)
  step.container['resources'] = resources = {'cpuLimit': limits.cpu, 'memoryLimit': limits.gigabytes()}
  if limits.gpu:
    resources['accelerator'] = {'type': settings.gpu_type, 'count': limits.gpu}
  for artifact_type in step.artifact_types:
    if yaml.safe_load(artifact_type.get('instanceSchema', '')) == _PAGE_TYPE:
      artifact_type.clear()
      artifact_type.update(schemaTitle=_PAGE_TYPE['title'], schemaVersion='0.0.1')


def _write_yaml(path, spec, labels, settings):
  """Write a package of version 2 in YAML: the pipeline spec, and what Kubernetes needs to know of each executor."""
  platform: dict[str, Any] = {'imagePullPolicy': settings.image_pull_policy}
  if settings.volume_claim:
    platform['pvcMount'] = [{'constant': settings.volume_claim, 'mountPath': settings.mount_path}]
  kubernetes = {'deploymentSpec': {'executors': dict.fromkeys(labels, platform)}}
  documents = [spec, {'platforms': {'kubernetes': kubernetes}}]
  # By way of JSON: YAML would otherwise refer from one executor to another.
  path.write_text(yaml.safe_dump_all(json.loads(json.dumps(documents)), sort_keys=False), encoding='utf-8')
