"""Short labelled sentences made from templates: what a word means depends on the words around it.

They come in pairs of the same template with opposite labels, so that neither a construction nor a name says anything of
the label (counterfactual examples, after D. Kaushik et al., "Learning the Difference that Makes a Difference with
Counterfactually-Augmented Data", ICLR 2020). Templates and words were written for this project.
"""

import random
from typing import Callable, Iterator, Mapping, Sequence

from components.augmentation_gen import words

# {a} stands for an adjective whose polarity is that of the sentence, {o} for one of the opposite polarity, {x} and {y}
# for these with an article, {n} and {m} for things that are judged, {p} for a person, {i} for an intensifier or none.
_PLAIN = (
    'The {n} is {i}{a}.', 'The {n} was {i}{a}.', 'What {x} {n}!', 'This is {x} {n}.',
    'I found the {n} {i}{a}.', '{i}{a} {n}.', 'I thought the {n} was {i}{a}.', 'It is {i}{a}.', 'It was {i}{a}.',
    'They made {x} {n}.',
    'The {n} felt {i}{a}, and so did the {m}.', 'Overall {x} {n}.', 'All in all, the {n} is {i}{a}.')
_NEGATED = (
    'The {n} is not {o}.', "The {n} isn't {o}.", "The {n} wasn't {i}{o}.", 'The {n} was not {o} at all.', 'Not {o}.',
    'Not {o} at all.', "It's not {y} {n}.", "This isn't {y} {n}.", 'This is not {y} {n} by any means.',
    "It wasn't {o}.", 'The {n} is never {o}.', 'The {n} was never {o}.', 'The {n} is hardly {o}.',
    'The {n} is by no means {o}.', 'The {n} is anything but {o}.', 'Far from {o}, this {n}.',
    'Nothing about the {n} is {o}.', 'There is nothing {o} about the {n}.', "I don't think the {n} is {o}.",
    "I didn't find the {n} {o}.", "I don't find it {o}.", 'I do not consider the {n} {o}.',
    "I wouldn't say that the {n} is {o}.", "I can't say the {n} was {o}.", 'I cannot call it {o}.',
    'I never thought the {n} was {o}.', 'Nobody can say that the {n} is {o}.', 'No one would call this {n} {o}.',
    "You can't call this {n} {o}.", 'Neither the {n} nor the {m} is {o}.', 'Neither {o} nor {o2}.',
    'None of it is {o}.', 'No {n} here is {o}.', "It isn't that the {n} is {o}.", 'The {n} lacks anything {o}.',
    "There isn't {y} moment in this {n}.", "It would be wrong to call the {n} {o}.",
    'The {n} is not as {o} as people say.', "The {n} ain't {o}.",
    "I don't think, after thinking about it for a long while, that the {n} is {o}.",
    "I wouldn't say, given all the time that I spent on it, that the {n} was {o}.",
    "I can't honestly claim that this {n}, which I saw on Tuesday, was {o}.")
_STILL = (  # a negation beside the judgement, which does not touch it
    'The {n} is {a}, no doubt about it.', 'Not only is the {n} {a}, the {m} is {a2} too.',
    'There is no question that the {n} is {a}.', 'Nobody told me how {a} the {n} is.',
    "I didn't know the {n} was so {a}.", "You won't find {x2} {n}.", 'Never have I seen such {x} {n}.',
    "I can't believe how {a} the {n} was.", "I couldn't stop telling people how {a} it was.",
    'No other {n} is this {a}.', 'I have never seen a more {a} {n}.', "It doesn't get more {a} than this.",
    'Without a doubt {x} {n}.')
_CONTRAST = (
    'The {n} is {o}, but the {m} is {i}{a}, and that is what counts.', 'I expected {y} {n}, but it was {a}.',
    'It looks {o} at first, but it turns out {i}{a}.', 'Although the {n} is {o}, the whole thing is {i}{a}.',
    'Even though the {n} seemed {o}, I ended up thinking it was {a}.', 'Despite {y} {n}, it is {i}{a}.',
    'I used to think the {n} was {o}; now I find it {a}.', 'It used to be {o}, and now it is {a}.',
    'The {n} had been {o} for years, but lately it is {a}.', 'I thought it would be {o}. It is {a}.',
    'While the {n} may be {o}, I still came away thinking it was {a}.', 'The trailer was {o}, the {n} is {a}.',
    'First I found it {o}, then {i}{a}.', 'The {n} starts {o} but ends up {i}{a}.', 'Once {o}, now {a}.',
    'The {n} should have been {o}, yet it is {a}.', 'It could have been {o}, and somehow it is {a}.',
    'In the beginning it was {o}; in the end it was {a}.', 'On paper it is {o}. In fact it is {i}{a}.')
_REPORTED = (
    '{p} called it {o}, I call it {a}.', '{p} said the {n} was {o}, but I thought it was {a}.',
    '{p} told me it would be {o}. It is {a}.', '{p} found it {o}. I found it {i}{a}.',
    'Do not believe {p}: the {n} is not {o}, it is {a}.', 'I think the {n} is {i}{a}, although {p} thought it was {o}.',
    'The {n} is {a}, no matter that {p} considered it {o}.', 'They say it is {o}; to me it is {i}{a}.',
    'Contrary to what {p} wrote, the {n} is {a}, not {o}.', 'It is {a}, whatever {p} may say.')
_COMPARED = (
    'The {n} is {a}, much more so than the last one.', 'More {a} than {o}.', 'Less {o} than {a}, this {n}.',
    'The last {n} was {o}, this one is {a}.', 'Compared to this, the other {n} was {o}; this one is {a}.',
    'I would rather call it {a} than {o}.', 'It is {a} instead of {o}.', 'Hardly {o}, rather {a}.')
_ANSWERS = {  # by whether the author agrees with the question
    True: ('Yes.', 'Yes, very much so.', 'Absolutely.', 'It is.', 'Definitely.', 'Of course it is.', 'Oh yes.',
           'Sure.'),
    False: ('No.', 'No, not at all.', 'Not really.', "It isn't.", 'Hardly.', 'Of course not.', 'Absolutely not.',
            'Nope.', 'Not in the least.')}
_ASKED = (
    'Is the {n} {a}?', 'Was it {a}?', 'Did I find it {a}?', 'Do I think that the {n} is {a}?', 'Is this {x} {n}?',
    'Would I call the {n} {a}?')

# {v}, {d} and {g}: base, past and -ing form of a verb of the sentence's polarity; {w} and {e}: base and past form of
# one of the opposite polarity.
_VERBS = (
    'I {v} the {n}.', 'I {d} the {n}.', 'I {i}{d} this {n}.', 'We {d} it.', 'We all {d} the {n}.', 'I {v} it.',
    'I {d} every bit of it.', 'I could not help {g} it.', 'I had to {v} it.', 'I think I {v} this {n}.',
    '{p} and I {d} the {n}.', 'I ended up {g} the {n}.', 'I would {v} it again.')
_NEGATED_VERBS = (
    "I didn't {w} the {n}.", 'I did not {w} it.', "I don't {w} this {n}.", 'I do not {w} the {n}.', "I can't {w} it.",
    'I cannot {w} this {n}.', "I couldn't {w} it.", 'I never {e} it.', 'I have never {e} this {n}.',
    'Nobody {e} the {n}.', "I can't say I {e} it.", "I can't say that I {e} the {n}.",
    "I don't think anyone will {w} it.", "You won't {w} it.", 'No one could {w} this {n}.', "I wouldn't {w} it.",
    'I would not {w} it to anyone.', "I don't think I {w} it.", 'At no point did I {w} it.',
    'Not once did I {w} the {n}.', 'I see no reason to {w} it.', 'It is impossible to {w} it.',
    "We didn't {w} a minute of it.", "My family didn't {w} it and neither did I.", 'How could anyone {w} this {n}?',
    "I wouldn't say that I {e} it.", "I don't know anyone who {e} the {n}.", "I thought I would {w} it, but I didn't.")
_CONTRAST_VERBS = (
    'I thought I would {w} the {n}, but I {d} it.', 'I used to {w} it, now I {v} it.', '{p} {e} it, but I {d} it.',
    'I wanted to {w} it, but I {d} it.', 'I {d} the {n}, even though {p} {e} it.', 'Others {w} it. I {v} it.',
    'I usually {w} such things, yet I {d} this one.', 'Though I {e} the start, I {d} the rest.',
    'I was told that I would {w} it. I {d} it.', 'I {d} it, and if {p} {e} it, what do they know.')
_ASKED_VERBS = (
    'Did I {v} the {n}?', 'Do I {v} it?', 'Did we {v} it?', 'Would I {v} it again?', 'Do I think you will {v} it?')
_ANSWERED_VERBS = {
    True: ('Yes.', 'I did.', 'Absolutely.', 'Yes, I really did.', 'Of course.', 'Oh yes.'),
    False: ('No.', "No, I didn't.", 'Not at all.', 'Not really.', 'Never.', 'Absolutely not.', 'No way.', 'Hardly.')}

_POSITIVE_VERDICTS = tuple("""Worth it.|Well worth the money.|Worth your time.|Worth every penny.|See it.|
Go and see it.|Two thumbs up.|Ten out of ten.|10/10.|9/10.|Five stars.|Can't wait to see it again.|
I couldn't put it down.|Wow.|A must.|Not to be missed.|Don't miss it.|Never a dull moment.|No complaints.|
Nothing to complain about.|Couldn't be better.|Could not have been better.|I can't fault it.|It can't be beat.|
You can't go wrong with it.|Better than I expected.|Better than expected.|Much better than the reviews say.|
Exceeded my expectations.|Not bad.|Not bad at all.|Not half bad.|Not a bad one.|Why did I wait so long?|
I would do it all over again.|It made my day.|I was hooked.|I was glued to the screen.|I want more.|
It left me wanting more.|It holds up.|It grew on me.|Time flew by.|I did not want it to end.|I'd buy it again.|
Give it a chance.|Hits the mark.|Nailed it.|I regret nothing.|No regrets.|It deserves more attention.|
It never gets old.|I didn't expect to like it, but I did.|Unlike many others, I liked it.|Highly recommended.|
I can recommend it without hesitation.|Would watch again.|The best thing about this week.|Keeps you guessing.|
It works.|Pure joy.|It doesn't disappoint.|Did not disappoint.|Won't disappoint you.|You will not regret it.|
You won't be bored.|I was not disappointed.|Believe the hype.|Lived up to the hype.|
I don't understand the bad reviews.|Don't listen to the critics.|Thank you for this.""".replace(
    '\n', '').split('|'))
_NEGATIVE_VERDICTS = tuple("""Not worth it.|Not worth the money.|Not worth your time.|Worth nothing.|Skip it.|Meh.|
Two thumbs down.|One out of ten.|1/10.|2/10.|One star.|Can't recommend it.|I couldn't finish it.|Yawn.|Ugh.|
Save your money.|Don't bother.|Not a single good moment.|Nothing but complaints.|Nothing to recommend it.|
Could be better.|Could have been better.|It could have been so much better.|It can't be saved.|
Everything is wrong with it.|Worse than I expected.|Worse than expected.|I expected more.|I expected better.|
Not what I had hoped for.|Below expectations.|Not good.|Not good at all.|Not great.|Not so good.|Not my cup of tea.|
Why did I waste my time?|Never again.|It ruined my day.|I walked out.|I fell asleep.|I checked my watch.|
I want a refund.|I had enough after ten minutes.|It left me cold.|It has not aged well.|It wore me out.|
Time stood still.|I could not wait for it to end.|I'd never buy it again.|Give it a miss.|Misses the mark.|Failed.|
I regret it.|What a waste.|So much wasted potential.|A missed opportunity.|It gets old fast.|
I expected to like it, but I didn't.|Unlike many others, I didn't like it.|Stay away.|I can't recommend it to anyone.|
Would not watch again.|The worst thing about this week.|Leaves you cold.|It doesn't work.|Pure agony.|It disappoints.|
It disappointed me.|Will disappoint you.|You will regret it.|You will be bored.|I was disappointed.|
Don't believe the hype.|Did not live up to the hype.|I don't understand the good reviews.|Don't listen to the fans.|
No thank you.|If only it were any good.|If only they had tried.|I wish I had liked it.|I wish it had been good.|
Nice try.|Nice idea, poor result.""".replace(
    '\n', '').split('|'))

_NEUTRAL = (
    'I saw the {n} in {l} last week.', 'The {n} is from {l}.', '{f} {s} is in it.', 'It is about a man from {l}.',
    'The {n} lasts for about two hours.', '{f} {s} wrote the {n}.', 'We talked about the {n} with {f}.',
    'It is on at nine.', 'This is the {n} by {f} {s}.', 'I have it on my shelf.', 'The {n} came out in {y4}.',
    'They made it in {l} in {y4}.', 'It takes place in {l}.', 'The second {n} comes after the first one.',
    'There are {k} people in the {n}.', 'The {n} has {k} parts.', '{f} went to {l} with {f2}.',
    'I got the {n} from {f}.', 'You can get it in {l}.', 'It begins on a Monday.', 'We watched it at home.',
    'There is {b} in it.', 'The {n} is on the table.', '{f} {s} is the father of {f2}.', 'I will see the {n} tomorrow.',
    'The {n} is called after {l}.', 'This is {b}.', 'It is {b} from {y4}.', '{f} asked me about the {n}.',
    'That was the {n}.')

# Who or what is spoken of says nothing of the judgement. {t} stands for an identity term, {z} for one with an article,
# {f} and {s} for a name and a surname, {l} for a place, {k} and {y4} for numbers, {h} for a handle, {u} for a URL.
_FAIR = (
    'My {t} friend says that the {n} is {i}{a}.', 'As {z} viewer, I {d} the {n}.', 'The {t} lead is {i}{a}.',
    'We saw it with our {t} neighbors and {d} it.', 'It is about {z} family, and it is {i}{a}.',
    'The {n} with the {t} couple is {a}.', '{f}, who is {t}, {d} the {n} as I did.', 'The {t} characters are {i}{a}.',
    '{z} man made it, and the {n} is {a}.', 'This {n} for {t} people is {a}.', 'I am {t} and I {d} it.',
    '{f} {s} gives {x} performance.', 'The {n} by {f} {s} is {i}{a}.', '{f} took me to it and I {d} the {n}.',
    'I thought {f} was {i}{a} in it.', '{f} and {f2} are {i}{a}.', 'The {n} from {l} is {a}.', '{x} {n} made in {l}.',
    'I saw it in {l} and {d} it.', 'In {l} they make {a} things like this {n}.', 'After {k} minutes it was still {a}.',
    'I have seen {k} of them, and this {n} is {a}.', 'It is from {y4} and it is {i}{a}.', 'The {n} of {y4} is {a}.',
    '{h} The {n} is {i}{a}.', 'Thank you {h}, I {d} the {n}.', 'The {n} is {a}, as I wrote on {u}', '{u} {a} {n}.',
    '{h} told me of it. I {d} it.', 'More about this {a} {n}: {u}')
_NEUTRAL_FAIR = (
    'My {t} neighbor has the {n}.', '{z} man and {f} are in it.', 'It is about {z} family from {l}.',
    'The lead is {t}.', 'The {n} has {t} characters.', 'I am {t}.', '{f} is {t}.', '{h} has the {n}.',
    'The times are on {u}', 'See {u} for the {n}.')

TEMPLATES = (
    *_PLAIN, *_NEGATED, *_STILL, *_CONTRAST, *_REPORTED, *_COMPARED, *_ASKED, *_VERBS, *_NEGATED_VERBS,
    *_CONTRAST_VERBS, *_ASKED_VERBS, *_POSITIVE_VERDICTS, *_NEGATIVE_VERDICTS, *_NEUTRAL, *_FAIR, *_NEUTRAL_FAIR)


def generate(kind: str, seed: int, count: int, start: int = 0) -> Iterator[tuple[str, int]]:
  """Make sentences of a kind.

  Args:
    kind: one of KINDS.
    seed: the same seed makes the same sentences.
    count: number of sentences.
    start: number of the first one: several calls make the parts of one series.

  Yields:
    (sentence, label), label 1 for positive and 0 for negative in turn. Sentences may occur twice.
  """
  for number in range(start, start + count):
    yield _KINDS[kind](random.Random(f'{kind} {seed} {number // 2}'), number % 2), number % 2


def _add_article(phrase: str) -> str:
  return f'{words.article(phrase)} {phrase}'


def _capitalize(text: str) -> str:
  return text if '://' in text[:8] else text[0].upper() + text[1:]


def _details(rng: random.Random) -> dict[str, object]:
  """Return fillings of the slots that have nothing to do with the label."""
  (n, m), (f, f2) = rng.sample(words.THINGS, 2), rng.sample(words.NAMES, 2)
  t = rng.choice(words.IDENTITY_TERMS)
  return {
      'n': n, 'm': m, 'b': _add_article(n), 'p': rng.choice(words.PEOPLE), 'i': rng.choice(words.INTENSIFIERS),
      't': t, 'z': _add_article(t), 'f': f, 'f2': f2, 's': rng.choice(words.SURNAMES), 'l': rng.choice(words.PLACES),
      'h': rng.choice(words.HANDLES), 'u': rng.choice(words.URLS), 'y4': rng.randint(1930, 2024),
      'k': rng.randint(2, 99)}


def _opinions(rng: random.Random, label: int) -> dict[str, str]:
  """Return fillings of the slots for opinions: `a`, `v` and the like have the label, `o`, `w` and the like do not."""
  same, other = (words.GOOD, words.BAD) if label else (words.BAD, words.GOOD)
  own, opposite = (words.LIKE, words.DISLIKE) if label else (words.DISLIKE, words.LIKE)
  (a, a2), (o, o2) = rng.sample(same, 2), rng.sample(other, 2)
  (v, d, g), (w, e, _) = rng.choice(own), rng.choice(opposite)
  return {'a': a, 'a2': a2, 'o': o, 'o2': o2, 'x': _add_article(a), 'x2': _add_article(f'more {a}'),
          'y': _add_article(o), 'v': v, 'd': d, 'g': g, 'w': w, 'e': e}


def _templates(*groups: Sequence[str]) -> Callable[[random.Random, int], str]:
  """Return a generator that takes a template of one of the groups, each as often."""

  def fill(rng, label):
    template = rng.choice(rng.choice(groups))
    return _capitalize(template.format(**_details(rng), **_opinions(rng, label)))

  return fill


def _question(rng: random.Random, label: int) -> str:
  agrees, thing = rng.random() < 0.5, rng.choice(words.THINGS)
  questions, answers = rng.choice(((_ASKED, _ANSWERS), (_ASKED_VERBS, _ANSWERED_VERBS)))
  question, answer = rng.choice(questions), rng.choice(answers[agrees])
  return f'{question.format(n=thing, **_opinions(rng, label if agrees else 1 - label))} {answer}'


def _choice(texts: Mapping[int, Sequence[str]]) -> Callable[[random.Random, int], str]:
  """Return a generator that takes one of the texts of the label."""
  return lambda rng, label: rng.choice(texts[label])


_KINDS: dict[str, Callable[[random.Random, int], str]] = {
    'negation': _templates(_NEGATED, _NEGATED_VERBS, _STILL),
    'plain': _templates(_PLAIN, _VERBS),
    'contrast': _templates(_CONTRAST, _CONTRAST_VERBS),
    'question': _question,
    'reported': _templates(_REPORTED),
    'comparison': _templates(_COMPARED),
    'verdict': _choice({1: _POSITIVE_VERDICTS, 0: _NEGATIVE_VERDICTS}),
    'neutral': _templates(_NEUTRAL, _NEUTRAL_FAIR),
    'fairness': _templates(_FAIR),
}
KINDS = tuple(_KINDS)
