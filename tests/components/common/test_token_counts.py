import pytest
import tensorflow as tf

from components.common import token_counts


@pytest.fixture(name='pattern')
def _pattern(tmp_path):
  for name, rows in (('a', [[1, 3, 3, 0], [1, 2, 0, 0]]), ('b', [[1, 4, 2, 3]])):
    with tf.io.TFRecordWriter(str(tmp_path / f'{name}.gz'), 'GZIP') as writer:
      for row in rows:
        example = tf.train.Example()
        example.features.feature['tokens'].int64_list.value.extend(row)
        writer.write(example.SerializeToString())
  return str(tmp_path / '*')


def test_tokens_are_counted_over_all_files(pattern):
  counts = token_counts.count_tokens(pattern, 7)
  assert counts.tolist() == [3, 3, 2, 3, 1, 0, 0]
  assert counts.dtype == 'int64'


def test_id_beyond_the_vocabulary_is_refused(pattern):
  with pytest.raises(ValueError, match='token id 4 is not in a vocabulary of 4'):
    token_counts.count_tokens(pattern, 4)
