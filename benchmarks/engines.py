"""Seconds of the pipeline on an engine that --beam starts on this machine, beside those in one process.

  .venv/bin/python -m benchmarks.engines [--engine flink] [--reviews 50000]

Sample data and bow_sparse, whose training is short. CPU seconds are those of all processes of a run, so that they can
be compared on a machine that does other work, too; those of an engine include its start.
"""

import argparse
import contextlib
import pathlib
import re
import tempfile
import threading
from typing import Iterator

import psutil

from benchmarks import pipeline_runs
from pipeline import layout
from pipeline.sources import sample_data

_STAGES = ('ImdbExampleGen', 'StatisticsGen', 'Transform', 'Evaluator')
_CPU, _WHOLE = 'CPU of all processes', 'whole run, without the start'


@contextlib.contextmanager
def measure_cpu() -> Iterator[dict[psutil.Process, float]]:
  """Yield a dictionary of the CPU seconds of what this process has started, which is complete after the block."""
  seconds: dict[psutil.Process, float] = {}
  done = threading.Event()

  def watch():
    while not done.wait(0.2):
      for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
          times = process.cpu_times()
          seconds[process] = times.user + times.system

  watcher = threading.Thread(target=watch)
  watcher.start()
  try:
    yield seconds
  finally:
    done.set()
    watcher.join()


def measure(data: pathlib.Path, output_dir: pathlib.Path, engine: str) -> dict[str, float]:
  """Run the pipeline.

  Args:
    data: reviews.
    output_dir: of the run.
    engine: a value of --beam.

  Returns:
    Seconds by what took them.
  """
  with measure_cpu() as cpu:
    seconds = pipeline_runs.run(40, data, output_dir, 'bow_sparse', flags=('--beam', engine), augmentation=0)
  log = next(pathlib.Path(layout.logs(str(output_dir))).iterdir()).read_text(encoding='utf-8', errors='replace')
  start = re.search(f'{engine} started in (.*) s,', log)
  return {**{stage: seconds[stage] for stage in _STAGES},
          _WHOLE: seconds['whole'] - (float(start[1]) if start else 0), _CPU: sum(cpu.values())}


def main() -> None:
  """Measure both, and print the table."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--engine', default='flink')
  parser.add_argument('--reviews', type=int, default=50_000)
  arguments = parser.parse_args()
  with tempfile.TemporaryDirectory() as directory:
    data = pathlib.Path(directory, 'reviews.jsonl.gz')
    sample_data.write_sample(str(data), arguments.reviews)
    direct, other = (measure(data, pathlib.Path(directory, name), name) for name in ('direct', arguments.engine))
  print(f'{f"{arguments.reviews:,} reviews":30} {"direct":>10} {arguments.engine:>10}   ratio')
  for name, seconds in direct.items():
    print(f'{name:30} {seconds:8.1f} s {other[name]:8.1f} s {other[name] / seconds:7.2f}')


if __name__ == '__main__':
  main()
