"""Seconds and memory of the pipeline on an engine that --beam starts on this machine, beside those in one process.

  .venv/bin/python -m benchmarks.engines [--engine flink] [--reviews 5000,50000,250000] [--workers 1,2] [--data PATH]

bow_sparse, whose training is short, on sample data, or with --data on sentences of these reviews put together anew
(`benchmarks/spliced.py`). CPU seconds are those of all processes of a run, so that they can be compared on a machine
that does other work, too; those of an engine include its start. With three sizes, the seconds of a line through the
first two are compared with those of the last one, and benchmarks/engines.png is drawn.
"""

import argparse
import collections
import contextlib
import pathlib
import re
import tempfile
import threading
from typing import Iterator, Mapping, Optional, Sequence

import matplotlib
import psutil

matplotlib.use('Agg')

# pylint: disable=wrong-import-position
from benchmarks import data as data_lib
from benchmarks import pipeline_runs
from benchmarks import spliced
from components.common import plots
from pipeline import layout
from pipeline.sources import sample_data

_STAGES = ('ImdbExampleGen', 'StatisticsGen', 'Transform', 'Evaluator')
_CPU, _WHOLE = 'CPU of all processes', 'whole run, without the start'
_MEMORY = 'memory: '
# Words of the command line of a process, and what it is called.
_PROCESSES = {'pipeline.engines.worker': 'Python worker', 'TaskManagerRunner': 'TaskManager', 'Executor': 'executor',
              'StandaloneSessionClusterEntrypoint': 'JobManager', 'JobServer': 'job server',
              'local_runner.py': 'the run'}


@contextlib.contextmanager
def watch_processes() -> Iterator[tuple[dict[psutil.Process, float], dict[str, float]]]:
  """Yield the CPU seconds of each process that this one has started, and peaks of memory in GB, complete at the end."""
  seconds: dict[psutil.Process, float] = {}
  peaks: dict[str, float] = collections.defaultdict(float)
  done = threading.Event()

  def watch():
    while not done.wait(0.2):
      for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
          times = process.cpu_times()
          seconds[process] = times.user + times.system
          command = ' '.join(process.cmdline())
          for words, name in _PROCESSES.items():
            if words in command:
              peaks[name] = max(peaks[name], process.memory_info().rss / 1e9)
              break

  watcher = threading.Thread(target=watch)
  watcher.start()
  try:
    yield seconds, peaks
  finally:
    done.set()
    watcher.join()


def measure(data: pathlib.Path, output_dir: pathlib.Path, engine: str, workers: int) -> dict[str, float]:
  """Run the pipeline.

  Args:
    data: reviews.
    output_dir: of the run.
    engine: a value of --beam.
    workers: number of Python workers that share the work; not read by the runner in one process.

  Returns:
    Seconds by what took them, and GB by the kind of process that had them.
  """
  flags = ['--beam', engine] + ([f'--beam-arg=--parallelism={workers}'] if engine != 'direct' else [])
  with watch_processes() as (cpu, peaks):
    seconds = pipeline_runs.run(40, data, output_dir, 'bow_sparse', flags=flags, augmentation=0)
  log = next(pathlib.Path(layout.logs(str(output_dir))).iterdir()).read_text(encoding='utf-8', errors='replace')
  start = re.search(f'{engine} started in (.*) s,', log)
  return {**{stage: seconds[stage] for stage in _STAGES},
          _WHOLE: seconds['whole'] - (float(start[1]) if start else 0), _CPU: sum(cpu.values()),
          **{_MEMORY + name: peak for name, peak in sorted(peaks.items())}}


def main(argv: Optional[Sequence[str]] = None) -> None:
  """Measure all sizes, and print a table for each."""
  parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument('--engine', default='flink')
  parser.add_argument('--reviews', type=_numbers, default=[50_000], metavar='N[,N...]')
  parser.add_argument('--workers', type=_numbers, default=[2], metavar='N[,N...]')
  parser.add_argument('--data', help='reviews, as for local_runner.py')
  arguments = parser.parse_args(argv)
  found: dict[int, dict[str, dict[str, float]]] = {}
  real = data_lib.read_labelled(arguments.data) if arguments.data else None
  for reviews in arguments.reviews:
    found[reviews] = _measure_size(reviews, real, arguments.engine, arguments.workers)
    _print_table(f'{reviews:,} reviews', found[reviews])
  if len(found) > 2:
    _print_error(found)
    _draw(found, pathlib.Path(__file__).with_suffix('.png'))


def _numbers(text: str) -> list[int]:
  return [int(number) for number in text.split(',')]


def _measure_size(reviews: int, real: Optional[Sequence[tuple[str, int]]], engine: str, workers: Sequence[int]
                  ) -> dict[str, dict[str, float]]:
  """Return what each way to run took, by its name."""
  with tempfile.TemporaryDirectory() as directory:
    data = pathlib.Path(directory, 'reviews.jsonl.gz')
    if real:
      spliced.write(data, real, reviews)
    else:
      sample_data.write_sample(str(data), reviews)
    return {'direct': measure(data, pathlib.Path(directory, 'direct'), 'direct', 1),
            **{f'{engine}, {number} worker{"s" * (number > 1)}':
               measure(data, pathlib.Path(directory, str(number)), engine, number) for number in workers}}


def _print_table(title: str, columns: Mapping[str, Mapping[str, float]]) -> None:
  print(f'{title:30}' + ''.join(f'{name:>26}' for name in columns))
  for row in dict.fromkeys(name for column in columns.values() for name in column):
    cells, unit = [], 'GB' if row.startswith(_MEMORY) else 's '
    for column in columns.values():
      ratio = f' ({column[row] / columns["direct"][row]:.2f})' if {row} <= {*column} & {*columns['direct']} else ''
      cells.append(f'{column[row]:.1f} {unit}{ratio}' if row in column else '')
    print(f'{row:30}' + ''.join(f'{cell:>26}' for cell in cells), flush=True)


def _print_error(found: Mapping[int, Mapping[str, Mapping[str, float]]]) -> None:
  """Print what a line through the first two sizes says of the last one."""
  small, large, *_, last = sorted(found)
  for way in found[last]:
    begin, end, real = (found[size][way][_WHOLE] for size in (small, large, last))
    expected = begin + (end - begin) * (last - small) / (large - small)
    print(f'{way}: {last:,} reviews took {real:.0f} s, a line through the first two sizes gives {expected:.0f} s '
          f'({expected / real - 1:+.0%})')


def _draw(found: Mapping[int, Mapping[str, Mapping[str, float]]], path: pathlib.Path) -> None:
  """Draw the seconds of whole runs, by number of reviews and way to run, into a PNG file."""
  axes = plots.new_axes('Whole run, without the start of the engine', 'Reviews', 'Seconds')
  sizes = sorted(found)
  for way, colour in zip(found[sizes[0]], plots.COLOURS):
    axes.loglog(sizes, [found[size][way][_WHOLE] for size in sizes], 'o-', color=colour, label=way)
  axes.loglog(sizes, [10 * size / sizes[0] for size in sizes], '--', color=plots.COLOURS[-1], linewidth=1,
              label='proportional')
  axes.legend(frameon=False)
  axes.figure.savefig(path, dpi=110)


if __name__ == '__main__':
  main()
