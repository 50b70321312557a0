"""Flink on this machine: JobManager, two TaskManagers and Beam's job server, each a process of its own.

The settings without which Beam's jobs fail, hang or crawl have their reasons beside them.
"""

import pathlib

from pipeline.engines import parts
from pipeline.engines import processes as processes_lib

NAME = 'flink'
_TASK_MANAGERS = ('taskmanager-1', 'taskmanager-2')
_HOST = '127.0.0.1'
_SETTINGS = {
    # TaskManagers that are started without Flink's scripts get no share of a total: each part has its size.
    'taskmanager.cpu.cores': '1',
    'taskmanager.memory.framework.heap.size': '128m',
    'taskmanager.memory.framework.off-heap.size': '128m',
    'taskmanager.memory.task.heap.size': '512m',
    'taskmanager.memory.task.off-heap.size': '64m',
    'taskmanager.memory.managed.size': '128m',
    # For a job's some hundred tasks, all on one TaskManager where the other one is lost. By default, the result of each
    # would take 512 buffers of 32 KB.
    'taskmanager.memory.network.min': '256m',
    'taskmanager.memory.network.max': '256m',
    'taskmanager.network.sort-shuffle.min-buffers': '32',
    'taskmanager.memory.jvm-metaspace.size': '256m',
    'taskmanager.memory.jvm-overhead.min': '128m',
    'taskmanager.memory.jvm-overhead.max': '128m',
    # A job takes two slots: one of each TaskManager, or both of the one that is left.
    'taskmanager.numberOfTaskSlots': '2',
    'taskmanager.load-balance.mode': 'SLOTS',
    # A job starts again after the loss of a TaskManager. The delay is longer than Flink takes to notice the loss, which
    # is two intervals, or else it would use the slots that are lost; and it does not use results that are lost.
    'jobmanager.execution.failover-strategy': 'full',
    'restart-strategy.type': 'fixed-delay',
    'restart-strategy.fixed-delay.attempts': '3',
    'restart-strategy.fixed-delay.delay': '6s',
    'heartbeat.interval': '2000',
    'slot.request.timeout': '30000',
    'pekko.ask.timeout': '60s',  # the default of 10 s fails the deployment of tasks on a busy machine
    'jobmanager.rpc.address': _HOST,
    'jobmanager.bind-host': _HOST,
    'taskmanager.host': _HOST,
    'taskmanager.bind-host': _HOST,
    'rest.address': _HOST,
    'rest.bind-address': _HOST,
}
# Packages that Flink's own scripts open, from Java 17 on.
_OPENED = ('lang', 'lang.reflect', 'io', 'net', 'nio', 'text', 'time', 'util', 'util.concurrent',
           'util.concurrent.atomic', 'util.concurrent.locks')
# Short jobs end before compiling code for the second time would pay.
_JAVA = ('java', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.showDateTime=true',
         '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
         *(f'--add-opens=java.base/java.{package}=ALL-UNNAMED' for package in _OPENED))


def start(part: pathlib.Path, processes: processes_lib.Processes) -> str:
  """Start a cluster and a job server for it.

  Args:
    part: directory of the jars.
    processes: where to start them.

  Returns:
    HOST:PORT of the job service.

  Raises:
    processes.EngineError: one of them did not start.
  """
  rpc, rest, jobs = (processes_lib.free_port() for _ in range(3))
  settings = {**_SETTINGS, 'jobmanager.rpc.port': rpc, 'rest.port': rest, 'io.tmp.dirs': processes.directory}
  (processes.directory / 'config.yaml').write_text(
      ''.join(f'{key}: {value}\n' for key, value in settings.items()), encoding='utf-8')
  java = [*_JAVA, f'-Djava.io.tmpdir={processes.directory}', '-cp', f'{part / parts.Jars.directory}/*']
  configuration = ['--configDir', processes.directory]
  processes.start('jobmanager', [
      *java, '-Xmx512m', 'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint', *configuration,
      '--executionMode', 'cluster'])
  for name in _TASK_MANAGERS:
    processes.start(name, [
        *java, '-Xmx640m', '-XX:MaxDirectMemorySize=448m', 'org.apache.flink.runtime.taskexecutor.TaskManagerRunner',
        *configuration])
  processes.start('jobserver', [
      *java, '-Xmx512m', 'org.apache.beam.runners.flink.FlinkJobServerDriver', f'--flink-master={_HOST}:{rest}',
      f'--job-host={_HOST}', f'--job-port={jobs}', '--artifact-port=0', '--expansion-port=0',
      f'--artifacts-dir={processes.directory / "artifacts"}'])
  processes.wait_for_port('jobmanager', rest)
  for name in _TASK_MANAGERS:
    processes.wait_for_line(name, 'Successful registration at resource manager')
  processes.wait_for_port('jobserver', jobs)
  return f'{_HOST}:{jobs}'
