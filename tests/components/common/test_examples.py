import pytest
import tensorflow as tf

from components.common import examples


@pytest.mark.parametrize('example', [
    examples.RawExample('Über gut \U0001f600'.encode(), 1, 10, 'train/pos/1_10'),
    examples.RawExample(b'', 0, 0, ''),
    examples.RawExample(b'a caf\xe9 \xff', -1, 3, 'x'),
])
def test_decoding_returns_what_was_encoded(example):
  assert examples.decode_example(examples.encode_example(*example).SerializeToString()) == example


def test_example_of_a_text_alone_has_no_other_feature():
  example = examples.encode_example(b'fine')
  assert list(example.features.feature) == ['text']
  assert examples.decode_example(example.SerializeToString()) == (b'fine', -1, 0, '')


def test_features_have_the_schema_types():
  feature = examples.encode_example(b'fine', 1, 8, 'id').features.feature
  assert {name: value.WhichOneof('kind') for name, value in feature.items()} == {
      'text': 'bytes_list', 'label': 'int64_list', 'rating': 'int64_list', 'review_id': 'bytes_list'}


def test_review_id_of_invalid_utf8_still_reads():
  example = examples.encode_example(b'fine')
  example.features.feature['review_id'].bytes_list.value.append(b'a\xff')
  assert examples.decode_example(example.SerializeToString()).review_id == 'a\ufffd'


def test_record_that_is_not_an_example_is_refused():
  with pytest.raises(ValueError, match='a record of 10 bytes is not a tf.Example'):
    examples.decode_example(b'no example')


def test_example_without_a_text_is_refused():
  example = tf.train.Example()
  example.features.feature['label'].int64_list.value.append(1)
  with pytest.raises(ValueError, match="lacks the feature 'text'; its features are: label"):
    examples.decode_example(example.SerializeToString())


@pytest.fixture(name='uri')
def _uri(tmp_path):
  uri = tmp_path / 'a [1] * directory'
  (uri / 'Split-eval').mkdir(parents=True)
  for number, name in enumerate(('data-00001-of-2.gz', 'data-00000-of-2.gz', '.hidden')):
    with tf.io.TFRecordWriter(str(uri / 'Split-eval' / name), 'GZIP') as writer:
      for row in range(3):
        writer.write(examples.encode_example(b'fine', row, 0, f'{number}/{row}').SerializeToString())
  return str(uri)


def test_split_is_read_file_by_file_by_name(uri):
  ids = [example.review_id for example in examples.read_examples(uri, 'eval')]
  assert ids == ['1/0', '1/1', '1/2', '0/0', '0/1', '0/2']
  assert examples.decode_example(next(examples.read_records(uri, 'eval').as_numpy_iterator())).review_id == '1/0'


@pytest.mark.parametrize('limit, count', [(0, 0), (4, 4), (100, 6)])
def test_limit_bounds_the_examples_read(uri, limit, count):
  assert len(list(examples.read_examples(uri, 'eval', limit))) == count


def test_missing_split_is_named(uri):
  with pytest.raises(FileNotFoundError, match='Split-test: there is no such split'):
    list(examples.read_examples(uri, 'test'))
