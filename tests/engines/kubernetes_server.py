"""Kubernetes' own API server with etcd, on loopback: it checks manifests as that of a cluster does, and runs nothing.

`make engines ARGS=kubernetes-server` builds both, for half an hour of a busy machine.
"""

import contextlib
import json
import pathlib
import subprocess
import time

import requests

from pipeline.engines import processes as processes_lib
from tests import slow

_NAMESPACE = 'kubeflow'
_TOKEN = 'token'
_TOKENS = f'{_TOKEN},admin,1,system:masters\n'
_SECONDS = 120  # until the server is ready


class Server:
  """The two processes, and what one asks them.

  Args:
    programs: directory of etcd and kube-apiserver.
    directory: for their files.
  """

  def __init__(self, programs: pathlib.Path, directory: pathlib.Path):
    self.processes, self._directory = processes_lib.Processes(directory), directory
    clients, peers, port = (processes_lib.free_port() for _ in range(3))
    self._url = f'https://127.0.0.1:{port}'
    key = directory / 'accounts.key'
    subprocess.run(['openssl', 'genrsa', '-out', key, '2048'], check=True, capture_output=True)
    (directory / 'tokens.csv').write_text(_TOKENS)
    self.processes.start('etcd', [
        programs / 'server', '--data-dir', directory / 'etcd', '--listen-client-urls', f'http://127.0.0.1:{clients}',
        '--advertise-client-urls', f'http://127.0.0.1:{clients}', '--listen-peer-urls', f'http://127.0.0.1:{peers}',
        '--initial-advertise-peer-urls', f'http://127.0.0.1:{peers}',
        '--initial-cluster', f'default=http://127.0.0.1:{peers}'])
    self.processes.start('kube-apiserver', [
        programs / 'kube-apiserver', f'--etcd-servers=http://127.0.0.1:{clients}', '--bind-address=127.0.0.1',
        f'--secure-port={port}', f'--cert-dir={directory}', '--endpoint-reconciler-type=none',
        '--service-account-issuer=https://kubernetes.default.svc', f'--service-account-key-file={key}',
        f'--service-account-signing-key-file={key}', '--service-cluster-ip-range=10.0.0.0/24',
        '--authorization-mode=RBAC', f'--token-auth-file={directory / "tokens.csv"}',
        '--disable-admission-plugins=ServiceAccount'])  # no controller makes accounts here

  def wait(self):
    """Wait until the server is ready; raises EngineError if it or etcd has ended."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
      self.processes.check()
      with contextlib.suppress(requests.ConnectionError, OSError):
        if self.request('GET', '/readyz').ok:
          return
      time.sleep(0.5)
    raise TimeoutError(self.processes.log('kube-apiserver').read_text()[-2_000:])

  def request(self, method, path, body=None, **parameters):
    """The answer to a request."""
    return requests.request(
        method, self._url + path, json=body, params=parameters, timeout=60, verify=self._directory / 'apiserver.crt',
        headers={'Authorization': f'Bearer {_TOKEN}'})

  def create(self, manifest):
    """Create something, and wait until the server knows its kind, if it is one."""
    answer = self.request('POST', self._path(manifest), manifest)
    assert answer.ok, answer.text
    if manifest['kind'] == 'CustomResourceDefinition':
      path, group = f'{self._path(manifest)}/{manifest["metadata"]["name"]}', manifest['spec']['group']
      for _ in range(2 * _SECONDS):
        conditions = self.request('GET', path).json().get('status', {}).get('conditions') or []
        if any(each['type'] == 'Established' and each['status'] == 'True' for each in conditions) and self.request(
            'GET', f'/apis/{group}').ok:
          return
        time.sleep(0.5)
      raise TimeoutError(f'{group} did not become known')

  def fault(self, manifest):
    """What the server says of a manifest that it would create, strictly; '' if it would."""
    answer = self.request('POST', self._path(manifest), json.loads(json.dumps(manifest)), dryRun='All',
                          fieldValidation='Strict')
    return '' if answer.ok else answer.json()['message']

  def _path(self, manifest):
    """The path of a kind, as the server names it."""
    version = manifest['apiVersion']
    group = f'/apis/{version}' if '/' in version else f'/api/{version}'
    kind, = (each for each in self.request('GET', group).json()['resources']
             if each['kind'] == manifest['kind'] and '/' not in each['name'])
    return f'{group}/namespaces/{_NAMESPACE}/{kind["name"]}' if kind['namespaced'] else f'{group}/{kind["name"]}'


@contextlib.contextmanager
def start(programs, directory):
  """Start a Server with an empty namespace for the block."""
  slow.refuse('a server of Kubernetes')
  server = Server(programs, directory)
  try:
    server.wait()
    server.create({'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': _NAMESPACE}})
    yield server
  finally:
    server.processes.stop()
