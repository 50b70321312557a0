"""tensorflow_transform.tf_utils: a lookup table that is read from an analyzer's asset, with values of any type.

The public tft.apply_vocabulary makes the same tables, but only with int64 line numbers as their values; the weights of
n-grams are float32. A plain tf.lookup table does not know the path of the asset while Transform analyzes the data.
Checked: tests/models/test_ngrams.py compares the weights that come out of such tables with scikit-learn's.
"""

from tensorflow_transform import tf_utils

PINNED = {'tensorflow-transform': '1.15.0'}

construct_and_lookup_table = tf_utils.construct_and_lookup_table
