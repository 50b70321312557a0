"""Words that fill the templates of `sentences`, and that `lexicon` and `exchange` look for in reviews.

All lists, the pairs of opposites too, were written for this project, and are under its licence.
"""

from models.text import identity_terms

# (positive, negative): either can stand where the other does.
OPPOSITES = tuple((positive, negative) for positive, _, negative in (pair.partition('/') for pair in """
good/bad great/awful excellent/terrible wonderful/horrible brilliant/dreadful superb/pathetic fantastic/atrocious
amazing/appalling beautiful/ugly perfect/flawed best/worst better/worse love/hate loved/hated loves/hates loving/hating
lovely/nasty like/dislike liked/disliked enjoy/detest enjoyed/detested enjoyable/tedious enjoying/detesting
entertaining/boring exciting/dull interesting/uninteresting intriguing/pointless fascinating/tiresome
funny/unfunny hilarious/lame witty/witless clever/stupid smart/dumb intelligent/idiotic original/derivative
fresh/stale inventive/cliched creative/unimaginative inspired/uninspired convincing/unconvincing
believable/unbelievable realistic/unrealistic plausible/implausible credible/incredulous sensible/senseless
coherent/incoherent subtle/heavy-handed powerful/weak strong/feeble gripping/plodding compelling/forgettable
memorable/unmemorable engaging/uninvolving absorbing/monotonous thrilling/yawn-inducing suspenseful/predictable
moving/manipulative touching/mawkish heartfelt/phony sincere/insincere warm/cold charming/annoying
delightful/irritating pleasant/unpleasant likable/unlikable likeable/unlikeable sympathetic/unsympathetic
appealing/unappealing attractive/unattractive impressive/unimpressive remarkable/unremarkable
outstanding/abysmal exceptional/mediocre extraordinary/ordinary magnificent/miserable marvelous/lousy
marvellous/rotten terrific/terrible stunning/hideous gorgeous/grotesque breathtaking/embarrassing elegant/clumsy
polished/sloppy stylish/tacky skillful/inept skilful/inept talented/talentless gifted/untalented
masterful/amateurish masterpiece/disaster triumph/failure success/flop gem/dud treasure/turkey classic/clunker
delight/bore pleasure/pain joy/chore treat/torture highlight/low-point strength/weakness strengths/weaknesses
praise/criticism praised/criticized success/disappointment satisfying/unsatisfying satisfied/dissatisfied
pleased/displeased impressed/unimpressed delighted/disappointed thrilled/bored amused/annoyed entertained/bored
rewarding/frustrating worthwhile/worthless worthy/unworthy valuable/worthless useful/useless effective/ineffective
successful/unsuccessful fun/painful cool/lame superior/inferior fine/poor solid/shoddy decent/wretched
nice/nasty happy/sad hopeful/hopeless favorite/least-favorite recommend/avoid recommended/avoided admire/despise
admired/despised appreciate/resent appreciated/resented succeeds/fails succeed/fail succeeded/failed
shines/flops shine/flop works/fails excels/struggles excel/struggle wonderfully/horribly beautifully/poorly
brilliantly/terribly superbly/badly well/badly perfectly/pathetically excellently/awfully nicely/clumsily
skillfully/ineptly convincingly/unconvincingly effectively/ineffectively cleverly/stupidly
fantastically/dreadfully amazingly/painfully delightfully/annoyingly thankfully/sadly fortunately/unfortunately
luckily/unluckily happily/regrettably refreshing/tired vivid/lifeless lively/lifeless energetic/sluggish
colorful/drab rich/shallow deep/shallow thoughtful/mindless insightful/vapid profound/superficial
complex/simplistic well-written/badly-written well-made/poorly-made well-acted/badly-acted natural/wooden
nuanced/one-dimensional genuine/fake authentic/phony honest/dishonest wise/foolish riveting/dreary
hypnotic/soporific magical/mundane enchanting/off-putting captivating/tiring unforgettable/forgettable
flawless/flawed faultless/faulty timeless/dated underrated/overrated must-see/must-miss award-worthy/laughable
""".split()))

GOOD = tuple("""good great excellent wonderful brilliant superb fantastic amazing beautiful entertaining exciting
interesting funny hilarious witty clever original fresh inventive gripping compelling memorable engaging thrilling
moving touching charming delightful pleasant likable impressive remarkable outstanding magnificent marvelous terrific
stunning gorgeous elegant stylish rewarding worthwhile fun lovely perfect refreshing lively thoughtful riveting
captivating flawless first-rate splendid sharp tender sweet inspiring special satisfying solid nice plausible
coherent subtle powerful strong suspenseful heartfelt sincere warm appealing attractive exceptional extraordinary
breathtaking polished skillful masterful valuable effective successful superior decent vivid energetic colorful rich
profound insightful well-written well-made well-acted nuanced authentic genuine hypnotic magical enchanting
unforgettable faultless timeless absorbing""".split())
BAD = tuple("""bad awful terrible horrible dreadful pathetic atrocious appalling boring dull uninteresting pointless
unfunny lame stupid dumb idiotic derivative stale cliched unconvincing unrealistic incoherent weak forgettable
predictable annoying irritating unpleasant unlikable unimpressive mediocre miserable lousy rotten hideous clumsy
sloppy tacky inept amateurish frustrating worthless useless painful ugly tedious tiresome dreary lifeless shallow
mindless laughable poor disappointing silly slow flat messy cheap nasty implausible uninspired unimaginative
monotonous manipulative mawkish phony insincere cold unappealing abysmal ordinary embarrassing talentless ineffective
unsuccessful inferior hopeless drab sluggish simplistic superficial badly-written poorly-made badly-acted
wooden one-dimensional fake soporific mundane off-putting tiring faulty dated grating dim unbelievable
depressing nonsensical""".split())

# (base, past, -ing) of what a writer feels about the thing.
LIKE = tuple(tuple(verb.split('/')) for verb in """
love/loved/loving like/liked/liking enjoy/enjoyed/enjoying admire/admired/admiring appreciate/appreciated/appreciating
recommend/recommended/recommending adore/adored/adoring value/valued/valuing applaud/applauded/applauding
celebrate/celebrated/celebrating""".split())
DISLIKE = tuple(tuple(verb.split('/')) for verb in """
hate/hated/hating dislike/disliked/disliking regret/regretted/regretting despise/despised/despising
detest/detested/detesting loathe/loathed/loathing resent/resented/resenting mock/mocked/mocking
endure/endured/enduring""".split())

# (positive, negative) nouns for a whole, and qualities that it has or lacks.
GOOD_NOUNS, BAD_NOUNS = (tuple(nouns.split()) for nouns in (
    'joy delight treat jewel triumph pleasure success classic winner revelation knockout feast',
    'chore bore torture letdown failure pain flop clunker loser nightmare embarrassment mess'))
GOOD_QUALITIES, BAD_QUALITIES = (tuple(qualities.split()) for qualities in (
    'charm wit humor tension heart imagination style energy warmth depth passion magic grace',
    'cliches flaws mistakes padding boredom silliness stupidity nonsense holes gaffes filler pretension noise'))

THINGS = tuple(thing.replace('_', ' ') for thing in """
film movie picture story plot acting cast script screenplay dialogue music score soundtrack ending opening direction
editing photography camera_work humor premise idea performance villain hero lead pacing atmosphere remake sequel
series episode documentary comedy thriller drama show book game place meal service product""".split())
PEOPLE = ('my friend', 'my brother', 'my wife', 'my husband', 'my sister', 'the critics', 'everyone', 'the papers',
          'most people', 'the man behind me', 'my parents', 'a colleague', 'the internet', 'the poster')
INTENSIFIERS = ('', '', '', 'really ', 'very ', 'so ', 'quite ', 'truly ', 'absolutely ', 'incredibly ', 'just ')

# What a judgement must not depend on. Each word of a group can stand where another of it does.
_PLURALS = {term for term in identity_terms.TERMS if term.endswith('s') and term[:-1] in identity_terms.TERMS} | {
    'blacks', 'whites'}
_NOUNS = {'amputee', 'jew', 'pensioner', 'teenager', 'lankan', 'rican'}  # not before a noun, or parts of a term
IDENTITY_TERMS = (
    *(term for term in identity_terms.TERMS if term not in _PLURALS | _NOUNS), *identity_terms.TERMS_BEFORE_PERSONS)
IDENTITY_PLURALS = tuple(term for term in identity_terms.TERMS if term in _PLURALS)
IDENTITY_GROUPS = tuple(
    tuple(term for term in group if (term in _PLURALS) == is_plural)
    for group in identity_terms.GROUPS for is_plural in (False, True))
NAMES = tuple("""James Mary Ahmed Fatima Wei Mei Carlos Maria Ivan Olga Hiroshi Yuki Kwame Amina Raj Priya Lars Ingrid
Pierre Claire Giovanni Lucia Mehmet Aylin Tomasz Kasia John Emma Liam Noah Olivia Ava Lucas Mia Ethan Zoe Omar Leila
David Sarah Juan Carmen Dmitri Anya Kenji Sakura Kofi Zuri Arjun Anika Sven Astrid Tom Jack Michael Robert George Peter
Paul Steve Kevin Brian Anna Jane Kate Susan Jennifer Jessica Elizabeth Helen Richard William Charles Bruce
Julia Nicole Angelina Eddie Harry Jim Joe Bob Sam Ben Alan Martin Charlie""".split())
SURNAMES = tuple("""Smith Garcia Kim Nguyen Patel Ivanov Tanaka Mensah Rossi Dubois Schmidt Hansen Yilmaz Kowalski
Silva Haddad Cohen Okoye Lopez Chen Murphy Svensson Novak Ali Santos Walker Johnson Jones Williams Davis Miller
Wilson Moore Taylor Anderson Thomas Jackson Harris Lewis Robinson Allen Scott Adams Nelson
Carter Roberts Phillips Campbell Parker Evans""".split())
PLACES = tuple("""London Paris Chicago Tokyo Lagos Mumbai Berlin Madrid Cairo Seoul Toronto Sydney Moscow Rome Dublin
Istanbul Warsaw Oslo Athens Lima Denver Texas Canada France Japan Brazil India Kenya Sweden Poland England Germany Italy
Spain Russia China Mexico America Australia Ireland Hollywood Boston Miami Seattle California Florida""".split())
HANDLES = tuple("""@moviefan77 @jane_doe @the_reviewer @kwame2001 @priya_reads @tom @filmclub @lucia88 @daily_news
@someone""".split())
URLS = tuple("""http://example.com https://www.example.org/reviews www.example.net/films/12 https://example.com/a/b?c=1
http://www.example.org example.com/page""".split())


def article(phrase: str) -> str:
  """Return the indefinite article of a phrase: a or an."""
  return 'an' if phrase[0].lower() in 'aeiou' and not phrase.lower().startswith(('use', 'unique', 'euro')) else 'a'
