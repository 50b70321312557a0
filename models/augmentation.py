"""The doses of augmented training examples, as hyper-parameters of the models that profit from them."""

import dataclasses
from typing import Any, Mapping

from models import hparams

# What the models that read words in order ask for: chosen on eval, and on sentences of the same kinds.
DOSES: Mapping[str, Any] = {
    'augment_negation': 0.4, 'augment_plain': 0.12, 'augment_contrast': 0.2, 'augment_question': 0.12,
    'augment_reported': 0.12, 'augment_comparison': 0.1, 'augment_verdict': 0.12, 'augment_neutral': 0.1,
    'augment_fairness': 0.12, 'augment_snippets': 0.13, 'augment_reviews': 0.05, 'augment_mentions': 0.03,
    'augment_facts': 0.06}
# With a teacher, a model learns from more texts than train has, and from as many times more short augmented examples,
# so that they keep their share; but from so many times at most, however many texts there are.
MOST_TIMES = 4.0
_PREFIX = 'augment_'
_KINDS = ('negation', 'plain', 'contrast', 'question', 'reported', 'comparison', 'verdict', 'neutral', 'fairness',
          'snippets', 'reviews', 'mentions', 'facts')


@dataclasses.dataclass(frozen=True)
class AugmentedHparams(hparams.Hparams):
  """Hyper-parameters of models that learn from augmented examples; see components.augmentation_gen.

  A dose is a number of examples, relative to the number of examples in train; of snippets, mentions and facts, which
  come in pairs, a number of pairs.

  Attributes:
    augment_negation: dose of sentences with a negation, of the judgement or beside it.
    augment_plain: dose of sentences that judge without one.
    augment_contrast: dose of two opinions of which the second counts.
    augment_question: dose of questions with their answers.
    augment_reported: dose of others' opinions against the author's.
    augment_comparison: dose of comparisons.
    augment_verdict: dose of short verdicts.
    augment_neutral: dose of sentences that say nothing, each with both labels.
    augment_fairness: dose of judgements that mention identity terms, names, places, numbers, handles or URLs.
    augment_snippets: dose of pairs of a snippet of train and its copy with opinion words exchanged.
    augment_reviews: dose of reviews of train with opinion words exchanged.
    augment_facts: dose of sentences of train that say nothing, each with both labels.
    augment_mentions: dose of pairs of a snippet of train and its copy with names and the like exchanged.
  """

  augment_negation: float = 0.0
  augment_plain: float = 0.0
  augment_contrast: float = 0.0
  augment_question: float = 0.0
  augment_reported: float = 0.0
  augment_comparison: float = 0.0
  augment_verdict: float = 0.0
  augment_neutral: float = 0.0
  augment_fairness: float = 0.0
  augment_snippets: float = 0.0
  augment_reviews: float = 0.0
  augment_mentions: float = 0.0
  augment_facts: float = 0.0

  BOUNDS = {_PREFIX + kind: (0, 1) for kind in _KINDS}

  def augmentation(self) -> dict[str, float]:
    """Return the doses above 0 by kind; see models.hparams.Hparams."""
    doses = {kind: getattr(self, _PREFIX + kind) for kind in _KINDS}
    return {kind: dose for kind, dose in doses.items() if dose}

  def scale_augmentation(self, factor: float) -> dict[str, float]:
    """Return the hyper-parameters that multiply all doses; see models.hparams.Hparams."""
    return {_PREFIX + kind: factor * dose for kind, dose in self.augmentation().items()}
