"""Distributed training with its processes on two hosts: network namespaces with addresses of their own, and a cable."""

import contextlib
import pathlib
import shutil
import subprocess
import time

import pytest

from tests.models import test_distributed as distributed

pytestmark = pytest.mark.engines
_ADDRESSES = '10.77.0.1', '10.77.0.2'
_PLACES = {'ps': 0, 'chief': 0, 'worker': 1, 'evaluator': 1}  # the host of each process


def _enter(pid):
  """The command that runs the one after it where another process is."""
  return 'nsenter', '--target', str(pid), '--user', '--net', '--preserve-credentials'


def _wait_for_namespace(process, other='self'):
  """Wait until a process has a network of its own."""
  network = lambda pid: pathlib.Path(f'/proc/{pid}/ns/net').readlink()
  while network(process.pid) == network(other):
    assert process.poll() is None
    time.sleep(0.05)


@contextlib.contextmanager
def _two_hosts():
  """Make two hosts with a cable between them, for the block; gives a prefix of commands for each."""
  if not all(map(shutil.which, ('unshare', 'nsenter', 'ip'))):
    pytest.skip('unshare, nsenter or ip is not installed')
  hosts = []
  try:
    for command in (('unshare', '--map-root-user', '--net'), ('unshare', '--net')):
      prefix = _enter(hosts[0].pid) if hosts else ()
      hosts.append(subprocess.Popen([*prefix, *command, 'sleep', 'infinity'], stderr=subprocess.PIPE, text=True))
      try:
        _wait_for_namespace(hosts[-1])
        if len(hosts) > 1:
          _wait_for_namespace(hosts[-1], hosts[0].pid)
      except AssertionError:
        pytest.skip(f'no namespaces on this system: {hosts[-1].stderr.read()}')
    prefixes = [_enter(host.pid) for host in hosts]
    cable = subprocess.run(
        [*prefixes[0], 'ip', 'link', 'add', 'name', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns',
         str(hosts[1].pid)], capture_output=True, text=True, check=False)
    if cable.returncode:
      pytest.skip(f'no cable between namespaces on this system: {cable.stderr}')
    for prefix, address in zip(prefixes, _ADDRESSES):
      for words in (f'address add {address}/24 dev cable', 'link set cable up', 'link set lo up'):
        subprocess.run([*prefix, 'ip', *words.split()], check=True)
    yield prefixes
  finally:
    for host in hosts:
      host.kill()
      host.wait()


def test_two_hosts_train_one_model_despite_a_killed_worker(tmp_path):
  with _two_hosts() as hosts:
    held_out = distributed.write_data(tmp_path)
    training = distributed.Training(tmp_path / 'together', tmp_path)
    cluster = {role: [f'{_ADDRESSES[_PLACES[role]]}:2222'] for role in ('chief', 'worker')}
    cluster['ps'] = [f'{_ADDRESSES[_PLACES["ps"]]}:2223']
    distributed.train_together(training, cluster, {role: hosts[place] for role, place in _PLACES.items()})
  assert training.result()['last_step'] in distributed.LAST_STEPS
  assert distributed.accuracy(training.model, held_out) > 0.8
