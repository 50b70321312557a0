"""The labels of a teacher: mixed with the real ones as a mixed loss would be, and read where there are some."""

import numpy as np
import pytest
import tensorflow as tf

from components.common import examples as examples_lib
from models import features
from models import registry
from models.training import inputs
from models.training import job
from models.training import teacher_labels

_SCORES = {'labeled a': 0.9, 'labeled b': 0.2, 'unlabeled a': 0.3, 'unlabeled sentence-1': 0.6}
_IDS = ['a', 'b', 'c', 'a', 'd', 'sentence-1', 'sentence-2']
_LABELS = [1, 1, 0, -1, -1, -1, -1]  # c, d and sentence-2 have no score
_SPEC = {features.LABEL: tf.io.FixedLenFeature([], tf.int64), features.REVIEW_ID: tf.io.FixedLenFeature([], tf.string)}


@pytest.fixture(scope='module', name='path')
def _path(tmp_path_factory):
  path = tmp_path_factory.mktemp('scores') / 'scores.tsv'
  path.write_text(''.join(f'{key}\t{score}\n' for key, score in _SCORES.items()))
  return str(path)


def _cross_entropy(label, logit):
  return -label * np.log(1 / (1 + np.exp(-logit))) - (1 - label) * np.log(1 / (1 + np.exp(logit)))


@pytest.mark.parametrize('weight, temperature', [(0.5, 1.0), (0.3, 2.0), (1.0, 0.5), (0.0, 1.0)])
def test_the_loss_is_the_mixture_of_both_losses(path, weight, temperature):
  teacher = teacher_labels.TeacherLabels(path, weight, temperature, fills_missing=False)
  mixed = teacher.mix(teacher.load_table(), tf.constant([1, 1, 0, -1], tf.int64), tf.constant(['a', 'b', 'c', 'a']))
  logits = np.array([0.7, -1.2, 2.0, -0.4])
  losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=tf.cast(mixed, tf.float64), logits=logits).numpy()
  scores = np.array([0.9, 0.2, 0.3])
  soft = 1 / (1 + ((1 - scores) / scores) ** (1 / temperature))  # the logit divided by the temperature
  expected = [weight * _cross_entropy(soft[n], logits[n]) + (1 - weight) * _cross_entropy(1, logits[n]) for n in (0, 1)]
  expected += [_cross_entropy(0, logits[2]), _cross_entropy(soft[2], logits[3])]
  np.testing.assert_allclose(losses, expected, rtol=1e-5)


@pytest.mark.parametrize('score', [0.0, 1.0])
def test_sure_scores_stay_finite(score):
  assert abs(float(teacher_labels.soften(tf.constant([score]), 2.0)[0]) - score) < 0.01


@pytest.fixture(scope='module', name='examples')
def _examples(tmp_path_factory):
  """A file of transformed examples of train, unlabeled and sentences."""
  path = str(tmp_path_factory.mktemp('examples') / 'examples.gz')
  with tf.io.TFRecordWriter(path, 'GZIP') as writer:
    for review_id, label in zip(_IDS, _LABELS):
      writer.write(examples_lib.encode_example(b'', label, review_id=review_id).SerializeToString())
  return path


@pytest.mark.parametrize('fills_missing, expected', [
    (False, {('a', 0.95), ('b', 0.6), ('c', 0.0), ('a', 0.3), ('sentence-1', 0.6)}),
    (True, {('a', 0.95), ('b', 0.6), ('c', 0.0), ('a', 0.3), ('sentence-1', 0.6), ('d', -1.0)})])
def test_what_has_neither_label_nor_score_is_not_read(examples, path, fills_missing, expected):
  teacher = teacher_labels.TeacherLabels(path, 0.5, 1.0, fills_missing)
  assert inputs.count_examples(examples, teacher) == len(expected)
  with tf.Graph().as_default(), tf.compat.v1.Session() as session:  # as in an Estimator
    batches = tf.compat.v1.data.make_initializable_iterator(inputs.input_fn(examples, _SPEC, 10, teacher=teacher))
    features_op, labels_op = batches.get_next()
    session.run([tf.compat.v1.tables_initializer(), batches.initializer])
    review_ids, labels = session.run([features_op[features.REVIEW_ID], labels_op])
  assert {(id_.decode(), round(float(label), 6)) for id_, label in zip(review_ids, labels)} == expected


# 7 texts, of which 6 are read, and 2 are of train; AugmentationGen makes 4 times as many examples at most.
@pytest.mark.parametrize('more, made, times', [(0, 3.5, 1), (32, 4, 5)])
def test_augmented_examples_keep_their_share(tmp_path, path, more, made, times):
  unlabeled = [f'more-{number}' for number in range(more)]
  splits = {features.TRAIN: [('a', 1), ('b', 1)], features.AUGMENTED: [('augmented-1', 0)],
            features.UNLABELED: [('a', -1), ('d', -1), ('e', -1), *((name, -1) for name in unlabeled)],
            features.SENTENCES: [('sentence-1', -1), ('sentence-2', -1)]}
  scores = tmp_path / 'scores.tsv'
  scores.write_text(open(path).read() + ''.join(
      f'unlabeled {name}\t0.7\n' for name in ['sentence-2', 'e', *unlabeled]))
  for split, rows in splits.items():
    (tmp_path / f'Split-{split}').mkdir()
    with tf.io.TFRecordWriter(str(tmp_path / f'Split-{split}' / 'examples.gz'), 'GZIP') as writer:
      for review_id, label in rows:
        writer.write(examples_lib.encode_example(b'', label, review_id=review_id).SerializeToString())
  patterns = {split: str(tmp_path / f'Split-{split}' / '*') for split in splits}
  teacher = teacher_labels.TeacherLabels(str(scores), 0.5, 1.0, False)
  for name, expected in ('cnn', registry.get('cnn').hparams.short_weight / (made * times)), ('ngrams', 1):
    files, hparams = job.weigh_augmented(list(patterns.values()), registry.get(name).hparams, teacher)
    assert sorted(files) == sorted([*patterns.values(), *[patterns[features.AUGMENTED]] * (times - 1)])
    assert hparams.short_weight == expected
