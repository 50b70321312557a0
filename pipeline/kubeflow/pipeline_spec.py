"""The packages of version 2: pipeline IR for Kubeflow Pipelines 2 and Vertex AI."""

from typing import Any, Mapping

from tfx import v1 as tfx
from tfx.orchestration.kubeflow.v2 import kubeflow_v2_dag_runner
import yaml

from compat import kfp as kfp_compat
from compat import tfx as tfx_compat
from components.common import artifacts
from pipeline.kubeflow import launcher
from pipeline.kubeflow import step_settings

_PAGE_TYPE = {'title': artifacts.Report.TYPE_NAME, 'type': 'object'}  # of the artifact that Kubeflow shows as a page
_VERTEX_BUCKETS = '/gcs/'  # where Vertex AI mounts buckets in steps


def check(settings: step_settings.Settings, for_vertex: bool) -> list[str]:
  """Check that a package can express the settings.

  Args:
    settings: of the cluster.
    for_vertex: whether the package is for Vertex AI, rather than for Kubeflow Pipelines 2.

  Returns:
    What the package leaves to its user, one sentence each.

  Raises:
    ValueError: a setting cannot be expressed; the message names it and the fix.
  """
  if for_vertex and settings.volume_claim:
    raise ValueError(f'volume_claim: Vertex AI mounts no claims, so its steps would not see {settings.volume_claim!r}: '
                     'set volume_claim: null and mount_path: /gcs/BUCKET')
  return [
      f'version 2 has no service account in its packages: name {settings.service_account} when you submit this one',
      'version 2 runs no resolvers of this project: the data is not checked for drift from the previous data']


def compile_documents(pipeline: tfx.dsl.Pipeline, defaults: Mapping[str, Any], settings: step_settings.Settings,
                      for_vertex: bool) -> list[dict[str, Any]]:
  """Return the documents of a package.

  Args:
    pipeline: with the parameters of a run.
    defaults: of these parameters.
    settings: of the cluster.
    for_vertex: see `check`.
  """
  runner = kubeflow_v2_dag_runner.KubeflowV2DagRunner(kubeflow_v2_dag_runner.KubeflowV2DagRunnerConfig(
      default_image=settings.image, use_pipeline_spec_2_1=True))
  job = runner.run(pipeline, write_out=False)
  spec = job['pipelineSpec']
  for name, definition in spec['root']['inputDefinitions']['parameters'].items():
    definition.update(defaultValue=defaults[name], isOptional=True)
  # Our drivers put into the cache key what a step reads from outside of the pipeline. Version 2 runs no drivers.
  uncached = {node.id for node in pipeline.components if tfx_compat.has_custom_driver(node)}
  steps = list(kfp_compat.steps(spec))
  for step in steps:
    _change_step(step, settings)
    if step.name in uncached:
      step.task['cachingOptions'] = {'enableCache': False}
  if for_vertex:
    _set_root(job['runtimeConfig'])
    return [job]
  return [spec, {'platforms': {'kubernetes': _kubernetes([step.label for step in steps], settings)}}]


def _set_root(runtime_config):
  """Name the pipeline root as Vertex AI itself must see it, or leave it to the submission."""
  root = runtime_config.pop('gcsOutputDirectory')
  if root.startswith(_VERTEX_BUCKETS):
    runtime_config['gcsOutputDirectory'] = f'gs://{root.removeprefix(_VERTEX_BUCKETS)}'


def _change_step(step, settings):
  """Change a step as the settings say."""
  step.container['command'] = kfp_compat.launch_command(step.container['command'], launcher.__name__)
  step.task['retryPolicy'] = {'maxRetryCount': settings.retries}
  limits = settings.of_step(step.name)
  step.container['resources'] = resources = {'cpuLimit': limits.cpu, 'memoryLimit': limits.gigabytes()}
  if limits.gpu:
    resources['accelerator'] = {'type': settings.gpu_type, 'count': limits.gpu}
  for artifact_type in step.artifact_types:
    if yaml.safe_load(artifact_type.get('instanceSchema', '')) == _PAGE_TYPE:
      artifact_type.clear()
      artifact_type.update(schemaTitle=_PAGE_TYPE['title'], schemaVersion='0.0.1')


def _kubernetes(labels, settings):
  """Return what Kubernetes needs to know of each executor."""
  platform: dict[str, Any] = {'imagePullPolicy': settings.image_pull_policy}
  if settings.volume_claim:
    platform['pvcMount'] = [{'constant': settings.volume_claim, 'mountPath': settings.mount_path}]
  return {'deploymentSpec': {'executors': dict.fromkeys(labels, platform)}}
