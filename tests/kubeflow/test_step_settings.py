"""The settings of a cluster: which are wrong, and what becomes of them in a package."""

import pathlib
import re

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
import pytest
import yaml

import kubeflow_runner
from pipeline.kubeflow import step_settings

_SETTINGS = """
image: example.org/sentiment:1
image_pull_secrets: [login]
volumes: {/mnt/vectors: vectors}
retries: 3
retry_wait_seconds: 20
timeout_minutes: 10
notification_secret: webhook
resources:
  Trainer:
    {cpu: 4, memory: 8Gi, gpu: 1, requests: {cpu: 1, memory: 2Gi}, timeout_minutes: 90, node_selector: {disk: ssd},
     tolerations: [{key: gpu, operator: Exists, effect: NoSchedule}]}
"""

# By engine, what it can express.
ALL_SETTINGS = {'v1': _SETTINGS, 'v2': _SETTINGS.replace('notification_secret: webhook', 'object_store_secret: store')}


def _compile(directory, engine, settings, *flags, suffix='.yaml'):
  config, package = directory / 'cluster.yaml', directory / f'package{suffix}'
  config.write_text(settings)
  code = kubeflow_runner.main(
      ['compile', '--engine', engine, '--output', str(package), '--config', str(config), *flags])
  return list(yaml.load_all(package.read_text(), yaml.CSafeLoader)) if code == 0 else code


def test_a_workflow_has_all_settings(tmp_path, capsys):
  workflow, = _compile(tmp_path, 'v1', ALL_SETTINGS['v1'], '--fail-if-not-blessed')
  assert 'note:' not in capsys.readouterr().out
  spec = workflow['spec']
  assert spec['imagePullSecrets'] == [{'name': 'login'}]
  assert spec['securityContext'] == {'runAsNonRoot': True, 'runAsUser': 10001, 'runAsGroup': 10001, 'fsGroup': 10001}
  templates = {template['name']: template for template in spec['templates'] if 'container' in template}
  for name, template in templates.items():
    container = template['container']
    assert container['securityContext'] == {
        'readOnlyRootFilesystem': True, 'allowPrivilegeEscalation': False, 'capabilities': {'drop': ['ALL']}}
    claims = [volume.get('persistentVolumeClaim', {}).get('claimName') for volume in template['volumes']]
    assert claims == [None, 'sentiment', 'vectors']
    assert [(mount['mountPath'], mount.get('readOnly')) for mount in container['volumeMounts']] == [
        ('/tmp', None), ('/mnt/sentiment', None), ('/mnt/vectors', True)]
    assert template['retryStrategy'] == {
        'limit': 3, 'backoff': {'duration': '20s', 'factor': 2},
        'retryPolicy': 'OnError' if name in ('datagate', 'pushgate') else 'Always'}
    assert template['activeDeadlineSeconds'] == (5_400 if name == 'trainer' else 600)
    names = [each['name'] for each in container['env']]
    assert sorted(names) == sorted(set(names))
    is_trainer = name == 'trainer'
    assert ('tolerations' in template, 'nodeSelector' in template, 'requests' in container['resources']) == (
        is_trainer, is_trainer, is_trainer)
  trainer = templates['trainer']
  assert trainer['nodeSelector'] == {'disk': 'ssd'}
  assert trainer['tolerations'] == [{'key': 'gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]
  assert trainer['container']['resources'] == {
      'limits': {'cpu': '4', 'memory': '8Gi', 'nvidia.com/gpu': '1'}, 'requests': {'cpu': '1', 'memory': '2Gi'}}
  handler = templates[spec['onExit']]['container']
  assert handler['command'] == ['python', '-m', 'pipeline.kubeflow.notification']
  assert handler['env'] == [
      {'name': 'NOTIFICATION_URL', 'valueFrom': {'secretKeyRef': {'name': 'webhook', 'key': 'url'}}}]


def test_a_package_of_version_2_has_what_it_can_express(tmp_path, capsys):
  spec, platform = _compile(tmp_path, 'v2', ALL_SETTINGS['v2'], '--fail-if-not-blessed')
  assert 'note: version 2 has no security context' in capsys.readouterr().out
  tasks = spec['root']['dag']['tasks']
  retries = {'maxRetryCount': 3, 'backoffDuration': '20s', 'backoffFactor': 2}
  assert {name: task.get('retryPolicy') for name, task in tasks.items()} == {
      name: None if name in ('DataGate', 'PushGate') else retries for name in tasks}
  assert set(tasks['PushGate']['dependentTasks']) == {'Pusher', 'ReportGen'}
  executors = platform['platforms']['kubernetes']['deploymentSpec']['executors']
  common = {
      'imagePullPolicy': 'IfNotPresent', 'imagePullSecret': [{'secretName': 'login'}], 'pvcMount': [
          {'constant': 'sentiment', 'mountPath': '/mnt/sentiment'},
          {'constant': 'vectors', 'mountPath': '/mnt/vectors'}], 'secretAsEnv': [{
              'secretName': 'store', 'keyToEnv': [{'secretKey': name, 'envVar': name} for name in (
                  'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION', 'AWS_ENDPOINT_URL')]}]}
  assert executors['Pusher_executor'] == {**common, 'activeDeadlineSeconds': 600}
  assert executors['Trainer_executor'] == {
      **common, 'activeDeadlineSeconds': 5_400, 'nodeSelector': {'labels': {'disk': 'ssd'}},
      'tolerations': [{'key': 'gpu', 'operator': 'Exists', 'effect': 'NoSchedule'}]}
  resources = spec['deploymentSpec']['executors']['Trainer_executor']['container']['resources']
  assert (resources['cpuRequest'], resources['memoryRequest']) == (1, pytest.approx(2.147483648))


@pytest.mark.parametrize('suffix, settings, message', [
    ('.yaml', 'notification_secret: webhook', 'notification_secret: packages of version 2 have no exit handler'),
    ('.json', 'image: a:1', 'volume_claim: Vertex AI mounts no claims'),
    ('.json', 'volume_claim:\nimage_pull_secrets: [login]',
     'image_pull_secrets: a package for Vertex AI cannot say this'),
    ('.json', 'volume_claim:\nresources: {Pusher: {cpu: 1, memory: 1Gi, timeout_minutes: 9}}',
     'resources.Pusher.timeout_minutes: a package for Vertex AI cannot say this'),
])
def test_what_version_2_cannot_express_is_refused(suffix, settings, message, tmp_path, capsys):
  assert _compile(tmp_path, 'v2', settings, suffix=suffix) == 2
  assert message in capsys.readouterr().err


@pytest.mark.parametrize('image, is_vague', [
    ('sentiment', True), ('host:5000/sentiment', True), ('host:5000/sentiment:latest', True),
    ('host/sentiment:1', False), ('sentiment@sha256:0123', False)])
def test_an_image_without_a_tag_is_noted(image, is_vague, tmp_path):
  (tmp_path / 'cluster.yaml').write_text(f'image: {image}')
  assert bool(step_settings.read(tmp_path / 'cluster.yaml').notes()) == is_vague


def test_a_step_on_vertex_gets_the_gpu_of_the_settings(tmp_path):
  settings = 'volume_claim:\ngpu_type: NVIDIA_TESLA_T4\nresources: {Trainer: {cpu: 2, memory: 8Gi, gpu: 1}}'
  document, = _compile(tmp_path, 'v2', settings, suffix='.json')
  job = json_format.ParseDict(document, pipeline_spec_pb2.PipelineJob())
  executors = json_format.MessageToDict(job.pipeline_spec)['deploymentSpec']['executors']
  resources = {name: executor.get('container', {}).get('resources', {}) for name, executor in executors.items()}
  assert {name: found['accelerator'] for name, found in resources.items() if 'accelerator' in found} == {
      'Trainer_executor': {'type': 'NVIDIA_TESLA_T4', 'count': 1}}


@pytest.mark.parametrize('content, message', [
    ('imagee: x', "unknown key 'imagee'; choose from: image, "),
    ('retries: -1', 'retries must be a whole number from 0, not -1'),
    ('image_pull_policy: never', 'image_pull_policy must be one of Always, IfNotPresent, Never'),
    ('mount_path: data', "mount_path must be a path that starts with /, not 'data'"),
    ('resources: {Trainer: {cpu: 1}}',
     'resources.Trainer.memory is missing: it must be a size as in Kubernetes, such as 4Gi'),
    ('resources: {Trainer: {cpu: 1, memory: 4G}}',
     "resources.Trainer.memory must be a size as in Kubernetes, such as 4Gi or 512Mi, not '4G'"),
    ('resources: {Trainer: {cpu: 1, memory: 4Gi, gpu: yes}}',
     'resources.Trainer.gpu must be a number of GPUs from 0, not True'),
    ('resources: {Trainer: {cpu: 1, memory: 4Gi, gpus: 1}}',
     "unknown key 'resources.Trainer.gpus'; choose from: cpu, memory, gpu"),
    ('resources: {Trainer: {cpu: .nan, memory: 4Gi}}', 'resources.Trainer.cpu must be a number of cores above 0'),
    ('resources: {Trainer: 4}', 'resources.Trainer must be limits such as {cpu: 2, memory: 4Gi}'),
    ('resources: 4', 'resources must be a mapping from step to limits such as {cpu: 2, memory: 4Gi}'),
    ('resources: {Trainer: {cpu: 1, memory: 4Gi, requests: {cpu: 1}}}', 'resources.Trainer.requests.memory is missing'),
    ('resources: {Trainer: {cpu: 1, memory: 4Gi, node_selector: {disk: 1}}}',
     'resources.Trainer.node_selector.disk must be a mapping from labels of nodes to texts, not 1'),
    ('resources: {Trainer: {cpu: 1, memory: 4Gi, tolerations: [{key: gpu, effect: NoRun}]}}',
     "resources.Trainer.tolerations.0.effect must be one of NoSchedule, PreferNoSchedule, NoExecute, not 'NoRun'"),
    ('volumes: {vectors: claim}', 'volumes must be a mapping from paths that start with / to names of Persistent'),
    ('timeout_minutes: 0', 'timeout_minutes must be a whole number of minutes from 1, not 0'),
    ('image_pull_secrets: login', "image_pull_secrets must be a list of names of secrets, not 'login'"),
    ('image:', 'image must be the name of a container image, not None'),
    ('retries: true', 'retries must be a whole number from 0, not True'),
    ('1: x', "unknown key '1'"),
    ('- image', "must hold keys and values as step_settings.yaml does, not ['image']"),
    ('a: [', 'cannot be read as YAML'),
])
def test_wrong_settings_are_named(content, message, tmp_path):
  path = tmp_path / 'cluster.yaml'
  path.write_text(content)
  with pytest.raises(ValueError, match=re.escape(message)) as error:
    step_settings.read(path)
  assert str(path) in str(error.value)


def test_the_default_settings_are_documented():
  text = pathlib.Path(step_settings.DEFAULT_FILE).read_text()
  assert step_settings.read(step_settings.DEFAULT_FILE).of_step('Trainer').gigabytes() == pytest.approx(8.589934592)
  assert all('#' in line for line in text.splitlines() if not line.startswith(' '))
