"""Words for groups of people, which may share one token: see models/text/term_sharing.py.

Written for this project from common knowledge, and under its license. Words whose main use is another are not TERMS;
counts are of texts in train of the Large Movie Review Dataset. `black` (1,329) and `white` (1,014) mostly describe the
picture, and `straight` (677) goes `to` video: they count before a person or another term only. Left out are words that
tell mostly of a story or its genre (man, woman, young, old, teen), names (Shia, Roma), languages and religions as such
(Arabic, Christianity), and insults, which are opinions.
"""

_RACE = (
    'african africans arab arabs asian asians caucasian caucasians hispanic hispanics indigenous aboriginal latina '
    'latinas latino latinos biracial multiracial blacks whites')
_RELIGION = (
    'amish atheist atheists baptist buddhist buddhists catholic catholics christian christians evangelical hasidic '
    'hindu hindus islamic jew jewish jews lutheran methodist mormon mormons muslim muslims pagan pagans '
    'presbyterian protestant protestants quaker quakers rastafarian sikh sikhs sunni taoist wiccan zoroastrian')
_NATIONALITY = (
    'afghan albanian algerian american americans argentine argentinian armenian australian australians austrian '
    'bangladeshi belgian bolivian bosnian brazilian brazilians british bulgarian cambodian cameroonian canadian '
    'canadians chilean chinese colombian congolese croatian cuban cubans czech danish dominican dutch ecuadorian '
    'egyptian english estonian ethiopian european europeans filipino filipinos finnish french german germans '
    'ghanaian greek greeks guatemalan haitian honduran hungarian icelandic indian indians indonesian iranian iraqi '
    'irish israeli israelis italian italians ivorian jamaican japanese jordanian kazakh kenyan korean koreans '
    'kurdish kuwaiti lankan laotian latvian lebanese liberian libyan lithuanian malaysian maltese mexican mexicans '
    'mongolian moroccan nepalese nicaraguan nigerian norwegian pakistani pakistanis palestinian palestinians '
    'panamanian paraguayan persian peruvian polish portuguese qatari rican romanian russian russians rwandan saudi '
    'scottish senegalese serbian singaporean slovak slovenian somali spanish sudanese swedish swiss syrian taiwanese '
    'tanzanian thai tibetan tunisian turkish ugandan ukrainian uruguayan uzbek venezuelan vietnamese welsh yemeni '
    'zimbabwean')
_ORIENTATION = (
    'asexual bisexual bisexuals gay gays heterosexual heterosexuals homosexual homosexuals lesbian lesbians pansexual '
    'queer')
_GENDER_IDENTITY = (
    'agender androgynous cisgender genderqueer intersex nonbinary transgender transgendered transsexual transsexuals')
_DISABILITY = (
    'amputee autistic deaf disabled dyslexic epileptic handicapped paraplegic quadriplegic schizophrenic')
_AGE = 'adolescent adolescents elderly octogenarian pensioner pensioners septuagenarian teenager teenagers'

# In lower case, as the tokenizer returns words.
TERMS = tuple(sorted(
    ' '.join((_RACE, _RELIGION, _NATIONALITY, _ORIENTATION, _GENDER_IDENTITY, _DISABILITY, _AGE)).split()))
# Terms before one of PERSONS or TERMS only, as in `black woman` and `white American`.
TERMS_BEFORE_PERSONS = ('black', 'blind', 'brown', 'mute', 'native', 'straight', 'trans', 'white')
PERSONS = (
    'actor', 'actors', 'actress', 'actresses', 'boy', 'boys', 'character', 'characters', 'child', 'children',
    'community', 'couple', 'families', 'family', 'father', 'female', 'folks', 'friend', 'friends', 'girl', 'girls',
    'guy', 'guys', 'kid', 'kids', 'lady', 'male', 'man', 'men', 'mother', 'people', 'person', 'woman', 'women')
# Parts of a term before another one, as in `South African` and `Puerto Rican`.
PREFIXES = ('afro', 'costa', 'latin', 'north', 'puerto', 'south', 'sri')
