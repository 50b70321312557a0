"""What labels mean: by the values of the whole column, or by --labels."""

import collections

import pytest

from components.imdb_example_gen import labels


@pytest.mark.parametrize('negative, positive', [
    (0, 1), ('0', '1'), (0.0, 1.0), (False, True), ('false', 'TRUE'), ('-1', '1'), (-1.0, 1), ('0', '4'),
    ('neg', 'pos'), ('Negative', 'POSITIVE '), ('NEG', 'POS'),
    ('no', 'Yes'), ('n', 'p'), ('N', 'Y'), ('-', '+'), ('-1', '+1')])
def test_obvious_labels_are_understood(negative, positive):
  normalized = labels.normalize(negative), labels.normalize(positive)
  meaning = labels.infer(dict.fromkeys(normalized, 5), 0.01)
  assert [meaning[label] for label in normalized] == [0, 1]


@pytest.mark.parametrize('values, flag', [
    ('12', '1=negative,2=positive'), ('12345', '1=negative,2=negative,3=none,4=positive,5=positive'),
    ('135', '1=negative,3=none,5=positive'), ('024', '0=negative,2=none,4=positive'), ('2', '2='),
    (('good', 'bad'), 'bad=?,good=?, with negative, positive or none for each'),
    (('negative', 'neutral', 'positive'), 'negative=negative,neutral=?,positive=positive'),
    (('__label__1', '__label__2'), '__label__1=')])
def test_ambiguous_labels_are_refused_with_the_flag(values, flag):
  with pytest.raises(ValueError, match='say what they mean with --labels, as in --labels ') as error:
    labels.infer(dict.fromkeys(values, 5), 0.01)
  assert f'--labels {flag}' in str(error.value)
  if '?' not in flag and ',' in flag:
    assert set(labels.parse(flag)) == set(values)


def test_a_column_of_many_values_is_perhaps_another():
  with pytest.raises(ValueError, match="'text 5' .1. and 4 others: name the column of the labels with --label-column"):
    labels.infer({f'text {number}': 1 for number in range(10)}, 0.01)


def test_minus_one_is_no_label_only_beside_0_and_1():
  assert labels.infer({'0': 9, '1': 9, '-1': 5}, 0.01)['-1'] == -1
  assert labels.infer({'1': 9, '-1': 5}, 0.01)['-1'] == 0


@pytest.mark.parametrize('good', [('0', '1'), ('-1', '1'), ('0', '4'), ('pos', 'neg')])
def test_a_typing_error_among_many_labels_is_not_ambiguous(good):
  counts = collections.Counter(dict.fromkeys(good, 100))
  assert '7' not in labels.infer({**counts, '7': 1}, 0.01)
  with pytest.raises(ValueError, match="'7' .10."):
    labels.infer({**counts, '7': 10}, 0.01)


@pytest.mark.parametrize('text', ['1', '1=good,2=bad', '=negative,2=positive', '1=negative', '1=negative,2=none', ','])
def test_a_wrong_flag_is_refused(text):
  with pytest.raises(ValueError, match=f'--labels {text}: '):
    labels.parse(text)


def test_the_flag_says_what_labels_mean():
  assert labels.parse('Bad=negative, 2.0=POSITIVE,3=none') == {'bad': 0, '2': 1, '3': -1}
  assert labels.parse('') == {}
