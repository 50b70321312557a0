"""Texts of every kind: defined ids, a finite score, and the same of both in training and in serving."""

import numpy as np
import pytest
import tensorflow as tf

from models import features
from models import model as model_lib
from models import registry
from models.training import exports
from models.training import inputs
from models.training import job
from models.training import loop
from tests import transforming

_START, _UNKNOWN = 1, 2
# A text, and its words; None where only that training and serving agree is asked.
_TEXTS = {
    'no word': ('', []),
    'one word': ('film', ['film']),
    '100,000 words': ('good film ' * 50_000, None),
    'whitespace': (' \t\r\n\u00a0\u3000 ', []),
    'punctuation': ('... !!! -- "" ;)', []),
    'unknown words': ('zzz qqq xxx', ['zzz', 'qqq', 'xxx']),
    'emoji': ('\U0001f600 film \U0001f468\u200d\U0001f469\u200d\U0001f467', ['film']),
    'Chinese': ('\u6620\u753b film', ['\u6620\u753b', 'film']),
    'right to left': ('\u0633\u06cc\u0646\u0645\u0627 \u202efilm\u202c \u05e1\u05e8\u05d8',
                      ['\u0633\u06cc\u0646\u0645\u0627', 'film', '\u05e1\u05e8\u05d8']),
    'control characters': ('good\x00film\x07bad\x1bfilm', ['good', 'film', 'bad', 'film']),
    'line ends in a word': ('go\rod fi\nlm', ['go', 'od', 'fi', 'lm']),
    'HTML': ('<p class="x">good<BR/>film</p>&nbsp;<br />bad', ['p', 'class', 'x', 'good', 'film', 'p', 'bad']),
    'written otherwise': ('g&#111;od \ufb01lm \uff42\uff41\uff44 go\u00adod', ['good', 'film', 'bad', 'good']),
    'no UTF-8': (b'good \xff\xfe film\xc3', ['good', 'film']),
}


@pytest.fixture(scope='module', params=['cnn', 'ngrams'])  # tokens and n-grams are all features but the encoder's
def seen(request, tmp_path_factory):
  """(what Transform made of the texts, the Estimator's scores of that, the exported model, its vocabulary)."""
  top = tmp_path_factory.mktemp('texts')
  texts = [text if isinstance(text, bytes) else text.encode() for text, _ in _TEXTS.values()]
  rest = [b'good film', b'bad film'] * 20
  model = registry.get(request.param)
  hparams = model.hparams.replace({'max_length': 50, 'batch_size': 10})
  rows, output = transforming.transform(
      texts + rest, top, labels=[index % 2 for index in range(len(texts + rest))],
      **{**hparams.preprocessing(), 'vocab_size': 20})
  transforming.write(rows, output, top / 'data.gz')
  vocabulary = output.vocabulary_by_name(features.VOCABULARY)
  estimator = job.build_estimator(
      model, model_lib.Params(hparams, vocab_size=len(vocabulary), seed=0), str(top / 'run'), 10)
  spec = output.transformed_feature_spec()
  best = loop.train(
      estimator, lambda skip: inputs.input_fn(str(top / 'data.gz'), spec, 10, 0, skip),
      lambda: inputs.input_fn(str(top / 'data.gz'), spec, 10), 10, 0)
  exports.export_saved_model(estimator, output, best.path, str(top / 'model'))
  read = lambda: inputs.input_fn(str(top / 'data.gz'), spec, 10)
  ids = [id_ for batch, _ in read() for id_ in batch[features.REVIEW_ID].numpy()]
  scores = {id_: float(each['logistic'][0])
            for id_, each in zip(ids, estimator.predict(read, checkpoint_path=best.path), strict=True)}
  trained = [scores[row[features.REVIEW_ID]] for row in rows[:len(texts)]]
  return rows[:len(texts)], trained, tf.saved_model.load(str(top / 'model')), vocabulary


def _example(text):
  value = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text]))
  return tf.train.Example(features=tf.train.Features(feature={features.TEXT: value})).SerializeToString()


@pytest.mark.slow
@pytest.mark.parametrize('index, name', enumerate(_TEXTS))
def test_training_and_serving_give_a_text_the_same_ids_and_score(seen, index, name):
  rows, trained, model, vocabulary = seen
  text, words = _TEXTS[name]
  text = text if isinstance(text, bytes) else text.encode()
  served = model.signatures[features.TRANSFORM_SIGNATURE](examples=tf.constant([_example(text)]))
  tokens, length = served[features.TOKENS].numpy()[0], int(served[features.LENGTH].numpy()[0])
  row = rows[index]
  np.testing.assert_array_equal(row[features.TOKENS][:length], tokens[:length])
  assert row[features.LENGTH] == length and not tokens[length:].any() and not row[features.TOKENS][length:].any()
  if words is not None:
    ids = {word.decode(): id_ for id_, word in enumerate(vocabulary)}
    assert tokens[:length].tolist() == [_START, *(ids.get(word, _UNKNOWN) for word in words)]
  score = model.signatures[features.TEXT_SIGNATURE](text=tf.constant([text]))[features.SCORES].numpy()[0, 0]
  assert np.isfinite(score) and 0 <= score <= 1
  assert score == pytest.approx(trained[index], abs=1e-5)
