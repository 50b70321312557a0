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
# Keys of the secret for an object store, and variables that boto3 reads.
_STORE_VARIABLES = 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_ENDPOINT_URL'
_VERTEX_BUCKETS = '/gcs/'  # where Vertex AI mounts buckets in steps


def check(settings: step_settings.Settings, for_vertex: bool, output_dir: str) -> list[str]:
  """Check that a package can express the settings.

  Args:
    settings: of the cluster.
    for_vertex: whether the package is for Vertex AI, rather than for Kubeflow Pipelines 2.
    output_dir: where its steps write.

  Returns:
    What the package leaves to its user, one sentence each.

  Raises:
    ValueError: a setting cannot be expressed; the message names it and the fix.
  """
  if settings.notification_secret:
    raise ValueError('notification_secret: packages of version 2 have no exit handler of this kind: set it to null')
  if for_vertex:
    _check_for_vertex(settings)
  notes = [
      f'version 2 has no service account in its packages: name {settings.service_account} when you submit this one',
      'version 2 runs no resolvers of this project: the data is not checked for drift from the previous data']
  if settings.read_only_root:
    notes.append('version 2 has no security context in its packages: steps run as the user of the image, 10001, and '
                 'read_only_root is not applied')
  if output_dir.startswith(_VERTEX_BUCKETS):
    notes.append(f'the Pusher refuses {output_dir}, a mounted bucket without locks and atomic renames: runs end '
                 'there; to push, mount a file system, and name it by --output-dir')
  return notes


def _check_for_vertex(settings):
  """Raise ValueError if a setting is for a cluster of one's own."""
  if settings.volume_claim:
    raise ValueError(f'volume_claim: Vertex AI mounts no claims, so its steps would not see {settings.volume_claim!r}: '
                     'set volume_claim: null and mount_path: /gcs/BUCKET')
  others = [name for name in ('volumes', 'image_pull_secrets', 'object_store_secret') if getattr(settings, name)]
  others += [f'resources.{step}.{name}' for step, resources in settings.resources.items()
             for name in ('requests', 'timeout_minutes', 'node_selector', 'tolerations') if getattr(resources, name)]
  if others:
    raise ValueError(f'{others[0]}: a package for Vertex AI cannot say this: remove it, or compile for Kubeflow '
                     'Pipelines with --output FILE.yaml')


def compile_documents(pipeline: tfx.dsl.Pipeline, defaults: Mapping[str, Any], settings: step_settings.Settings,
                      for_vertex: bool, gates: tuple[str, ...]) -> list[dict[str, Any]]:
  """Return the documents of a package.

  Args:
    pipeline: with the parameters of a run.
    defaults: of these parameters.
    settings: of the cluster.
    for_vertex: see `check`.
    gates: names of the steps that fail if they refuse data or a model; they are not retried.
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
    _change_step(step, settings, is_gate=step.name in gates)
    if step.name in uncached:
      step.task['cachingOptions'] = {'enableCache': False}
  if for_vertex:
    _set_root(job['runtimeConfig'])
    return [job]
  return [spec, {'platforms': {'kubernetes': {'deploymentSpec': {'executors': {
      step.label: _kubernetes(step.name, settings) for step in steps}}}}}]


def _set_root(runtime_config):
  """Name the pipeline root as Vertex AI itself must see it, or leave it to the submission."""
  root = runtime_config.pop('gcsOutputDirectory')
  if root.startswith(_VERTEX_BUCKETS):
    runtime_config['gcsOutputDirectory'] = f'gs://{root.removeprefix(_VERTEX_BUCKETS)}'


def _change_step(step, settings, is_gate):
  """Change a step as the settings say."""
  step.container['command'] = kfp_compat.launch_command(step.container['command'], launcher.__name__)
  if settings.retries and not is_gate:
    step.task['retryPolicy'] = {
        'maxRetryCount': settings.retries, 'backoffDuration': f'{settings.retry_wait_seconds}s', 'backoffFactor': 2}
  limits = settings.of_step(step.name)
  step.container['resources'] = resources = {'cpuLimit': limits.cpu, 'memoryLimit': limits.gigabytes()}
  if limits.requests:
    resources.update(cpuRequest=limits.requests.cpu, memoryRequest=limits.requests.gigabytes())
  if limits.gpu:
    resources['accelerator'] = {'type': settings.gpu_type, 'count': limits.gpu}
  for artifact_type in step.artifact_types:
    if yaml.safe_load(artifact_type.get('instanceSchema', '')) == _PAGE_TYPE:
      artifact_type.clear()
      artifact_type.update(schemaTitle=_PAGE_TYPE['title'], schemaVersion='0.0.1')


def _kubernetes(step, settings):
  """Return what Kubernetes needs to know of a step."""
  resources = settings.of_step(step)
  claims = {settings.mount_path: settings.volume_claim} if settings.volume_claim else {}
  content = {
      'imagePullPolicy': settings.image_pull_policy,
      'activeDeadlineSeconds': settings.timeout_seconds(step),
      'pvcMount': [{'constant': claim, 'mountPath': path} for path, claim in {**claims, **settings.volumes}.items()],
      'imagePullSecret': [{'secretName': name} for name in settings.image_pull_secrets],
      'secretAsEnv': [{'secretName': settings.object_store_secret, 'keyToEnv': [
          {'secretKey': name, 'envVar': name} for name in _STORE_VARIABLES]}] if settings.object_store_secret else None,
      'nodeSelector': {'labels': dict(resources.node_selector)} if resources.node_selector else None,
      'tolerations': [toleration.dict(exclude_none=True) for toleration in resources.tolerations]}
  return {key: value for key, value in content.items() if value}
