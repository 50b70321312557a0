"""Characters that readers take for one: contents of character classes, for Python's re and TensorFlow's RE2 alike."""

# Quotation marks and letters that stand for an apostrophe on some keyboards, in some fonts and languages; U+0091 and
# U+0092 are the quotation marks of Windows, read as Latin-1.
APOSTROPHES = (
    '\u0091\u0092\u02b9-\u02bd\u02c8\u02ca\u02cb\u02f4\u0374\u055a\u05f3\u07f4\u07f5\u2018\u2019\u201b\u2032\u2035'
    '\u275b\u275c\ua78b\ua78c')
# Unicode's property Default_Ignorable_Code_Point, which neither Python nor RE2 knows: soft hyphens, joiners, marks of
# direction and byte order, variation selectors and the like.
INVISIBLE = (
    '\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f'
    '\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff')
# Marks that, behind a space, are what NFKC makes of accents that stand alone and look like an apostrophe.
ACCENTS = '\u0301\u0313\u0314'
