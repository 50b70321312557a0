"""Spark on this machine: master, two workers and Beam's job server, each a process of its own.

The workers start a process, the executor, for each job. The job server is the driver of all jobs.
"""

import pathlib

from pipeline.engines import java
from pipeline.engines import parts
from pipeline.engines import processes as processes_lib

NAME = 'spark'
MASTER, WORKERS = 'master', ('worker-1', 'worker-2')
# Groups of processes: a job cannot do without one of each. For the workers, see runners.SparkRunner.
NEEDED = ((MASTER,), (java.JOB_SERVER,), *((worker,) for worker in WORKERS))
_SETTINGS = {
    'spark.executor.memory': '2g',
    # What is lost ends the job: see runners.SparkRunner.
    'spark.task.maxFailures': '1',
    'spark.stage.maxConsecutiveAttempts': '1',
    'spark.executor.extraJavaOptions': ' '.join(java.OPTIONS),
    'spark.serializer': 'org.apache.spark.serializer.KryoSerializer',
    'spark.driver.host': java.HOST,
    'spark.ui.enabled': 'false',
}


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
  port = processes_lib.free_port()
  master = f'spark://{java.HOST}:{port}'
  words = java.command(part, processes.directory)
  # Executors have the jars of this directory, so that no job copies them.
  (processes.directory / 'jars').symlink_to(part / parts.Jars.directory)
  environment = {'SPARK_HOME': str(processes.directory), 'SPARK_CONF_DIR': str(processes.directory),
                 'SPARK_LOCAL_IP': java.HOST, 'SPARK_SCALA_VERSION': '2.12'}
  processes.start(MASTER, [
      *words, '-Xmx256m', 'org.apache.spark.deploy.master.Master', '--host', java.HOST, '--port', port,
      '--webui-port', 0], environment)
  for name in WORKERS:
    processes.start(name, [
        *words, '-Xmx256m', 'org.apache.spark.deploy.worker.Worker', '--host', java.HOST, '--webui-port', 0,
        '--cores', 1, '--memory', '2g', master], environment)
  server = java.JobServer(processes, [
      *words, '-Xmx1g', *(f'-D{key}={value}' for key, value in _SETTINGS.items()),
      'org.apache.beam.runners.spark.SparkJobServerDriver', f'--spark-master-url={master}'], environment=environment)
  for name in WORKERS:
    processes.wait_for_line(name, 'Successfully registered with master')
  return server.endpoint()
