"""Every feature key, reserved token and id: the one source of these names."""

# Raw examples, as ImdbExampleGen writes them.
TEXT = 'text'  # bytes, UTF-8
LABEL = 'label'  # int64: 0 negative, 1 positive, NO_LABEL in the split of unlabeled reviews
NO_LABEL = -1
RATING = 'rating'  # int64, 1-10; 0 where the source gives none
REVIEW_ID = 'review_id'  # bytes

# Transformed examples.
TOKENS = 'tokens'  # int64 [batch, max_length], padded with PADDING_ID
LENGTH = 'length'  # int64 [batch]: the tokens in use, the start token included
WORDS = 'words'  # int64 [batch]: words of the whole review, beyond max_length too
OOV_WORDS = 'oov_words'  # int64 [batch]: those of them that are out of the vocabulary
NGRAM_IDS = 'ngram_ids'  # int64, sparse [batch, n-grams]: only for the models that ask for n-grams
NGRAM_WEIGHTS = 'ngram_weights'  # float32, sparse [batch, n-grams]

# The vocabulary file lists the reserved tokens first, so a token's line number is its id. The tokeniser drops
# angle brackets: no review can contain one of these.
RESERVED_TOKENS = ('<pad>', '<start>', '<oov>')
PADDING_ID, START_ID, OOV_ID = range(len(RESERVED_TOKENS))
VOCABULARY = 'vocabulary'  # the name of the vocabulary asset

# Signatures of an exported SavedModel, and their outputs. The Evaluator names serving_default and slice_features: once
# pushed, they stay.
SERVING_SIGNATURE = 'serving_default'  # serialized tf.Example in
TEXT_SIGNATURE = 'predict_text'  # plain strings in
TRANSFORM_SIGNATURE = 'transform_features'  # serialized tf.Example in, the transformed features out
SLICES_SIGNATURE = 'slice_features'  # serialized tf.Example in, the names of the buckets that follow out
LENGTH_BUCKET = 'length_bucket'  # string [batch]
OOV_BUCKET = 'oov_bucket'  # string [batch]
SCORES = 'scores'  # float32 [batch, 1]: the probability of the positive class
