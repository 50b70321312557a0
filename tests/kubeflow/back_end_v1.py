"""Runs an Argo workflow of version 1 but for the cluster: each template's command in a process of its own.

Kubeflow's metadata service keeps its store in MySQL; here the steps reach a MariaDB directly.
"""

import contextlib
import json
import pathlib
import re
import shutil
import socket
import subprocess
import time

from tfx.orchestration import metadata
import yaml

from pipeline.engines import processes

_SERVER, _INSTALLER = shutil.which('mariadbd', path='/usr/sbin:/usr/bin'), shutil.which('mariadb-install-db')
MISSING = not (_SERVER and _INSTALLER) and 'MariaDB is not installed: apt-get install mariadb-server-core'
MODULE = 'tfx.orchestration.kubeflow.container_entrypoint'
_DATABASE = {'name': 'metadb', 'user': 'mlmd', 'password': 'for this test'}


@contextlib.contextmanager
def metadata_store(directory: pathlib.Path):
  """Start a MariaDB on a free port of 127.0.0.1; gives TFX's KubeflowMetadataConfig for it, as JSON."""
  data, port = directory / 'data', processes.free_port()
  directory.mkdir()
  subprocess.run([_INSTALLER, '--no-defaults', f'--datadir={data}', '--skip-test-db'], check=True, capture_output=True)
  (directory / 'init.sql').write_text(
      f"CREATE DATABASE {_DATABASE['name']};"
      f"CREATE USER '{_DATABASE['user']}'@'%' IDENTIFIED BY '{_DATABASE['password']}';"
      f"GRANT ALL ON {_DATABASE['name']}.* TO '{_DATABASE['user']}'@'%';".replace(';', ';\n'))
  with (directory / 'log').open('wb') as log:
    server = subprocess.Popen(
        [_SERVER, '--no-defaults', '--user=root', f'--datadir={data}', f'--port={port}', '--bind-address=127.0.0.1',
         f'--socket={directory / "s"}', f'--init-file={directory / "init.sql"}', '--skip-name-resolve'],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log)
  try:
    _wait_for(port, server, directory / 'log')
    values = {'service_host': '127.0.0.1', 'service_port': str(port), **_DATABASE}
    yield json.dumps({f'mysql_db_{key}': {'value': value} for key, value in values.items()})
  finally:
    server.terminate()
    server.wait()


def connection(metadata_config):
  """The same store for ML Metadata's own client."""
  value = lambda key: json.loads(metadata_config)[f'mysql_db_{key}']['value']
  return metadata.mysql_metadata_connection_config(
      value('service_host'), int(value('service_port')), value('name'), value('user'), value('password'))


def _wait_for(port, server, log):
  for _ in range(300):
    assert server.poll() is None, log.read_text()
    with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
      return
    time.sleep(0.1)
  raise AssertionError(log.read_text())


def run(package, image, metadata_config, directory, run_id, secrets, failing=(), **parameters):
  """Run the workflow's steps by `image.run`, in the order of its DAG, and its exit handler.

  Args:
    package: the workflow's file.
    image: see image.Image.
    metadata_config: see `metadata_store`.
    directory: for logs and pages.
    run_id: name of the workflow.
    secrets: {(name, key): value}.
    failing: names of the steps that must fail; all others must not.
    **parameters: of the run.

  Returns:
    {step: what it left for its page}.
  """
  workflow = yaml.safe_load(package.read_text())
  declared = {parameter['name']: parameter['value'] for parameter in workflow['spec']['arguments']['parameters']}
  assert set(parameters) <= set(declared)
  values = {**declared, **{name: str(value) for name, value in parameters.items()}}
  templates = {template['name']: template for template in workflow['spec']['templates']}
  pages, failures, pending = {}, [], list(templates[workflow['spec']['entrypoint']]['dag']['tasks'])
  while pending:
    task = next(task for task in pending if set(task.get('dependencies', ())) <= set(pages))
    pending.remove(task)
    template, name = templates[task['template']], task['name']
    arguments = {each['name']: _fill(each['value'], 'workflow.parameters|inputs.parameters', values)
                 for each in task.get('arguments', {}).get('parameters', ())}
    page = directory / f'{run_id}-{name}.json'
    code, log = _run_container(template['container'], image, directory / f'{run_id}-{name}.log', {
        '--kubeflow_metadata_config': metadata_config, '--metadata_ui_path': str(page)}, arguments, run_id, secrets)
    assert (code != 0) == (name in failing), f'{name}: {log.read_text()[-4000:]}'
    if code:
      failures.append({'displayName': name, 'message': f'Error (exit code {code})'})
    pages[name] = {} if code else json.loads(page.read_text())
  handler = templates[workflow['spec']['onExit']]
  status = 'Failed' if failures else 'Succeeded'
  values = {'name': run_id, 'status': status, 'failures': json.dumps(json.dumps(failures))}
  code, log = _run_container(handler['container'], image, directory / f'{run_id}-exit.log', {
      '--kubeflow_metadata_config': metadata_config}, values, run_id, secrets)
  assert code == 0, log.read_text()[-4000:]
  return pages


def _run_container(container, image, log, changed, values, run_id, secrets):
  """Run a container's command with some flags changed; returns the exit code and the log."""
  command, given = list(container['command']), container['args']
  for flag, argument in zip(['', *given], given):
    command.append(changed.get(flag) or _fill(argument, 'inputs.parameters|workflow', values))
  environment = {'WORKFLOW_ID': run_id}
  for each in container.get('env', ()):
    if 'value' in each:
      environment[each['name']] = changed['--metadata_ui_path']  # of our own variables, only this one has a value
    elif 'secretKeyRef' in each['valueFrom']:
      reference = each['valueFrom']['secretKeyRef']
      environment[each['name']] = secrets[reference['name'], reference['key']]
  return image.run(command, log, **environment), log


def uri(page, name):
  """The URI of an artifact on a step's page, an input or an output; None where there is none."""
  text, = (output['source'].replace('\\', '') for output in page['outputs'] if output['type'] == 'markdown')
  for section in text.split('\n## ')[1:]:
    if section.startswith(f'{name}\n'):
      found = re.search(r'^\*\*uri\*\*: (\S+)$', section, re.M)
      return found and found[1]
  return None


def _fill(text, kinds, values):
  return re.sub(r'\{\{(?:%s)\.([\w-]+)\}\}' % kinds, lambda match: values[match[1]], str(text))
