"""A teacher scores what a student learns from, resumes after an interruption, and is refused for what it has seen."""

import json
import logging

import numpy as np
import pytest
import tensorflow as tf
from tfx.types import artifact_utils
from tfx.types import standard_artifacts

from components.common import artifacts
from components.common import examples as examples_lib
from components.common import review_scores
from components.sentence_gen import executor as sentence_executor
from components.teacher_scores import executor
from components.teacher_scores import outputs
from components.teacher_scores import progress_line
from components.teacher_scores import seen_reviews
from components.teacher_scores import shards
from components.teacher_scores import teachers
from components.versioned_pusher import push_and_rollback
from models import encoder_files
from models import features
from models.networks import precision
from models.text import wordpiece
from pipeline import config as config_lib
from pipeline import pipeline as pipeline_lib
from pipeline.local import command_line
from tests import encoders

_REVIEWS = {
    'train': [('The film was great. I liked the plot and the cast.', 1),
              ('It was boring.<br />Awful and dull film.', 0)],
    'unlabeled': [('A clever plot, and a lovely cast!', -1)],
    'eval': [('A sentence of eval, which nobody may read.', 1)], 'test': [('Another sentence, which is of test.', 0)]}


@pytest.fixture(scope='module', name='encoder')
def _encoder(tmp_path_factory):
  return encoders.write(tmp_path_factory.mktemp('teacher') / 'encoder')


@pytest.fixture(scope='module', name='examples')
def _examples(tmp_path_factory):
  """Examples as ImdbExampleGen leaves them; the ids of train and unlabeled are the same."""
  examples = standard_artifacts.Examples()
  examples.uri = str(tmp_path_factory.mktemp('examples'))
  examples.split_names = artifact_utils.encode_split_names(list(_REVIEWS))
  examples.set_string_custom_property('data_hash', 'abc')
  examples.set_string_custom_property('settings', '{"eval_share": 0.1}')
  examples.set_int_custom_property('eval', 1)
  for split, reviews in _REVIEWS.items():
    path = f'{examples.uri}/Split-{split}'
    tf.io.gfile.makedirs(path)
    with tf.io.TFRecordWriter(f'{path}/data.gz', 'GZIP') as writer:
      for number, (text, label) in enumerate(reviews):
        writer.write(examples_lib.encode_labelled_example(text.encode(), label, 0, str(number)).SerializeToString())
  return examples


def _cut(examples, directory, dose):
  output = standard_artifacts.Examples()
  output.uri = str(directory)
  sentence_executor.Executor().Do(
      {'examples': [examples]}, {'examples_with_sentences': [output]}, {'dose': dose, 'seed': 0})
  return output


def test_sentences_come_from_train_and_unlabeled_only(examples, tmp_path):
  output = _cut(examples, tmp_path, 10.0)
  found = list(examples_lib.read_examples(output.uri, features.SENTENCES))
  assert sorted(example.text.decode() for example in found) == [
      'A clever plot, and a lovely cast!', 'Awful and dull film.', 'I liked the plot and the cast.',
      'The film was great.']
  assert {example.label for example in found} == {features.NO_LABEL}
  assert artifact_utils.decode_split_names(output.split_names) == [*_REVIEWS, features.SENTENCES]
  assert len(list(examples_lib.read_examples(output.uri, features.EVAL))) == 1
  assert _cut(examples, tmp_path / 'fewer', 1.0).get_int_custom_property(features.SENTENCES) == 2


def _do(examples, teacher, directory, **properties):
  output = artifacts.TeacherScoresArtifact()
  output.uri = str(directory / 'teacher_scores' / '7')
  executor.Executor().Do(
      {'examples': [examples], 'sentences': [_cut(examples, directory / 'sentences', 10.0)]},
      {'teacher_scores': [output]},
      {'teacher': teacher, 'teacher_name': 'tiny', 'may_have_seen_eval': 1, 'reviews': 0, 'scores_train': 1,
       'max_pieces': 32, 'load_encoder': 'models.networks.encoder_scorer.load_scorer', 'code': '', **properties})
  return output


@pytest.mark.slow
@pytest.mark.parametrize('cpu_flags, tolerance', [('sse avx2', 1e-4), ('sse amx_bf16', 0.05)])
def test_scores_are_the_teachers_own(cpu_flags, tolerance, examples, encoder, tmp_path, monkeypatch):
  (tmp_path / 'cpu').write_text(f'flags: {cpu_flags}\n')
  monkeypatch.setattr(precision, '_CPU_FLAGS', str(tmp_path / 'cpu'))
  output = _do(examples, encoder, tmp_path)
  lines = dict(line.split('\t') for line in open(f'{output.uri}/{outputs.SCORES_FILE}', encoding='utf-8'))
  assert len(lines) == 7 and {'labeled 0', 'labeled 1', 'unlabeled 0'} < set(lines)
  texts = [text for split in ('train', 'unlabeled') for text, _ in _REVIEWS[split]]
  ids, lengths = wordpiece.encode(tf.constant(texts), encoder_files.read_tokenizer(encoder), 32)
  expected = [encoders.score(encoder, row[:length]) for row, length in zip(ids.numpy(), lengths)]
  found = [float(lines[key]) for key in ('labeled 0', 'labeled 1', 'unlabeled 0')]
  difference = np.abs(np.subtract(found, expected)).max()
  assert difference < tolerance and (difference > 1e-4) == ('bf16' in cpu_flags)
  assert [path.name for path in (tmp_path / 'teacher_scores').iterdir()] == ['7']  # no shard is left
  model = outputs.describe_teacher([output])
  assert model['teacher'] == 'tiny' and model['teacher_hash'] == executor.content_hash(encoder)
  assert model['teacher_scored'] == model['teacher_available'] == 7 and model[outputs.SEEN_EVAL] == 1
  assert 'tiny, that may have seen' in str(outputs.seen_eval_warning(model))
  assert outputs.seen_eval_warning({**model, outputs.SEEN_EVAL: 0}) is None


def test_fewer_texts_are_scored_on_request(examples, encoder, tmp_path, monkeypatch):
  monkeypatch.setattr(executor, '_load_scorer', lambda unused: lambda texts: [0.5] * len(texts))
  assert _do(examples, encoder, tmp_path, reviews=2).get_int_custom_property('scored') == 2
  without_train = _do(examples, encoder, tmp_path, scores_train=0)
  assert without_train.get_int_custom_property('available') == 5
  with open(f'{without_train.uri}/{outputs.SCORES_FILE}', encoding='utf-8') as file:
    assert all(line.startswith('unlabeled ') for line in file)


def test_a_teacher_without_texts_is_refused(examples, encoder, tmp_path, monkeypatch):
  monkeypatch.setattr(executor, 'read_texts', lambda *unused: [])
  with pytest.raises(ValueError, match='nothing to score: there is nothing unlabeled'):
    _do(examples, encoder, tmp_path)


class _Teacher:
  """Scores a text by its number, and is interrupted before its n-th shard."""

  def __init__(self, interrupted_at=None):
    self.scored, self._interrupted_at = 0, interrupted_at

  def load(self):
    return self

  def __call__(self, texts):
    if self._interrupted_at is not None and self.scored // 10 == self._interrupted_at:
      raise KeyboardInterrupt
    self.scored += len(texts)
    return [int(text) / 1_000 for text in texts]


@pytest.fixture(name='small_shards')
def _small_shards(monkeypatch):
  monkeypatch.setattr(shards, '_SHARD', 10)


def test_an_interrupted_scoring_is_resumed(small_shards, tmp_path, caplog):
  texts, first, second = [str(number) for number in range(75)], _Teacher(interrupted_at=4), _Teacher()
  with pytest.raises(KeyboardInterrupt):
    shards.score_texts(texts, str(tmp_path), first.load, 0)
  with caplog.at_level(logging.INFO, 'components.teacher_scores.shards'):
    scores = shards.score_texts(texts, str(tmp_path), second.load, 0)
  assert (first.scored, second.scored) == (40, 35)
  np.testing.assert_allclose(scores, np.arange(75) / 1_000, rtol=1e-6)
  assert caplog.messages[0].startswith('50 of 75 texts scored, ') and caplog.messages[-1].endswith(', 0 min left')


def test_the_number_is_what_the_time_allows_and_kept(small_shards, monkeypatch, tmp_path, caplog):
  clock = iter(range(0, 1_000))
  monkeypatch.setattr(shards.time, 'monotonic', lambda: next(clock))
  monkeypatch.setattr(shards, '_SECONDS', 6)
  texts = [str(number) for number in range(200)]
  with caplog.at_level(logging.INFO, 'components.teacher_scores.shards'):
    assert len(shards.score_texts(texts, str(tmp_path), _Teacher().load, 0)) == 60  # 10 texts a second
  assert '60 of 200 texts are scored' in caplog.text
  monkeypatch.setattr(shards, '_SECONDS', 1_000)
  assert len(shards.score_texts(texts, str(tmp_path), _Teacher(0).load, 0)) == 60  # nothing is scored again


def test_a_teacher_without_probabilities_is_refused(tmp_path):
  with pytest.raises(ValueError, match='something else than probabilities'):
    shards.score_texts(['2000'], str(tmp_path), _Teacher().load, 0)
  assert not list(tmp_path.glob('*.npy'))


def _version(directory, examples, **changes):
  """Make a version with the manifest of one that was pushed from the same data with the same splits."""
  directory.mkdir()
  (directory / 'saved_model.pb').touch()
  (directory / push_and_rollback.EXTRA).mkdir()
  manifest = {
      'data': [{'data_hash': 'abc', 'settings': '{"eval_share": 0.1}', 'eval': 1}], 'version': 12,
      'test_hash': review_scores.hash_split(examples.uri, 'test'), 'model': {'model': 'cnn'}, **changes}
  (directory / push_and_rollback.MANIFEST).write_text(json.dumps(manifest))
  return str(directory)


@pytest.mark.parametrize('changes, seen', [
    ({}, False), ({'data': [{'data_hash': 'abc', 'settings': '{"eval_share": 0.2}', 'eval': 1}]}, True),
    ({'data': [{'data_hash': 'abc', 'settings': '{"eval_share": 0.1}', 'eval': 2}]}, True),
    ({'data': [{'data_hash': 'other'}]}, True), ({'data': []}, True), ({'test_hash': None}, True),
    ({'model': {outputs.SEEN_EVAL: 1}}, True), ({'model': {'encoder': 'e', 'encoder_is_classifier': 1}}, True),
    ({'model': {'encoder': 'e'}}, True), ({'model': {'encoder': 'e', 'encoder_is_classifier': 0}}, False)])
def test_a_teacher_that_may_have_seen_eval_needs_the_flag(examples, tmp_path, changes, seen):
  version = _version(tmp_path / '12', examples, **changes)
  assert seen_reviews.check_seen(version, examples, True) == seen
  if seen:
    with pytest.raises(ValueError, match='--teacher-saw-eval'):
      seen_reviews.check_seen(version, examples, False)
  else:
    assert not seen_reviews.check_seen(version, examples, False)


def test_a_teacher_that_has_seen_test_is_refused(examples, tmp_path):
  version = _version(tmp_path / '12', examples, test_hash='other')
  with pytest.raises(ValueError, match='has seen reviews of this run.s test split'):
    seen_reviews.check_seen(version, examples, True)


def test_the_hash_of_a_version_leaves_out_what_a_push_adds(examples, tmp_path):
  versions = [_version(tmp_path / name, examples, version=name) for name in ('1', '2')]
  assert len({executor.content_hash(version) for version in versions}) == 1
  assert teachers.describe(versions[1]) == 'cnn, version 2'


def test_directories_that_cannot_teach_are_refused(tmp_path):
  with pytest.raises(ValueError, match='neither saved_model.pb nor config.json'):
    teachers.check(str(tmp_path))
  base = encoders.write(tmp_path / 'base', is_classifier=False)
  with pytest.raises(ValueError, match='train it first with --model encoder'):
    teachers.check(base)


def _create_config(*flags):
  return command_line.create_configs(command_line.build_parser().parse_args(flags))[0]


def test_settings_of_a_teacher_need_one(encoder):
  for flags, message in (
      (['--teacher-reviews', '5'], 'teacher_reviews is set, but there is no teacher'),
      (['--teacher', encoder], 'may have seen reviews of eval'),
      (['--teacher', encoder, '--teacher-saw-eval'], 'reads from 3 to 64 pieces')):
    with pytest.raises(ValueError, match=message):
      _create_config(*flags)
  flags = ['--teacher', encoder, '--teacher-saw-eval', '--unlabeled', 'unlabeled.csv']
  assert _create_config(*flags, '--set', 'teacher_pieces=64').teacher == encoder


def test_a_number_is_that_of_a_pushed_version(examples, tmp_path):
  (tmp_path / 'serving' / 'sentiment').mkdir(parents=True)
  version = _version(tmp_path / 'serving' / 'sentiment' / '12', examples)

  config = _create_config('--output-dir', str(tmp_path), '--teacher', '12', '--teacher-reviews', '7')
  assert (config.teacher, config.teacher_name, config.teacher_reviews) == (version, '12', 7)
  for flags, message in ((['--teacher', '13'], 'no such version'), (['--teacher', ''], '--teacher is empty'),
                         (['--teacher', '12', '--teacher-reviews', '0'], 'must be at least 1')):
    with pytest.raises(ValueError, match=message):
      _create_config('--output-dir', str(tmp_path), *flags)


def _nodes(**fields):
  config = config_lib.PipelineConfig(data='reviews.csv', output_dir='output', model='cnn', **fields)
  return {node.id: node for node in pipeline_lib.create_pipeline(config).components}


def test_a_teacher_changes_its_own_step_and_the_student(encoder):
  with_teacher = {'teacher': encoder, 'teacher_saw_eval': True, 'teacher_pieces': 64, 'teacher_sentences': 0.5}
  nodes = _nodes(**with_teacher)
  keys = {name: json.dumps(node.exec_properties, default=str) for name, node in nodes.items()}
  assert {'SentenceGen', 'TeacherScores'} == set(nodes) - set(_nodes())
  others = _nodes(**{**with_teacher, 'teacher_pieces': 32})
  changed = {name for name, node in others.items() if json.dumps(node.exec_properties, default=str) != keys[name]}
  assert changed == {'TeacherScores'}
  unread = _nodes(**with_teacher, hparams={'teacher_weight': 0.0})
  assert unread['TeacherScores'].exec_properties['scores_train'] == 0 != nodes['TeacherScores'].exec_properties[
      'scores_train']
  assert {'TeacherScores'} < {node.id for node in nodes['Trainer'].upstream_nodes}
  assert 'TeacherScores' not in {node.id for node in nodes['Transform'].upstream_nodes}
  assert 'SentenceGen' not in _nodes(**{**with_teacher, 'teacher_sentences': 0.0})


def test_the_terminal_warns_of_eval():

  class Execution:
    def value(self, key, name):
      return {'teacher': 'tiny', 'scored': 1_500, 'available': 2_000, 'seen_eval': 1}[name]

  line = progress_line.describe(Execution())
  assert line.warning and line.text.startswith('1,500 of 2,000 texts scored by tiny, which may have seen eval')
