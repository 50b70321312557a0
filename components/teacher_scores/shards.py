"""Scoring of many texts, in shards that outlast an interruption."""

import json
import logging
import os
import time
from typing import Callable, Optional, Sequence

import numpy as np

from components.common import files
from components.common import review_scores
from components.common import scoring

_log = logging.getLogger(__name__)  # pipeline.local.progress shows these messages to the user
_SHARD = 512  # texts of a shard: in batches of similar length they keep all cores at work
_MEASURED = 2  # shards from whose time follows how many texts are scored, unless the user has said it
_SECONDS = 20 * 60  # that scoring may take, unless the user has said how many texts to score
_PLAN_FILE = 'plan.json'


def score_texts(texts: Sequence[str], directory: str, load_scorer: Callable[[], scoring.Scorer],
                limit: int) -> np.ndarray:
  """Score the first ones of some texts.

  Args:
    texts: the texts.
    directory: for the shards; those that are there are not scored again, so they must be of these texts.
    load_scorer: returns the scorer; called if there is something left to score.
    limit: number of texts to score at most; 0 scores as many as _SECONDS allow, by the speed of the first ones, and
      keeps that number in the directory.

  Returns:
    float32 [scored texts], the probabilities of the positive class.

  Raises:
    ValueError: the teacher fails, or returns something else than probabilities.
  """
  os.makedirs(directory, exist_ok=True)
  planned = limit or _read_plan(directory)
  total = min(planned or len(texts), len(texts))
  parts: list[np.ndarray] = []
  done = scored = 0
  scorer: Optional[scoring.Scorer] = None
  while done < total:
    path = os.path.join(directory, f'{len(parts):06d}.npy')
    if not os.path.exists(path):
      if scorer is None:
        scorer, start = load_scorer(), time.monotonic()
      shard = texts[done:min(done + _SHARD, total)]
      _score_shard(scorer, shard, path)
      scored += len(shard)
      speed = scored / (time.monotonic() - start)
      if not planned and scored >= _MEASURED * _SHARD:
        planned = total = _plan(directory, len(texts), done + len(shard), speed)
      left = (total - done - len(shard)) / speed
      _log.info('%s of %s texts scored, %.0f texts/s, %.0f min left', f'{done + len(shard):,}', f'{total:,}', speed,
                left / 60)
    parts.append(np.load(path))
    done += len(parts[-1])
  return np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _score_shard(scorer, texts, path):
  scores = np.array(scorer(texts), np.float32)
  if not review_scores.is_probability(scores).all():
    raise ValueError('the teacher returned something else than probabilities, such as NaN: pass another one')
  with files.write_atomically(path, 'wb') as file:
    np.save(file, scores)


def _plan(directory, available, done, speed):
  """Return how many texts to score, a whole number of shards or all, and keep it for a resumed scoring."""
  total = min(available, max(done, int(speed * _SECONDS) // _SHARD * _SHARD))
  with files.write_atomically(os.path.join(directory, _PLAN_FILE)) as file:
    json.dump({'texts': total}, file)
  if total < available:
    _log.info('%.0f texts/s: %s of %s texts are scored in %.0f minutes; --teacher-reviews sets another number', speed,
              f'{total:,}', f'{available:,}', _SECONDS / 60)
  return total


def _read_plan(directory):
  """Return the number of texts that an interrupted scoring has planned; 0 if it had not come that far."""
  path = os.path.join(directory, _PLAN_FILE)
  if not os.path.exists(path):
    return 0
  with open(path, encoding='utf-8') as file:
    return json.load(file)['texts']
