"""Templates of the texts of the cases; those of a domain are in its file in domains/."""

from typing import Mapping, Tuple

import pydantic

_Texts = Tuple[pydantic.StrictStr, ...]


class Labeled(pydantic.BaseModel, extra='forbid', allow_mutation=False):
  """Texts with a positive and with a negative label."""

  positive: _Texts = ()
  negative: _Texts = ()


class Templates(pydantic.BaseModel, extra='forbid', allow_mutation=False):
  """Texts to fill in, from which cases.py makes the cases; a capability whose templates are missing is not tested.

  Attributes:
    names: what stands for the {placeholders} of `positive` and `negative`; each entry is one set of names. Names from
      several languages refuse a model that scores by names.
    positive: texts with a positive label.
    negative: texts with a negative label.
    neutral: sentences that should not change a prediction, with {text} where the text is.
    contexts: by test of invariance, sentences around {text} that should make no difference: each is compared with the
      first one.
    praise: sentences that make a text more positive; `blame` has as many that make it more negative.
    blame: likewise.
    negations: sentences with {0} for a noun and {1} for an adjective that they deny.
    negated_praise: (noun, adjective) pairs whose negation is negative.
    negated_blame: pairs whose negation is positive.
    not_liked: sentences with a negation that are negative.
    not_disliked: sentences with a negation that are positive.
    good_words: words that `short` and `longer` are positive with.
    bad_words: words that `short` and `longer` are negative with.
    short: sentences with {0} for such a word.
    longer: likewise.
    liked: short texts with a positive label.
    disliked: short texts with a negative label.
    fillings: words by placeholder, for `reversible` and `facts`.
    opposites: pairs of these placeholders, whose words are exchanged to make the opposite of a text.
    reversible: templates by capability and test. As they stand they make positive texts, and with the words of
      `opposites` exchanged negative ones, so that no word on its own speaks for a label.
    labeled: texts by capability and test.
    identity_sentences: sentences with {term} for an adjective of identities.py, or {people} for a noun.
    facts: templates of texts that hold no opinion.
  """

  names: Tuple[Mapping[str, pydantic.StrictStr], ...] = ({},)
  positive: _Texts = ()
  negative: _Texts = ()
  neutral: _Texts = ()
  contexts: Mapping[str, _Texts] = {}
  praise: _Texts = ()
  blame: _Texts = ()
  negations: _Texts = ()
  negated_praise: Tuple[Tuple[pydantic.StrictStr, pydantic.StrictStr], ...] = ()
  negated_blame: Tuple[Tuple[pydantic.StrictStr, pydantic.StrictStr], ...] = ()
  not_liked: _Texts = ()
  not_disliked: _Texts = ()
  good_words: _Texts = ()
  bad_words: _Texts = ()
  short: _Texts = ()
  longer: _Texts = ()
  liked: _Texts = ()
  disliked: _Texts = ()
  fillings: Mapping[str, _Texts] = {}
  opposites: Tuple[Tuple[pydantic.StrictStr, pydantic.StrictStr], ...] = ()
  reversible: Mapping[str, Mapping[str, _Texts]] = {}
  labeled: Mapping[str, Mapping[str, Labeled]] = {}
  identity_sentences: _Texts = ()
  facts: _Texts = ()
