"""The package of version 1: an Argo workflow for the v1 API of Kubeflow Pipelines."""

import os
import tempfile
from typing import Any

from tfx import v1 as tfx
from tfx.orchestration.kubeflow import kubeflow_dag_runner
import yaml

from compat import kfp as kfp_compat
from components.report import executor as report_executor
from pipeline.kubeflow import launcher
from pipeline.kubeflow import notification
from pipeline.kubeflow import step_settings

_UI_METADATA = '/tmp/mlpipeline-ui-metadata.json'  # the image's user may not write to Kubeflow's default
_USER = 10001  # of the Dockerfile
_POD_SECURITY = {'runAsNonRoot': True, 'runAsUser': _USER, 'runAsGroup': _USER, 'fsGroup': _USER}
_SECURITY = {'allowPrivilegeEscalation': False, 'capabilities': {'drop': ['ALL']}}
_NOTIFICATION = 'notification'


def compile_workflow(pipeline: tfx.dsl.Pipeline, settings: step_settings.Settings,
                     gates: tuple[str, ...]) -> dict[str, Any]:
  """Return the workflow of a pipeline.

  Args:
    pipeline: with the parameters of a run.
    settings: of the cluster.
    gates: names of the steps that fail if they refuse data or a model, which a retry would not change.
  """
  with tempfile.TemporaryDirectory() as directory:
    kubeflow_dag_runner.KubeflowDagRunner(
        output_dir=directory, output_filename='workflow.yaml', config=kubeflow_dag_runner.KubeflowDagRunnerConfig(
            tfx_image=settings.image, metadata_ui_path=_UI_METADATA)).run(pipeline)
    with open(os.path.join(directory, 'workflow.yaml'), encoding='utf-8') as file:
      workflow = yaml.load(file, yaml.CSafeLoader)
  kfp_compat.remove_randomness(workflow)
  spec = workflow['spec']
  for template in spec['templates']:
    if 'container' in template:
      step = kfp_compat.node_id(template)
      _set_place(template, settings.of_step(step), settings)
      _set_attempts(template, settings, step, is_gate=step in gates)
  spec['serviceAccountName'] = settings.service_account
  spec['securityContext'] = _POD_SECURITY
  if settings.image_pull_secrets:
    spec['imagePullSecrets'] = [{'name': name} for name in settings.image_pull_secrets]
  if settings.notification_secret:
    _add_notification(spec, settings)
  return workflow


def _set_place(template, resources, settings):
  """Say what a step runs, with which resources and files, and on which nodes."""
  container = template['container']
  container['command'] = kfp_compat.launch_command(container['command'], launcher.__name__)
  container['imagePullPolicy'] = settings.image_pull_policy
  container['env'].append({'name': report_executor.KUBEFLOW_PAGE, 'value': _UI_METADATA})
  limits = {'cpu': str(resources.cpu), 'memory': resources.memory}
  container['resources'] = {'limits': {**limits, settings.gpu_type: str(resources.gpu)} if resources.gpu else limits}
  if resources.requests:
    container['resources']['requests'] = {'cpu': str(resources.requests.cpu), 'memory': resources.requests.memory}
  container['securityContext'] = {**_SECURITY, 'readOnlyRootFilesystem': settings.read_only_root}
  # What TFX, TensorFlow and Argo write outside of the volume goes to /tmp.
  template['volumes'], container['volumeMounts'] = [{'name': 'tmp', 'emptyDir': {}}], [
      {'name': 'tmp', 'mountPath': '/tmp'}]
  claims = {settings.mount_path: settings.volume_claim} if settings.volume_claim else {}
  for place, (path, claim) in enumerate({**claims, **settings.volumes}.items()):
    name, is_read = f'volume-{place}', path in settings.volumes
    template['volumes'].append({'name': name, 'persistentVolumeClaim': {'claimName': claim}})
    container['volumeMounts'].append({'name': name, 'mountPath': path, **({'readOnly': True} if is_read else {})})
  if resources.node_selector:
    template['nodeSelector'] = dict(resources.node_selector)
  if resources.tolerations:
    template['tolerations'] = [toleration.dict(exclude_none=True) for toleration in resources.tolerations]


def _set_attempts(template, settings, step, is_gate):
  """Say how long a step may take and, if it fails, whether and when it is tried again."""
  template['activeDeadlineSeconds'] = settings.timeout_seconds(step)
  if settings.retries:
    template['retryStrategy'] = {
        'limit': settings.retries,
        'retryPolicy': 'OnError' if is_gate else 'Always',  # an Error is of the cluster, such as a lost node
        'backoff': {'duration': f'{settings.retry_wait_seconds}s', 'factor': 2}}


def _add_notification(spec, settings):
  """Add the exit handler: a step that is like the others but for its program, and has no page."""
  model = next(template for template in spec['templates'] if 'container' in template)
  arguments = model['container']['args']
  connection = arguments[arguments.index(kfp_compat.METADATA_FLAG):][:2]
  container = {
      **model['container'],
      'command': ['python', '-m', notification.__name__],
      'args': [*connection, '--workflow', '{{workflow.name}}', '--status', '{{workflow.status}}',
               '--failures', '{{workflow.failures}}'],
      'env': [{'name': notification.URL, 'valueFrom': {'secretKeyRef': {
          'name': settings.notification_secret, 'key': 'url'}}}]}
  spec['templates'].append(
      {**{key: value for key, value in model.items() if key not in ('inputs', 'outputs')},
       'name': _NOTIFICATION, 'container': container})
  spec['onExit'] = _NOTIFICATION
