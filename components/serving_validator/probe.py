"""Loads and calls a SavedModel as a server would, with TensorFlow alone: without TFX or other modules of this project.

Usage: python -I probe.py JOB REPORT: a JSON file with the job, see `check_model`; the JSON file to write. It is written
again at each stage, so that it tells how far a crashed process came. The process writes a line to standard output
when it is ready to measure the latency, and after each turn; a line on standard input gives it a turn, and the end of
standard input ends them.
"""

import base64
import itertools
import json
import os
import re
import resource
import sys
import time
from typing import Any, Callable, Iterable, Iterator, TextIO

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5  # between two scores of the same text
BATCH = 512
_WARM_UP_CALLS, _CALLS_PER_TURN = 20, 50


class RefusalError(Exception):
  """The model must not be served; the message says why."""


def check_model(job: dict[str, Any], note: Callable[..., None], turns: Iterable[Any]) -> None:
  """Check a SavedModel.

  Args:
    job: `model` (path of the SavedModel), `output` (of its signatures), `signatures` (a list of `name`, `input` and
      `form`, which says what they take: text or example), `canaries` and `reviews`: lists of `id`, `text` and `example`
      (bytes in Base64), and `training_scores` (of the reviews; empty if they are not known).
    note: called with keywords, what is known by then: `stage` (what comes next), `load_seconds`, `canaries` (scores by
      id), `odd_requests` (what the model answers), `p50_ms`, `p99_ms` and `cpu_ms` (of a request with one review: the
      median, the p99 of the best turn, and the mean of the process's CPU time), `memory_mb`, `signature_difference`,
      `batch_difference` and `max_score_difference` (to the training graph).
    turns: the latency is measured once for each item, while the iterator is not asked for the next one.

  Raises:
    RefusalError: something is wrong with the model.
  """
  note(stage='loading the model')
  start = time.perf_counter()
  model = tf.saved_model.load(job['model'])
  note(load_seconds=time.perf_counter() - start, stage='checking the signatures')
  scorers = [_Scorer(model, job['output'], **signature) for signature in job['signatures']]
  note(stage='sending canary requests')
  note(canaries=_send_canaries(scorers, job['canaries']))
  note(odd_requests=[answer for scorer in scorers for answer in _send_odd_requests(scorer)])
  note(stage='measuring the latency')
  reviews = job['reviews']
  alone, latency = _time_requests(next(scorer for scorer in scorers if scorer.form == 'text'), reviews, turns)
  note(**latency, stage=f'sending batches of {BATCH}')
  together = [_send_batches(scorer, reviews) for scorer in scorers]
  note(memory_mb=_peak_memory_mb(), stage='comparing the scores')
  ids = [review['id'] for review in reviews]
  first = scorers[0].name
  for scorer, scores in zip(scorers[1:], together[1:]):
    note(signature_difference=_max_difference(first, together[0], scorer.name, scores, ids))
  note(batch_difference=_max_difference(
      'the review alone', alone, f'in a batch of {BATCH}', together[0][:len(alone)], ids))
  if job['training_scores']:
    note(max_score_difference=_max_difference(
        'the training graph', job['training_scores'], first, together[0], ids))


class _FailedRequestError(RefusalError):
  """The model answers a request with an error."""


class _Scorer:
  """A signature that scores, checked against what clients rely on."""

  def __init__(self, model: Any, output: str, name: str, input: str, form: str):  # pylint: disable=redefined-builtin
    if name not in model.signatures:
      raise RefusalError(f'there is no signature {name}; there are: {", ".join(sorted(model.signatures)) or "none"}')
    self.name, self.form = name, form
    self._function, self._input, self._output = model.signatures[name], input, output
    inputs, outputs = self._function.structured_input_signature[1], self._function.structured_outputs
    _require_spec(f'signature {name} takes', inputs, f'{input}: string (None,)')
    _require_spec(f'signature {name} returns', outputs, f'{output}: float32 (None, 1)')

  def encode(self, items):
    """Return the value to send for each canary or review."""
    return [base64.b64decode(item[self.form]) for item in items]

  def score(self, values, what):
    """Return the scores of one request, float32 [values]; raise RefusalError if they are not probabilities."""
    try:
      scores = self._function(**{self._input: tf.constant(values, tf.string, [len(values)])})[self._output].numpy()
    except tf.errors.OpError as error:
      raise _FailedRequestError(f'{self.name} cannot score {what}: {_brief(error)}') from error
    if scores.shape != (len(values), 1):
      raise RefusalError(f'{self.name} returns scores of shape {scores.shape} for {what}, not {(len(values), 1)}')
    if not np.isfinite(scores).all():
      raise RefusalError(f'{self.name} returns a score that is not finite for {what}')
    if scores.size and not 0 <= scores.min() <= scores.max() <= 1:
      raise RefusalError(
          f'{self.name} returns scores from {scores.min()} to {scores.max()} for {what}, not from 0 to 1')
    return scores[:, 0]


def _require_spec(prefix, specs, expected):
  actual = ', '.join(f'{name}: {spec.dtype.name} {spec.shape}' for name, spec in sorted(specs.items()))
  if actual != expected:
    raise RefusalError(f'{prefix} {actual or "nothing"}; expected {expected}')


def _send_canaries(scorers, canaries):
  """Send each canary alone and all in one request, to each signature; return the scores by id."""
  ids = [canary['id'] for canary in canaries]
  alone = {}
  for scorer in scorers:
    values = scorer.encode(canaries)
    alone[scorer.name] = np.array([scorer.score([value], id_)[0] for id_, value in zip(ids, values)])
    together = scorer.score(values, 'all canaries in one batch')
    _max_difference(f'{scorer.name} alone', alone[scorer.name], 'in one batch', together, ids)
  first, *others = alone
  for other in others:
    _max_difference(first, alone[first], other, alone[other], ids)
  return dict(zip(ids, alone[first].tolist()))


def _send_odd_requests(scorer):
  """Send requests without a valid score: the model may answer with an error, but the process must survive."""
  requests: dict[str, list[bytes]] = {'an empty batch': []}
  if scorer.form == 'example':
    requests.update({'bytes that are no example': [b'no example'], 'an example without features': [b'']})
  for what, values in requests.items():
    try:
      scorer.score(values, what)
      answer = f'{scorer.name} scores {what}'
    except _FailedRequestError as error:
      answer = str(error)
    yield answer


def _time_requests(scorer, reviews, turns):
  """Score reviews one by one, in turns after a warm-up; return the scores of the first ones, and what they cost."""
  requests = itertools.cycle(scorer.encode(reviews))
  scores = []

  def send(count):
    milliseconds = []
    for value in itertools.islice(requests, count):
      start = time.perf_counter()
      scores.append(scorer.score([value], 'a real review')[0])
      milliseconds.append(1000 * (time.perf_counter() - start))
    return milliseconds

  send(_WARM_UP_CALLS)
  latencies, cpu_seconds = [], 0.0
  for _ in turns:
    start = time.process_time()
    latencies.append(send(_CALLS_PER_TURN))
    cpu_seconds += time.process_time() - start
  # Other work on the machine makes a turn slower, never faster, so the best turn says most of the model.
  return np.array(scores[:len(reviews)]), {
      'p50_ms': np.median(latencies), 'p99_ms': np.percentile(latencies, 99, axis=1).min(),
      'cpu_ms': 1000 * cpu_seconds / np.size(latencies)}


def _send_batches(scorer, reviews):
  """Return the scores of the reviews, float32 [reviews], from full batches: the last one is filled by repetition."""
  values = scorer.encode(reviews)
  rows = list(itertools.islice(itertools.cycle(values), -len(values) // BATCH * -BATCH))
  scores = [scorer.score(rows[start:start + BATCH], f'a batch of {BATCH}') for start in range(0, len(rows), BATCH)]
  return np.concatenate(scores)[:len(values)]


def _max_difference(one, scores, other, others, ids):
  """Return the largest difference of two lists of scores; refuse, naming the worst, if it is above TOLERANCE."""
  differences = np.abs(np.subtract(scores, others, dtype=np.float64))
  worst = int(np.argmax(differences))
  if not differences[worst] <= TOLERANCE:
    count = int((differences > TOLERANCE).sum())
    raise RefusalError(f'scores differ for {count} of {len(differences)}, most for {ids[worst]}: {one} '
                  f'{scores[worst]:.6f}, {other} {others[worst]:.6f}; {TOLERANCE:g} is allowed')
  return float(differences[worst])


def _peak_memory_mb():
  """Return the peak memory of this process."""
  if os.path.exists('/proc/self/status'):
    # On Linux, getrusage includes the memory that the parent had when it started this process.
    with open('/proc/self/status', encoding='ascii') as file:
      return int(re.findall(r'VmHWM:\s*(\d+) kB', file.read())[0]) / 1024
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


def _brief(error):
  """Return the line of a TensorFlow error that says what is wrong."""
  lines = [line.strip() for line in str(error).splitlines()]
  noise = re.compile(r'$|Graph execution error|Detected at node|File "|<stack traces|\[\[|\d+ root error')
  return next((line for line in lines if not noise.match(line)), type(error).__name__)


def _take_turns(answers: TextIO) -> Iterator[None]:
  """Ask for each turn by a line, and wait until standard input gives it or ends."""
  while True:
    print('ready', file=answers, flush=True)
    if not sys.stdin.readline():
      return
    yield


def main(job_path: str, report_path: str, turns: Iterable[Any]) -> None:
  """Write the report; it has a `reason`, empty or not, as soon as there is a verdict."""
  with open(job_path, encoding='utf-8') as file:
    job = json.load(file)
  report = {'tensorflow': tf.__version__, 'reviews': len(job['reviews'])}

  def note(**known):
    report.update(known)
    # Replaced at once, so that a crash leaves a report that can be read.
    with open(report_path + '.tmp', 'w', encoding='utf-8') as file:
      json.dump(report, file)
    os.replace(report_path + '.tmp', report_path)

  try:
    check_model(job, note, turns)
    del report['stage']
    reason = ''
  except RefusalError as error:
    reason = str(error)
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in the model
    reason = f'{report["stage"]}: {_brief(error)}'
  note(reason=reason.replace(job['model'] + os.sep, ''))


if __name__ == '__main__':
  with os.fdopen(os.dup(sys.stdout.fileno()), 'w') as output, open(os.devnull, 'w') as nowhere:
    os.dup2(nowhere.fileno(), sys.stdout.fileno())  # what a model prints is no answer
    main(sys.argv[1], sys.argv[2], _take_turns(output))
