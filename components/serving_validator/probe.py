"""Tries a SavedModel out as a server would, with TensorFlow alone: nothing of this project and no TFX is imported here.

Usage: python -I probe.py JOB REPORT: a JSON file with the job, see `check`; the JSON file to write, anew at each stage,
so that it tells how far a process came that crashed.
"""

import base64
import itertools
import json
import os
import re
import resource
import sys
import time

import numpy as np
import tensorflow as tf

TOLERANCE = 1e-5  # between two scores of the same review
BATCH = 512
_WARM_UP, _CALLS = 20, 200
CANARIES = {
    'a plain sentence': b'The plot was great, but the cast seemed dull.',
    'an empty text': b'',
    'blanks only': b' \t\r\n ',
    'unknown words': b'zzxqj qqqwv xxyzzk',
    'invalid UTF-8': b'a caf\xe9 \xff\xfe\x80 with a great view \xc3',
    'NUL bytes': b'\0 gre\0at \0\0 acting \0',
    'emoji': 'Loved it! \U0001f600\U0001f44d\U0001f3fd \u2764\ufe0f'.encode(),
    'Chinese': '\u5f88\u597d\u7684\u7535\u5f71\u3002\u6211\u559c\u6b22\u8fd9\u4e2a\u6545\u4e8b'.encode(),
    'markup': b'<br /><br />Great!<br /><script>alert("x")</script> &amp; \\n %s {0}',
    '100,000 words': b'the plot was great ' * 25_000,
}


class Refusal(Exception):
  """The model must not be served; the message says why."""


def check(job, note):
  """Checks a SavedModel.

  Args:
    job: `model` (path of the SavedModel), `signatures` (by input), `scores` (their output), `text_key` (of an example,
      and the input that takes plain strings) and `reviews`: a list of `id`, `example` (serialized, in Base64) and
      `training_score`.
    note: called with keywords, what is known by then: `stage` (what comes next), `load_seconds`, `canaries` (scores),
      `odd_requests` (what the model answers), `p50_ms`, `p99_ms`, `memory_mb`, `signature_difference`,
      `batch_difference` and `max_score_difference` (to the training graph).

  Raises:
    Refusal: what is wrong with the model.
  """
  note(stage='loading the model')
  start = time.perf_counter()
  model = tf.saved_model.load(job['model'])
  note(load_seconds=time.perf_counter() - start, stage='checking the signatures')
  scorers = [_Scorer(model, name, input_key, job) for input_key, name in job['signatures'].items()]
  examples = [base64.b64decode(review['example']) for review in job['reviews']]
  texts = [_text_of(example, job['text_key']) for example in examples]
  note(stage='sending canary requests')
  note(canaries=_send_canaries(scorers))
  note(odd_requests=[answer for scorer in scorers for answer in _send_odd(scorer)])
  note(stage='measuring the latency')
  alone, milliseconds = _time(next(scorer for scorer in scorers if scorer.takes_text), texts)
  p50, p99 = np.percentile(milliseconds, [50, 99])
  note(p50_ms=p50, p99_ms=p99, stage=f'sending batches of {BATCH}')
  together = [_send_batches(scorer, texts, examples) for scorer in scorers]
  note(memory_mb=_peak_memory(), stage='comparing the scores')
  training = [review['training_score'] for review in job['reviews']]
  ids = [review['id'] for review in job['reviews']]
  first = scorers[0].name
  for scorer, scores in zip(scorers[1:], together[1:]):
    note(signature_difference=_difference(first, together[0], scorer.name, scores, ids))
  note(batch_difference=_difference(
      'the review alone', alone, f'in a batch of {BATCH}', together[0][:len(alone)], ids))
  note(max_score_difference=_difference('the training graph', training, first, together[0], ids))


class _NoAnswer(Refusal):
  """The model answers a request with an error."""


class _Scorer:
  """A signature that scores, checked against what clients rely on."""

  def __init__(self, model, name, input_key, job):
    if name not in model.signatures:
      raise Refusal(f'there is no signature {name}; there are: {", ".join(sorted(model.signatures)) or "none"}')
    self.name = name
    self.takes_text = input_key == job['text_key']
    self._function = model.signatures[name]
    self._input, self._output, self._text_key = input_key, job['scores'], job['text_key']
    takes, gives = self._function.structured_input_signature[1], self._function.structured_outputs
    _require_spec(f'signature {name} takes', takes, f'{input_key}: string (None,)')
    _require_spec(f'signature {name} gives', gives, f'{self._output}: float32 (None, 1)')

  def of_texts(self, texts):
    """The value to send for each text: itself, or a serialized example of it."""
    return texts if self.takes_text else [_example(text, self._text_key) for text in texts]

  def score(self, values, what):
    """The scores of one request, float32 [len(values)]; raises Refusal where they are no probabilities."""
    try:
      scores = self._function(**{self._input: tf.constant(values, tf.string, [len(values)])})[self._output].numpy()
    except tf.errors.OpError as error:
      raise _NoAnswer(f'{self.name} cannot score {what}: {_brief(error)}') from error
    if scores.shape != (len(values), 1):
      raise Refusal(f'{self.name} gives scores of shape {scores.shape} for {what}, not {(len(values), 1)}')
    if not np.isfinite(scores).all():
      raise Refusal(f'{self.name} gives a score that is not finite for {what}')
    if scores.size and not 0 <= scores.min() <= scores.max() <= 1:
      raise Refusal(f'{self.name} gives scores from {scores.min()} to {scores.max()} for {what}, not from 0 to 1')
    return scores[:, 0]


def _require_spec(prefix, specs, expected):
  found = ', '.join(f'{name}: {spec.dtype.name} {spec.shape}' for name, spec in sorted(specs.items()))
  if found != expected:
    raise Refusal(f'{prefix} {found or "nothing"}; expected is {expected}')


def _example(text, text_key):
  feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
  return tf.train.Example(features=tf.train.Features(feature={text_key: feature})).SerializeToString()


def _text_of(example, text_key):
  return tf.train.Example.FromString(example).features.feature[text_key].bytes_list.value[0]


def _send_canaries(scorers):
  """Sends each canary alone and all in one request, to each signature; returns the scores by name."""
  names, texts = list(CANARIES), list(CANARIES.values())
  found = {}
  for scorer in scorers:
    values = scorer.of_texts(texts)
    alone = np.array([scorer.score([value], name)[0] for name, value in zip(names, values)])
    found[scorer.name] = alone
    _difference(f'{scorer.name} alone', alone, 'in one batch', scorer.score(values, 'all canaries in one batch'), names)
  first, *others = found
  for other in others:
    _difference(first, found[first], other, found[other], names)
  return dict(zip(names, found[first].tolist()))


def _send_odd(scorer):
  """Sends what has no score: an error is as good an answer as any, but the process must live to score the rest."""
  requests = {'an empty batch': []}
  if not scorer.takes_text:
    requests.update({'bytes that are no example': [b'no example'], 'an example without features': [b'']})
  for what, values in requests.items():
    try:
      scorer.score(values, what)
      answer = f'{scorer.name} scores {what}'
    except _NoAnswer as error:
      answer = str(error)
    yield answer


def _time(scorer, texts):
  """Scores reviews one by one: the scores of the first ones, and the milliseconds of each request, after a warm-up."""
  scores, milliseconds = [], []
  for number, text in enumerate(itertools.islice(itertools.cycle(texts), _WARM_UP + _CALLS)):
    start = time.perf_counter()
    scores.append(scorer.score([text], 'a real review')[0])
    if number >= _WARM_UP:
      milliseconds.append(1000 * (time.perf_counter() - start))
  return np.array(scores[:len(texts)]), milliseconds


def _send_batches(scorer, texts, examples):
  """The scores of the reviews, float32 [reviews], in full batches: repeated to fill the last one."""
  values = texts if scorer.takes_text else examples
  rows = list(itertools.islice(itertools.cycle(values), -len(values) // BATCH * -BATCH))
  scores = [scorer.score(rows[start:start + BATCH], f'a batch of {BATCH}') for start in range(0, len(rows), BATCH)]
  return np.concatenate(scores)[:len(values)]


def _difference(one, scores, other, others, names):
  """The largest difference of two lists of scores; raises Refusal, naming the worst, where it is above TOLERANCE."""
  differences = np.abs(np.subtract(scores, others, dtype=np.float64))
  worst = int(np.argmax(differences))
  if not differences[worst] <= TOLERANCE:
    wrong = int((differences > TOLERANCE).sum())
    raise Refusal(f'scores disagree for {wrong} of {len(differences)}, most for {names[worst]}: {one} '
                  f'{scores[worst]:.6f}, {other} {others[worst]:.6f}; {TOLERANCE:g} is allowed')
  return float(differences[worst])


def _peak_memory():
  """The most memory that this process had, in MB."""
  if os.path.exists('/proc/self/status'):
    # On Linux, getrusage counts the memory that the parent had when it started this process.
    with open('/proc/self/status', encoding='ascii') as file:
      return int(re.search(r'VmHWM:\s*(\d+) kB', file.read()).group(1)) / 1024
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # macOS counts bytes


def _brief(error):
  """The line of a TensorFlow error that says what is wrong."""
  lines = [line.strip() for line in str(error).splitlines()]
  noise = re.compile(r'$|Graph execution error|Detected at node|File "|<stack traces|\[\[|\d+ root error')
  return next((line for line in lines if not noise.match(line)), type(error).__name__)


def main(job_path, report_path):
  """Writes the report; it has a `reason`, empty or not, as soon as there is a verdict."""
  with open(job_path, encoding='utf-8') as file:
    job = json.load(file)
  report = {'tensorflow': tf.__version__, 'reviews': len(job['reviews'])}

  def note(**found):
    report.update(found)
    with open(report_path + '.tmp', 'w', encoding='utf-8') as file:
      json.dump(report, file)
    os.replace(report_path + '.tmp', report_path)

  try:
    check(job, note)
    del report['stage']
    reason = ''
  except Refusal as error:
    reason = str(error)
  except Exception as error:  # pylint: disable=broad-except  # whatever TensorFlow finds wrong in the model
    reason = f'{report["stage"]}: {_brief(error)}'
  note(reason=reason.replace(job['model'] + os.sep, ''))


if __name__ == '__main__':
  main(*sys.argv[1:])
