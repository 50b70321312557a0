"""Augmented examples: what is made, that it is the same every time, and that nothing else changes."""

import collections
import json
import random
import re

import pytest
import tensorflow as tf
from tfx.types import artifact_utils
from tfx.types import standard_artifacts

from components.augmentation_gen import compositions
from components.augmentation_gen import exchange
from components.augmentation_gen import executor
from components.augmentation_gen import lexicon as lexicon_lib
from components.augmentation_gen import progress_line
from components.augmentation_gen import rules
from components.augmentation_gen import sentences
from components.common import examples as examples_lib
from models import augmentation
from models.text import counts as counts_lib
from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib

_LEXICON = lexicon_lib.Lexicon()
_POSITIVE = ('The plot is clever. Tom gives a wonderful performance, a great one. In 1999 I saw it with my Muslim '
             'friend in London and loved it. It is not bad. See it at 9.')
_NEGATIVE = 'An awful film. The story is boring and the acting is dull. I saw it in Paris with Anna and hated it.'
_DOSES = {**dict.fromkeys(sentences.KINDS, 0.1), 'snippets': 0.2, 'reviews': 0.1, 'mentions': 0.1}


def _choose_first(options):
  return options[0]


@pytest.mark.parametrize('text, expected', [
    ('This is an awful film.', 'This is a great film.'),
    ('A GREAT plot, Brilliant too!', 'An AWFUL plot, Dreadful too!'),
    ('I hated it, and it was a low-point.', 'I loved it, and it was a highlight.'),
    ('He wore a hat.', 'He wore a hat.')])
def test_opinion_words_become_their_opposites(text, expected):
  assert _LEXICON.exchange(text, _choose_first) == expected


@pytest.mark.parametrize('text, label', [(_POSITIVE, 1), (_NEGATIVE, 0)])
def test_the_label_flips_with_the_words_and_only_then(text, label):
  for seed in range(20):
    (snippet, own), (changed, flipped) = exchange.make('snippets', text, label, _LEXICON, random.Random(seed))
    assert snippet in text and (own, flipped) == (label, 1 - label)
    assert set(_LEXICON.find_polarities(snippet)) == {label} and 'not bad' not in snippet
    assert set(_LEXICON.find_polarities(changed)) == {1 - label}
    (changed, flipped), = exchange.make('reviews', text.replace('not bad', 'ok'), label, _LEXICON, random.Random(seed))
    assert flipped == 1 - label and _LEXICON.find_polarities(changed).count(label) == 0
    (snippet, own), (changed, kept) = exchange.make('mentions', text, label, _LEXICON, random.Random(seed))
    assert own == kept == label and changed != snippet
    assert _LEXICON.find_polarities(changed) == _LEXICON.find_polarities(snippet)


@pytest.mark.parametrize('text', [_POSITIVE, '<br /><br />', 'The film.'])
def test_a_review_without_agreeing_words_makes_nothing(text):
  assert not any(exchange.make(kind, text, 0, _LEXICON, random.Random(0)) for kind in {*exchange.KINDS} - {'facts'})


def test_a_fact_has_no_word_that_tells_the_label():
  lexicon = lexicon_lib.Lexicon(telling=['mediocre'])
  made = exchange.make('facts', 'They took the late train home. A mediocre film.', 0, lexicon, random.Random(0))
  assert made == [('They took the late train home.', 0), ('They took the late train home.', 1)]


def test_mentions_are_exchanged_within_their_group():
  text = 'Tom saw 8/10, 5 stars, 707 men in 1999 in Rome: @bob http://a.b/c, a gay Muslim, old, F117.'
  assert re.fullmatch(
      r'[A-Z]\w+ saw 8/10, 5 stars, \d{3} men in (19|20)\d\d in [A-Z]\w+: @\w+ \S+ a [a-z]+ [A-Z]?[a-z]+, old, F117.',
      exchange.exchange_mentions(text, random.Random(0)))


def _learn(positive, negative):
  tables = [lexicon_lib.count_words(negative, 0), lexicon_lib.count_words(positive, 1)]
  return lexicon_lib.learn(counts_lib.add_up(tables, at_once=True)[0])


def test_train_teaches_opposites():
  positive, negative = ['a very Sublime film, so sublime!'] * 30, ['a very insipid film about an actor'] * 30
  learned = _learn(positive, negative)
  assert learned.opposites['sublime'] == ['insipid'] and learned.polarity['insipid'] == 0
  assert 'actor' not in learned.polarity and learned.opposites['good'] == ['bad']
  assert _learn(positive, negative[:5]).polarity == _LEXICON.polarity


@pytest.mark.parametrize('kind', sentences.KINDS)
def test_sentences_come_in_pairs_of_opposite_labels(kind):
  made = list(sentences.generate(kind, 0, 200))
  assert made == list(sentences.generate(kind, 0, 120)) + list(sentences.generate(kind, 0, 80, start=120))
  assert made != list(sentences.generate(kind, 1, 200))
  labels = [0, 1, 0, 1, 0, 0] if kind == 'neutral' else [0, 1]
  assert [label for _, label in made] == (labels * 100)[:200]
  assert all((first == second) is (kind == 'neutral') for (first, _), (second, _) in zip(made[::2], made[1::2]))
  assert len({text for text, _ in made}) > 40


def test_every_rule_is_used_and_every_slot_is_filled():
  slots = {name for template in sentences.TEMPLATES for name in re.findall(r'{([a-z ]+)~?}', template)}
  assert slots >= {*rules.WORDS, *rules.RULES, *compositions.RULES} - {'questioned'}
  filled = {text for kind in sentences.KINDS for text, _ in sentences.generate(kind, 0, 600)}
  assert not [text for text in filled if '{' in text or '~' in text.replace('http', '')]
  assert len(filled) > 3_000


def _write(directory, split, *files):
  (directory / f'Split-{split}').mkdir(parents=True)
  for number, rows in enumerate(files):
    with tf.io.TFRecordWriter(str(directory / f'Split-{split}' / f'data_tfrecord-{number}.gz'), 'GZIP') as writer:
      for row in rows:
        writer.write(examples_lib.encode_labelled_example(*row).SerializeToString())


def _run(directory, *train, more_splits=(), most_times=2.0):
  """Run the executor on files of rows of train, which are those of the other splits, too; returns the output."""
  source, output = standard_artifacts.Examples(), standard_artifacts.Examples()
  source.uri, output.uri = str(directory / 'in'), str(directory / 'out')
  source.split_names = artifact_utils.encode_split_names(['train', 'eval', 'test', 'unlabeled'])
  for split in 'train', 'eval', 'test', 'unlabeled':
    _write(directory / 'in', split, *train)
  executor.Executor().Do(
      {'examples': [source]}, {'augmented_examples': [output]}, {
          'doses': json.dumps(_DOSES), 'more_splits': json.dumps(more_splits), 'most_times': most_times, 'seed': 0})
  return output


def _make_rows(count):
  return [(f'{_NEGATIVE if number % 2 else _POSITIVE} Review {number}.'.encode(), 1 - number % 2, 0, f'r{number}')
          for number in range(count)]


def _count_kinds(made):
  return collections.Counter(example.review_id.split('-')[1] for example in made)


@pytest.mark.slow
def test_only_a_split_is_added_however_the_work_is_shared(tmp_path):
  rows = _make_rows(300)
  output = _run(tmp_path / 'one', rows)
  assert artifact_utils.decode_split_names(output.split_names) == ['train', 'eval', 'test', 'unlabeled', 'augmented']
  files = lambda folder: {path.name: path.read_bytes() for path in folder.iterdir()}
  for split in ('train', 'eval', 'test'):
    assert files(tmp_path / 'one/out' / f'Split-{split}') == files(tmp_path / 'one/in' / f'Split-{split}')
  made = sorted(examples_lib.read_examples(output.uri, 'augmented'))
  assert made == sorted(examples_lib.read_examples(
      _run(tmp_path / 'three', rows[250:], rows[:100][::-1], rows[100:250]).uri, 'augmented'))
  assert len({example.review_id for example in made}) == len(made)
  kinds = _count_kinds(made)
  assert kinds == {**dict.fromkeys(sentences.KINDS, 30), 'snippets': 120, 'reviews': 30, 'mentions': 60}
  assert {example.label for example in made if 'reviews' in example.review_id} == {0, 1}

  class Execution:
    value = staticmethod(lambda key, name: output.get_string_custom_property(name))

  assert progress_line.counts(Execution) == kinds
  assert progress_line.describe(Execution).text.startswith('480 augmented examples: negation 30, plain 30, ')


@pytest.mark.slow
@pytest.mark.parametrize('more_splits, most_times', [  # no split is called sentences
    (['unlabeled', 'sentences'], 4.0), (['unlabeled', 'eval'], 2.0)])
def test_more_texts_to_learn_from_need_more_short_examples(tmp_path, more_splits, most_times):
  output = _run(tmp_path, _make_rows(300), more_splits=more_splits, most_times=most_times)
  made = list(examples_lib.read_examples(output.uri, 'augmented'))
  assert _count_kinds(made) == {**dict.fromkeys(sentences.KINDS, 60), 'snippets': 240, 'reviews': 30, 'mentions': 120}
  assert len({example.review_id for example in made}) == len(made)


@pytest.mark.slow
def test_both_labels_have_as_many_exchanged_reviews(tmp_path):
  rows = _make_rows(300)
  made = list(examples_lib.read_examples(_run(tmp_path, [*rows[::2], *rows[1:20:2]]).uri, 'augmented'))
  assert collections.Counter(each.label for each in made if 'reviews' in each.review_id) == {0: 8, 1: 8}


def _nodes(**fields):
  config = config_lib.PipelineConfig(data='reviews.csv', output_dir='output', **fields)
  nodes = pipeline_lib.create_pipeline(config).components
  return {node.id: json.dumps(node.exec_properties, default=str, sort_keys=True) for node in nodes}


def test_a_dose_runs_its_step_and_the_training_again():
  none = {f'augment_{kind}': 0 for kind in executor.KINDS}
  first, more = _nodes(hparams={**none, 'augment_negation': 0.1}), _nodes(hparams={**none, 'augment_negation': 0.2})
  assert {name for name in first if first[name] != more[name]} == {'AugmentationGen', 'Trainer'}
  assert _nodes(hparams={**none, 'augment_negation': 0.2}, augmentation=0.5) == first
  splits = json.loads(json.loads(first['Transform'])['splits_config'])
  assert splits == {'analyze': ['train'], 'transform': ['train', 'augmented', 'eval']}


def test_more_examples_are_made_with_a_teacher_alone(tmp_path):
  unlabeled = tmp_path / 'unlabeled.txt'
  unlabeled.write_text('A film.')
  alone, taught, other = (
      _nodes(model='wide_deep', unlabeled=str(unlabeled), **fields)
      for fields in ({}, {'teacher': 'one'}, {'teacher': 'two', 'teacher_reviews': 9}))
  more = [json.loads(json.loads(nodes['AugmentationGen'])['more_splits']) for nodes in (alone, taught)]
  assert more == [[], ['unlabeled']] and taught['AugmentationGen'] == other['AugmentationGen']


def test_no_dose_leaves_the_pipeline_as_it_is():
  off = _nodes(hparams={'augment_negation': 0.1}, augmentation=0)
  assert 'AugmentationGen' not in off and 'augmented' not in off['Transform'] + json.loads(off['Trainer'])['train_args']
  assert _nodes(model='bow_sparse', augmentation=0) == _nodes(model='bow_sparse')


def test_each_kind_has_a_dose_of_at_most_1():
  fields = augmentation.AugmentedHparams(**{f'augment_{kind}': 0.01 for kind in executor.KINDS})
  assert list(fields.augmentation()) == list(executor.KINDS)
  with pytest.raises(ValueError, match='augment_plain must be from 0 to 1, not 2'):
    _nodes(hparams={'augment_plain': 1.0}, augmentation=2)
  with pytest.raises(ValueError, match='augmentation must be at least 0'):
    _nodes(augmentation=-1)
