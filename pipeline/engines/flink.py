"""Flink on this machine: JobManager, two TaskManagers and Beam's job server, each a process of its own.

The settings without which Beam's jobs fail, hang or crawl have their reasons beside them.
"""

import pathlib

from pipeline.engines import java
from pipeline.engines import processes as processes_lib

NAME = 'flink'
JOB_MANAGER, TASK_MANAGERS = 'jobmanager', ('taskmanager-1', 'taskmanager-2')
# Groups of processes: a job cannot do without one of each.
NEEDED = ((JOB_MANAGER,), (java.JOB_SERVER,), TASK_MANAGERS)
_SETTINGS = {
    # TaskManagers that are started without Flink's scripts get no share of a total: each part has its size.
    'taskmanager.cpu.cores': '1',
    'taskmanager.memory.framework.heap.size': '128m',
    'taskmanager.memory.framework.off-heap.size': '128m',
    'taskmanager.memory.task.heap.size': '1536m',  # with 512m, Transform of 250,000 reviews ran out of it
    # For what goes to and from the Python workers. With 64m, one was cut off in Transform of 50,000 reviews ("Cannot
    # reserve 2097152 bytes of direct buffer memory"), and all attempts of the job failed: they share their workers.
    'taskmanager.memory.task.off-heap.size': '512m',
    # For sorting, a small share of it for each operation. With 128m, a record of the statistics of 5,000 reviews of
    # IMDB's length was too large; 50,000 pass.
    'taskmanager.memory.managed.size': '1g',
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
    'jobmanager.rpc.address': java.HOST,
    'jobmanager.bind-host': java.HOST,
    'taskmanager.host': java.HOST,
    'taskmanager.bind-host': java.HOST,
    'rest.address': java.HOST,
    'rest.bind-address': java.HOST,
}
# As Flink's scripts add them up from these settings: the heap of framework and tasks; their off-heap memory and that of
# the network.
_HEAP, _DIRECT_MEMORY = '1664m', '896m'


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
  rpc, rest = processes_lib.free_port(), processes_lib.free_port()
  settings = {**_SETTINGS, 'jobmanager.rpc.port': rpc, 'rest.port': rest, 'io.tmp.dirs': processes.directory}
  (processes.directory / 'config.yaml').write_text(
      ''.join(f'{key}: {value}\n' for key, value in settings.items()), encoding='utf-8')
  words = java.command(part, processes.directory)
  configuration = ['--configDir', processes.directory]
  processes.start(JOB_MANAGER, [
      *words, '-Xmx512m', 'org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint', *configuration,
      '--executionMode', 'cluster'])
  for name in TASK_MANAGERS:
    processes.start(name, [
        *words, f'-Xmx{_HEAP}', f'-XX:MaxDirectMemorySize={_DIRECT_MEMORY}',
        'org.apache.flink.runtime.taskexecutor.TaskManagerRunner', *configuration])
  server = java.JobServer(processes, [
      *words, '-Xmx512m', 'org.apache.beam.runners.flink.FlinkJobServerDriver', f'--flink-master={java.HOST}:{rest}'])
  processes.wait_for_port(JOB_MANAGER, rest)
  for name in TASK_MANAGERS:
    processes.wait_for_line(name, 'Successful registration at resource manager')
  return server.endpoint()
