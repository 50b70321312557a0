"""An encoder in PyTorch: the other side of benchmarks.encoder_scoring, which runs this file.

  PYTHON benchmarks/torch_encoder.py ENCODER PIECES.npz SCORES.npy
  PYTHON benchmarks/torch_encoder.py ENCODER PIECES STEPS TYPE

PYTHON is that of an environment with torch and transformers; this file imports nothing of the project. The first form
scores texts and prints the seconds without the loading. The second trains on 32 random texts of as many pieces for some
steps, with products of TYPE (float32 or bfloat16), and prints the seconds for 1,000 texts.
"""

import itertools
import sys
import time

import numpy as np
import torch
import transformers

_PIECES_AT_ONCE = 1_024  # as models.networks.encoder scores
_BATCH_SIZE, _WARM_UP = 32, 2


def _score(model, pieces, lengths):
  """Return the probabilities of label 1, float32 [texts], from parts of texts of similar length."""
  order, scores, start = np.argsort(-lengths), np.empty(len(lengths), np.float32), 0
  while start < len(order):
    longest = lengths[order[start]]
    part = order[start:start + max(1, _PIECES_AT_ONCE // longest)]
    mask = torch.from_numpy(np.arange(longest) < lengths[part, np.newaxis])
    logits = model(torch.from_numpy(pieces[part, :longest]), attention_mask=mask.long()).logits
    scores[part] = torch.softmax(logits, dim=-1)[:, 1].numpy()
    start += len(part)
  return scores


def _train(model, pieces, steps, product_type):
  """Return the seconds in which 1,000 texts are trained on, as models.networks.encoder trains."""
  optimizer = torch.optim.AdamW(model.parameters(), 5e-5, weight_decay=0.01)
  ids = torch.randint(0, model.config.vocab_size, (_BATCH_SIZE, pieces))
  labels = torch.arange(_BATCH_SIZE) % 2
  for step in itertools.count():
    if step == _WARM_UP:
      start = time.perf_counter()
    if step == _WARM_UP + steps:
      return 1_000 * (time.perf_counter() - start) / (steps * _BATCH_SIZE)
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=product_type == 'bfloat16'):
      loss = model(ids, labels=labels).loss
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()


def main(directory: str, *arguments: str) -> None:
  """Score or train, and print the seconds; see above."""
  model = transformers.AutoModelForSequenceClassification.from_pretrained(
      directory, dtype=torch.float32, ignore_mismatched_sizes=True)
  if len(arguments) == 3:
    pieces, steps, product_type = arguments
    print(_train(model.train(), int(pieces), int(steps), product_type))
    return
  pieces, output = arguments
  arrays = np.load(pieces)
  with torch.inference_mode():
    _score(model.eval(), arrays['pieces'][:16], arrays['lengths'][:16])  # warm-up
    start = time.perf_counter()
    scores = _score(model, arrays['pieces'], arrays['lengths'])
  print(time.perf_counter() - start)
  np.save(output, scores)


if __name__ == '__main__':
  main(*sys.argv[1:])
