"""Beam's engines on this machine: their processes, and what --beam says without their parts."""

import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest

from pipeline import beam_runners
from pipeline.engines import parts
from pipeline.engines import processes as processes_lib
from pipeline.engines import start_worker

_SLEEP = [sys.executable, '-I', '-S', '-c', 'import time; print("ready", flush=True); time.sleep(100)']


def test_an_engine_that_is_not_there_is_named_with_the_command(tmp_path, monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  with pytest.raises(ValueError, match='prism is not on this machine: fetch it by make engines ARGS=prism'):
    beam_runners.beam_args('prism', here=True)


@pytest.mark.parametrize('name, flag', [
    ('flink', '--flink_master=a:8081'), ('spark', '--spark_master_url=spark://a:7077'),
    ('prism', '--job_endpoint=a:8099')])
def test_an_engine_with_an_address_is_not_started(name, flag, tmp_path, monkeypatch):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
  flags = beam_runners.beam_args(name, [flag], here=True)
  assert flags == beam_runners.beam_args(name, [flag]) and flag in flags and 'engines' not in flags


def test_the_flags_of_an_engine_here_are_those_of_every_run(monkeypatch, tmp_path):
  monkeypatch.setattr(parts, 'require', lambda name: tmp_path)  # they are part of the cache keys: no port, no path
  assert beam_runners.beam_args('prism', ['--streaming'], here=True) == (
      '--runner=pipeline.engines.runners.PrismRunner --sdk_container_image=none --job_server_timeout=604800 '
      '--streaming')


@pytest.mark.parametrize('lines, reason', [
    (['starting', 'no memory'], 'no memory'), (['Caused by: A', 'Caused by: B', 'at line 1'], 'Caused by: B')])
def test_a_process_that_ends_is_named_with_the_reason(lines, reason, tmp_path):
  processes = processes_lib.Processes(tmp_path)
  processes.start('server', [sys.executable, '-I', '-S', '-c', f'print(*{lines}, sep="\\n"); exit(1)'])
  with pytest.raises(processes_lib.EngineError, match=f'server ended: {reason}; its log is .*server.log'):
    processes.wait_for_line('server', 'ready')
  processes.stop()


def test_a_process_that_ends_is_named_while_another_one_waits(tmp_path):
  processes = processes_lib.Processes(tmp_path)
  processes.start('server', [sys.executable, '-I', '-S', '-c', 'print("no port"); exit(1)'])
  processes.start('worker', _SLEEP)
  for wait in (lambda: processes.wait_for_line('worker', 'registered'), lambda: processes.wait_for_port('worker', 1)):
    with pytest.raises(processes_lib.EngineError, match='server ended: no port'):
      wait()
  processes.stop()


@pytest.mark.slow
def test_a_free_port_is_not_given_to_others():
  first, last = map(int, pathlib.Path('/proc/sys/net/ipv4/ip_local_port_range').read_text().split())
  assert not first <= processes_lib.free_port() <= last


def test_processes_stop_with_what_they_have_started(tmp_path):
  processes = processes_lib.Processes(tmp_path)
  processes.start('server', ['sh', '-c', f'"{sys.executable}" -I -S -c "import time; time.sleep(100)" & echo $!; wait'])
  processes.wait_for_line('server', '\n')
  child = int(processes.log('server').read_text())
  processes.stop()
  assert not psutil.pid_exists(processes.pid('server')) and not _runs(child)


def test_processes_stop_when_their_parent_is_killed(tmp_path):
  program = ('import pathlib, sys, time\nfrom pipeline.engines import processes\n'
             'one = processes.Processes(pathlib.Path(sys.argv[1]))\none.start("server", sys.argv[2:])\n'
             'print(one.pid("server"), flush=True)\ntime.sleep(100)')
  with subprocess.Popen([sys.executable, '-c', program, tmp_path, *_SLEEP], stdout=subprocess.PIPE, text=True,
                        cwd=pathlib.Path(__file__).parents[2]) as parent:
    child = int(parent.stdout.readline())
    while 'ready' not in (tmp_path / 'server.log').read_text():
      time.sleep(0.01)
    os.kill(parent.pid, signal.SIGKILL)
  assert not _runs(child)


def test_a_job_without_what_it_needs_ends_with_one_line(tmp_path):
  processes, workers = processes_lib.Processes(tmp_path), ('worker-1', 'worker-2')
  for name in ('server', *workers):
    processes.start(name, _SLEEP)

  def wait():  # as Beam waits for its job server
    psutil.Process(processes.pid('server')).wait(30)
    raise ConnectionError('socket closed')

  os.kill(processes.pid('worker-1'), signal.SIGKILL)
  assert processes.wait_beside([['server'], workers], lambda: time.sleep(2) or 'done') == 'done'
  with pytest.raises(processes_lib.EngineError, match=r'processes of the engine have ended \(worker-1\)'):
    processes.wait_beside([[worker] for worker in workers], lambda: 'done')
  os.kill(processes.pid('worker-2'), signal.SIGKILL)
  with pytest.raises(processes_lib.EngineError, match=r'processes of the engine have ended \(worker-1, worker-2\)'):
    processes.wait_beside([['server'], workers], wait)


def test_an_error_of_a_job_with_workers_stays_as_it_is(tmp_path):
  processes = processes_lib.Processes(tmp_path)
  processes.start('worker', _SLEEP)
  with pytest.raises(KeyError, match='of the job'):
    processes.wait_beside([['worker']], lambda: {}['of the job'])
  processes.stop()


def _runs(pid, seconds=10):
  """Whether a process still runs after some seconds; one that has ended may wait for its parent."""
  for _ in range(seconds * 100):
    if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
      return False
    time.sleep(0.01)
  return True


def test_a_worker_is_asked_for_and_ends_with_the_one_who_asks(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with socket.socket(socket.AF_UNIX) as listener:
    command = [sys.executable, '-I', '-S', start_worker.__file__, str(tmp_path / 'socket'), "--id='1-2'",
               '--provision_endpoint=localhost:80']
    with subprocess.Popen(command) as process:
      time.sleep(0.1)  # it waits for the socket
      listener.bind('socket')
      listener.listen()
      with listener.accept()[0] as connection:
        assert connection.recv(100) == b'1-2 localhost:80\n'
        assert process.poll() is None
      assert process.wait(10) == 0  # the worker has ended
    with subprocess.Popen(['sh', '-c', f'{shlex.join(command)} & wait']) as engine:
      with listener.accept()[0] as connection:
        assert connection.recv(100)
        engine.kill()
        connection.settimeout(10)
        assert connection.recv(100) == b''
