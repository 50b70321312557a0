"""Feature keys, split names, reserved tokens, signature names: the only place that spells them.

Imports nothing, so that every other package can read the names without loading TensorFlow.
"""

# Splits of the examples. Reviews without a label have a split of their own, which only some models learn from.
TRAIN, EVAL, TEST = SPLITS = ('train', 'eval', 'test')
UNLABELED = 'unlabeled'
AUGMENTED = 'augmented'  # made from train by AugmentationGen, for models that learn from it beside train
AUGMENTED_ID = 'augmented-'  # how its ids begin
SENTENCES = 'sentences'  # cut out of train and of unlabeled reviews by SentenceGen, for a teacher to label
SENTENCE_ID = 'sentence-'  # how the ids of the split SENTENCES begin
# How the keys of a teacher's scores begin: those of unlabeled and of labeled examples. Their ids come from sources that
# may number their rows alike.
TEACHER_KEYS = ('unlabeled ', 'labeled ')

# Raw examples, as ImdbExampleGen writes them.
TEXT = 'text'  # bytes, UTF-8
LABEL = 'label'  # int64: 0 negative, 1 positive, NO_LABEL in the split UNLABELED
NO_LABEL = -1  # as in scikit-learn's semi-supervised estimators
RATING = 'rating'  # int64: star rating, 1 to 10; 0 if the source has none
REVIEW_ID = 'review_id'  # bytes
WORD_COUNT_BUCKET = 'word_count_bucket'  # bytes: number of words to a power of two, such as 64-127; for statistics only

# Transformed examples.
TOKENS = 'tokens'  # int64 [batch, max_length], padded with PADDING_ID
LENGTH = 'length'  # int64 [batch]: number of tokens without the padding, including the start token
SHORT_TOKENS = 'short_tokens'  # int64 [batch, short_length]: ids of the first words, without marks, if requested
WORDS = 'words'  # int64 [batch]: number of words of the whole text, also beyond max_length
OOV_WORDS = 'oov_words'  # int64 [batch]: how many of them are out of vocabulary
NGRAM_IDS = 'ngram_ids'  # int64, sparse [batch, n-grams]: only for models that request n-grams
NGRAM_WEIGHTS = 'ngram_weights'  # float32, sparse [batch, n-grams]
WORDPIECES = 'wordpieces'  # int64 [batch, max_pieces], ids of an encoder's vocabulary: only for models that request it
WORDPIECE_LENGTH = 'wordpiece_length'  # int64 [batch]: number of them without the padding

# The vocabulary file starts with the reserved tokens, so a token's line number is its id. The tokenizer removes
# angle brackets, so no text can contain a reserved token.
RESERVED_TOKENS = ('<pad>', '<start>', '<oov>')
PADDING_ID, START_ID, OOV_ID = range(len(RESERVED_TOKENS))
VOCABULARY = 'vocabulary'  # name of the vocabulary asset

# Signatures of an exported SavedModel, their inputs and outputs. The Evaluator's configuration names SERVING_SIGNATURE
# and SLICES_SIGNATURE, and is applied to older models too: these two names cannot change any more.
SERVING_SIGNATURE = 'serving_default'  # EXAMPLES to SCORES
TEXT_SIGNATURE = 'predict_text'  # TEXT, string [batch], to SCORES
TRANSFORM_SIGNATURE = 'transform_features'  # EXAMPLES to the transformed features
SLICES_SIGNATURE = 'slice_features'  # EXAMPLES to LENGTH_BUCKET and OOV_BUCKET
COVERAGE_SIGNATURE = 'count_known_words'  # TEXT to KNOWN_WORDS; models of earlier versions lack it
EXAMPLES = 'examples'  # string [batch]: serialized tf.Examples
SCORES = 'scores'  # float32 [batch, 1]: probability of the positive class
SCORING_SIGNATURES = {EXAMPLES: SERVING_SIGNATURE, TEXT: TEXT_SIGNATURE}  # by their only input; the output is SCORES
KNOWN_WORDS = 'known_words'  # int64 [batch]: words, or n-grams, of a text that the model reads and knows
LENGTH_BUCKET = 'length_bucket'  # string [batch], such as '100-199 words'
OOV_BUCKET = 'oov_bucket'  # string [batch], such as '1-3 % unknown'
