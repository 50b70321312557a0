"""What Kubeflow's and Kubernetes' own tools say of our packages, manifests and Dockerfiles; and of broken ones.

`make engines` fetches the tools.
"""

import copy
import json
import subprocess

import jsonschema
import pytest
import yaml

import kubeflow_runner
from tests import documents
from tests.engines import kubernetes_server
from tests.kubeflow import test_step_settings
from tools import engines

pytestmark = pytest.mark.engines
_SECONDS = 300  # that a tool may take
_KUBERNETES = '1.29.1'

# Reads a package, and uses it in a pipeline of its own.
_LOAD = '''
import sys
from google.protobuf import json_format
from kfp import compiler, components, dsl
from kfp.kubernetes import kubernetes_executor_config_pb2
package = components.load_component_from_file(sys.argv[1])
for settings in package.platform_spec.platforms['kubernetes'].deployment_spec.executors.values():
  json_format.ParseDict(json_format.MessageToDict(settings), kubernetes_executor_config_pb2.KubernetesExecutorConfig())
@dsl.pipeline(name='outer')
def outer():
  package()
compiler.Compiler().compile(outer, sys.argv[1] + '.outer.yaml')
'''


def _part(name):
  """The directory of a part; skips the test without it."""
  path = engines.find(name)
  if path is None:
    pytest.skip(f'{name} was not fetched: make engines ARGS={name}')
  return path


def _run(*command):
  """The exit code and the output of a tool."""
  process = subprocess.run(
      [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
      text=True, timeout=_SECONDS, check=False)
  return process.returncode, process.stdout


@pytest.fixture(scope='module', name='packages')
def _packages(tmp_path_factory):
  """{engine: package} with all settings that the engine can express."""
  directory = tmp_path_factory.mktemp('packages')
  paths = {}
  for engine, settings in test_step_settings.ALL_SETTINGS.items():
    paths[engine] = directory / f'{engine}.yaml'
    (directory / 'cluster.yaml').write_text(settings)
    assert kubeflow_runner.main([
        'compile', '--engine', engine, '--output', str(paths[engine]), '--config', str(directory / 'cluster.yaml'),
        '--fail-if-not-blessed']) == 0
  return paths


def _workflow(packages):
  return yaml.load(packages['v1'].read_text(), yaml.CSafeLoader)


def test_argo_accepts_the_workflow_and_no_broken_one(packages, tmp_path):
  argo = _part('argo') / 'argo'
  code, output = _run(argo, 'lint', '--offline', packages['v1'])
  assert code == 0, output
  broken = _workflow(packages)
  broken['spec']['onExit'] = 'nothing'
  (tmp_path / 'broken.yaml').write_text(yaml.safe_dump(broken))
  code, output = _run(argo, 'lint', '--offline', tmp_path / 'broken.yaml')
  assert code != 0 and 'nothing' in output


def test_kubeflow_2_loads_the_package_and_no_broken_one(packages, tmp_path):
  python = _part('kubernetes') / 'bin' / 'python'
  code, output = _run(python, '-c', _LOAD, packages['v2'])
  assert code == 0, output
  spec, platform = yaml.load_all(packages['v2'].read_text(), yaml.CSafeLoader)
  executors = platform['platforms']['kubernetes']['deploymentSpec']['executors']
  executors['Trainer_executor']['nodeSelectors'] = executors['Trainer_executor'].pop('nodeSelector')
  (tmp_path / 'broken.yaml').write_text(yaml.safe_dump_all([spec, platform]))
  code, output = _run(python, '-c', _LOAD, tmp_path / 'broken.yaml')
  assert code != 0 and 'nodeSelectors' in output


def _pods(workflow):
  """The pods of a workflow's steps, as far as they are ours."""
  for template in workflow['spec']['templates']:
    if 'container' in template:
      yield {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': template['name']}, 'spec': {
          'containers': [{**template['container'], 'name': 'main'}],
          'serviceAccountName': workflow['spec']['serviceAccountName'],
          'imagePullSecrets': workflow['spec']['imagePullSecrets'],
          'securityContext': workflow['spec']['securityContext'],
          **{key: template[key] for key in ('volumes', 'tolerations', 'nodeSelector') if key in template}}}


def _manifests(packages):
  """All manifests of the project in kinds that Kubernetes itself knows: lists expanded, pods taken out of jobs."""
  for block in documents.blocks('docs/kubeflow.md', 'yaml'):
    yield from (each for each in yaml.safe_load_all(block) if 'kind' in each)
  yield from yaml.safe_load(documents.read('deploy/flink.yaml'))['items']
  job = yaml.safe_load(documents.read('deploy/tfjob.yaml'))
  for name, replica in job['spec']['tfReplicaSpecs'].items():
    yield {'apiVersion': 'v1', 'kind': 'Pod', **replica['template'],
           'metadata': {**replica['template']['metadata'], 'name': name.lower()}}
  yield from _pods(_workflow(packages))


def _validate(manifests, path):
  path.write_text(yaml.safe_dump_all(json.loads(json.dumps(manifests))))
  return _run(_part('kubernetes') / 'bin' / 'kubernetes-validate', '--strict', '-k', _KUBERNETES, path)


def test_kubernetes_knows_all_manifests_and_no_broken_one(packages, tmp_path):
  manifests = list(_manifests(packages))
  assert {'Pod', 'Deployment', 'Service', 'PersistentVolumeClaim'} == {each['kind'] for each in manifests}
  code, output = _validate(manifests, tmp_path / 'all.yaml')
  assert code == 0, output
  broken = copy.deepcopy(next(_pods(_workflow(packages))))
  broken['spec']['containers'][0]['securityContext']['readOnlyRootFileSystem'] = True
  code, output = _validate([broken], tmp_path / 'broken.yaml')
  assert code != 0 and 'readOnlyRootFileSystem' in output


def _close(schema):
  """A schema of a custom kind that refuses unknown fields, as a cluster does when asked for strict validation."""
  if isinstance(schema, list):
    return [_close(each) for each in schema]
  if not isinstance(schema, dict):
    return schema
  closed = {key: _close(value) for key, value in schema.items()}
  if 'properties' in schema and not schema.get('x-kubernetes-preserve-unknown-fields'):
    closed.setdefault('additionalProperties', False)
  return closed


def _find_faults(manifest, file):
  """What the definition of its kind says of a manifest."""
  definition = yaml.load((_part('custom-kinds') / file).read_text(), yaml.CSafeLoader)
  group, version = manifest['apiVersion'].split('/')
  assert (definition['spec']['group'], definition['spec']['names']['kind']) == (group, manifest['kind'])
  schema, = (each['schema']['openAPIV3Schema'] for each in definition['spec']['versions'] if each['name'] == version)
  validator = jsonschema.Draft4Validator(_close(schema))
  return [error.message for error in validator.iter_errors(json.loads(json.dumps(manifest)))]


def test_the_training_job_fits_its_definition_and_no_broken_one():
  job = yaml.safe_load(documents.read('deploy/tfjob.yaml'))
  assert not _find_faults(job, 'kubeflow.org_tfjobs.yaml')
  job['spec']['tfReplicaSpecs']['Chief']['restartpolicy'] = 'OnFailure'
  fault, = _find_faults(job, 'kubeflow.org_tfjobs.yaml')
  assert 'restartpolicy' in fault


def test_the_workflow_fits_its_definition_and_no_broken_one(packages):
  workflow = _workflow(packages)
  assert not _find_faults(workflow, 'argoproj.io_workflows.yaml')
  workflow['spec']['templates'][0]['retryStrategy'] = {'limits': 3}
  fault, = _find_faults(workflow, 'argoproj.io_workflows.yaml')
  assert 'limits' in fault


def _complete(schema):
  """A schema that a server takes: Argo's does not say what inline templates are, and of what steps consist."""
  anything = {'type': 'object', 'x-kubernetes-preserve-unknown-fields': True}
  if isinstance(schema, list):
    return [_complete(each) for each in schema]
  if not isinstance(schema, dict):
    return schema
  if schema.get('type') == 'array':
    schema = {'items': anything, **schema}
  return {key: _complete(value) for key, value in schema.items()} or anything


@pytest.fixture(scope='module', name='server')
def _server(tmp_path_factory):
  """The API server of Kubernetes, which knows the custom kinds."""
  with kubernetes_server.start(_part('kubernetes-server'), tmp_path_factory.mktemp('server')) as server:
    for file in sorted(_part('custom-kinds').glob('*.yaml')):
      definition = yaml.load(file.read_text(), yaml.CSafeLoader)
      definition['spec']['versions'] = _complete(definition['spec']['versions'])
      server.create(definition)
    yield server


def test_a_server_would_create_all_and_nothing_broken(packages, server):
  job, workflow = yaml.safe_load(documents.read('deploy/tfjob.yaml')), _workflow(packages)
  manifests = json.loads(json.dumps([*_manifests(packages), workflow, job]).replace('STORAGE_CLASS', 'standard'))
  assert not {each['metadata'].get('name'): fault for each in manifests if (fault := server.fault(each))}
  pod = copy.deepcopy(next(_pods(workflow)))  # what no schema can see: a volume that the pod does not have
  pod['spec']['containers'][0]['volumeMounts'][0]['name'] = 'nothing'
  assert 'volumeMounts[0].name: Not found: "nothing"' in server.fault(pod)
  job['spec']['tfReplicaSpecs']['Chief']['restartpolicy'] = 'OnFailure'
  assert 'restartpolicy' in server.fault(job)


def test_hadolint_finds_nothing_in_our_dockerfiles(tmp_path):
  hadolint = _part('kubernetes') / 'bin' / 'hadolint'
  code, output = _run(
      hadolint, '--failure-threshold=warning', documents.PROJECT / 'Dockerfile',
      documents.PROJECT / 'deploy' / 'worker.Dockerfile')
  assert code == 0, output
  (tmp_path / 'Dockerfile').write_text('FROM debian:latest\nRUN cd / && ls\n')
  code, output = _run(hadolint, '--failure-threshold=warning', tmp_path / 'Dockerfile')
  assert code != 0 and 'DL3007' in output
