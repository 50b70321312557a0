"""Words for groups of people, which may share one token: see models/text/term_sharing.py.

Written for this project from common knowledge, and under its license. Words whose main use is another are not TERMS;
counts are of texts in train of the Large Movie Review Dataset. `black` (1,329) and `white` (1,014) mostly describe the
picture, and `straight` (677) goes `to` video: they count before a person or another term only. Left out are words that
tell mostly of a story or its genre (man, woman, young, old, teen), names (Shia, Roma), languages and religions as such
(Arabic, Christianity), insults, which are opinions, and rare words that components/behaviour_validator/identities.py
keeps apart, to test what a model makes of terms that are not listed.
"""

_RACE = (
    'african africans arab arabs asian asians caucasian caucasians hispanic hispanics indigenous aboriginal latina '
    'latinas latino latinos biracial multiracial blacks whites')
_RELIGION = (
    'amish atheist atheists baptist buddhist buddhists catholic catholics christian christians evangelical hasidic '
    'hindu hindus islamic jew jewish jews lutheran methodist mormon mormons muslim muslims pagan pagans presbyterian '
    'protestant protestants sikh sikhs sunni taoist wiccan')
_NATIONALITY = (
    'afghan albanian algerian american americans argentine argentinian armenian australian australians austrian '
    'bangladeshi belgian bosnian brazilian brazilians british bulgarian cambodian cameroonian canadian canadians '
    'chilean chinese colombian congolese croatian cuban cubans czech danish dominican dutch ecuadorian egyptian '
    'english ethiopian european europeans filipino filipinos finnish french german germans ghanaian greek greeks '
    'guatemalan haitian honduran hungarian indian indians indonesian iranian iraqi irish israeli israelis italian '
    'italians ivorian jamaican japanese jordanian kazakh kenyan korean koreans kuwaiti lankan laotian lebanese '
    'liberian libyan lithuanian malaysian maltese mexican mexicans moroccan nepalese nicaraguan nigerian norwegian '
    'pakistani pakistanis palestinian palestinians panamanian persian peruvian polish portuguese qatari rican '
    'romanian russian russians rwandan saudi scottish senegalese serbian singaporean slovak somali spanish sudanese '
    'swedish swiss syrian taiwanese tanzanian thai tibetan turkish ugandan ukrainian uruguayan uzbek venezuelan '
    'vietnamese welsh yemeni zimbabwean')
_ORIENTATION = (
    'asexual bisexual bisexuals gay gays heterosexual heterosexuals homosexual homosexuals lesbian lesbians queer')
_GENDER_IDENTITY = 'cisgender genderqueer intersex nonbinary transgender transgendered transsexual transsexuals'
_DISABILITY = 'amputee autistic deaf disabled handicapped paraplegic quadriplegic schizophrenic'
_AGE = 'adolescent adolescents elderly octogenarian pensioner pensioners septuagenarian teenager teenagers'

# In lower case, as the tokenizer returns words.
GROUPS = tuple(tuple(group.split()) for group in (
    _RACE, _RELIGION, _NATIONALITY, _ORIENTATION, _GENDER_IDENTITY, _DISABILITY, _AGE))
TERMS = tuple(sorted(term for group in GROUPS for term in group))
# Terms before one of PERSONS or TERMS only, as in `black woman` and `white American`.
TERMS_BEFORE_PERSONS = ('black', 'blind', 'brown', 'mute', 'native', 'straight', 'trans', 'white')
PERSONS = (
    'actor', 'actors', 'actress', 'actresses', 'artist', 'boy', 'boys', 'brother', 'character', 'characters', 'child',
    'children', 'community', 'cop', 'cops', 'couple', 'daughter', 'doctor', 'doctors', 'families', 'family', 'father',
    'female', 'folks', 'friend', 'friends', 'girl', 'girls', 'guy', 'guys', 'husband', 'kid', 'kids', 'lady', 'lawyer',
    'male', 'man', 'men', 'mother', 'neighbor', 'neighbors', 'neighbour', 'neighbours', 'nurse', 'officer', 'people',
    'person', 'sister', 'soldier', 'soldiers', 'son', 'student', 'students', 'teacher', 'teachers', 'wife', 'woman',
    'women', 'worker', 'workers', 'writer')
# Parts of a term before another one, as in `South African` and `Puerto Rican`.
PREFIXES = ('afro', 'costa', 'latin', 'north', 'puerto', 'south', 'sri')
