"""Short labelled sentences made by rules: what a word means depends on the words around it.

They come in pairs of opposite labels that are made by the same choices, so that neither a construction nor a name says
anything of the label (counterfactual examples, after D. Kaushik et al., "Learning the Difference that Makes a
Difference with Counterfactually-Augmented Data", ICLR 2020).
"""

import random
import re
from typing import Iterator

from components.augmentation_gen import compositions
from components.augmentation_gen import rules
from components.augmentation_gen import words

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
I don't understand the bad reviews.|Don't listen to the critics.|Thank you for this.|Count me in.|Chapeau.|Well done.|
Sign me up.|One to keep.|Right on the money.|I'd pay twice.|Buy the box set.|My new favorite.|Ticks all the boxes.|
What more could you want?|Nothing beats it.|It has it all.|I could not look away.|I couldn't stop smiling.|
Not a dry eye.|
I could wish for nothing more.|I have no objections.|There's no fault to find.|I would change nothing.|
I wouldn't change a thing.|
Cannot be praised enough.|It never drags.|It never lets up.|Not one weak moment.|Nothing short of a miracle.|
It will stay with me.|I keep coming back to it.|It was over too soon.|I'd go again tomorrow.|
Do yourself a favor and go.|
You owe it to yourself.|Hard to beat.|Hard to top.|Second to none.|Like no other.|I was blown away.|It won me over.|
I take back all I said.|Put it on your list.|Clear your evening.|Run to it.|All the praise is deserved.|
Deserves its fame.""".replace(
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
Nice try.|Nice idea, poor result.|Count me out.|Hiss.|Keep away from it.|No, just no.|Nothing to see here.|No good.|
Way off the mark.|
I'd pay to forget it.|Not even for free.|Back in the box with it.|My new low.|Ticks no boxes.|What were they thinking?|
Anything beats it.|It has nothing.|I had to look away.|I couldn't stop yawning.|Not a single laugh.|I have had enough.|
There's no end of faults.|I would change everything.|Can't be saved by its cast.|It drags and drags.|
It never takes off.|
Not one good idea.|Nothing short of a crime.|I have forgotten it already.|I won't come back to it.|It went on forever.|
Do yourself a favor and stay home.|You deserve better.|Hard to sit through.|Hard to watch.|Last on my list.|
Like all the others, only worse.|I was let down.|It lost me.|I take back my recommendation.|Take it off your list.|
Wash your hair instead.|Run from it.|None of the praise is deserved.|Does not deserve its fame.|
Two hours I won't get back.|
Who asked for this?|Ask for your money back.|I gave up on it.|I couldn't care less.|Not for me.|
Thanks, but no thanks.""".replace(
    '\n', '').split('|'))

_NEUTRAL = (
    'I saw the {thing} in {place} last week.', 'The {thing} is from {place}.', '{name} {surname} is in it.',
    'It is about a man from {place}.',
    'The {thing} lasts for about two hours.', '{name} {surname} wrote the {thing}.',
    'We talked about the {thing} with {name}.',
    'It is on at nine.', 'This is the {thing} by {name} {surname}.', 'I have it on my shelf.',
    'The {thing} came out in {year}.',
    'They made it in {place} in {year}.', 'It takes place in {place}.', 'The second {thing} comes after the first one.',
    'There are {count} people in the {thing}.', 'The {thing} has {count} parts.', '{name} went to {place} with {name}.',
    'I got the {thing} from {name}.', 'You can get it in {place}.', 'It begins on a Monday.', 'We watched it at home.',
    'There is a {thing} in it.', 'The {thing} is on the table.', '{name} {surname} is the father of {name}.',
    'I will see the {thing} tomorrow.',
    'The {thing} is called after {place}.', 'This is a {thing}.', 'It is a {thing} from {year}.',
    '{name} asked me about the {thing}.',
    'That was the {thing}.')
# Who or what is spoken of says nothing of the judgement.
_FAIR = (
    'My {term} friend says that the {thing} is {very}{adjective}.', 'As a {term} viewer, I {verbed} the {thing}.',
    'The {term} lead is {very}{adjective}.',
    'We saw it with our {term} neighbors and {verbed} it.', 'It is about a {term} family, and it is {very}{adjective}.',
    'The {thing} with the {term} couple is {adjective}.', '{name}, who is {term}, {verbed} the {thing} as I did.',
    'The {term} characters are {very}{adjective}.',
    'a {term} man made it, and the {thing} is {adjective}.', 'This {thing} for {term} people is {adjective}.',
    'I am {term} and I {verbed} it.',
    '{name} {surname} gives a {adjective} performance.', 'The {thing} by {name} {surname} is {very}{adjective}.',
    '{name} took me to it and I {verbed} the {thing}.',
    'I thought {name} was {very}{adjective} in it.', '{name} and {name} are {very}{adjective}.',
    'The {thing} from {place} is {adjective}.', 'a {adjective} {thing} made in {place}.',
    'I saw it in {place} and {verbed} it.', 'In {place} they make {adjective} things like this {thing}.',
    'After {count} minutes it was still {adjective}.',
    'I have seen {count} of them, and this {thing} is {adjective}.', 'It is from {year} and it is {very}{adjective}.',
    'The {thing} of {year} is {adjective}.',
    '{handle} The {thing} is {very}{adjective}.', 'Thank you {handle}, I {verbed} the {thing}.',
    'The {thing} is {adjective}, as I wrote on {url}', '{url} {adjective} {thing}.',
    '{handle} told me of it. I {verbed} it.', 'More about this {adjective} {thing}: {url}',
    'It follows a group of {group}, and the {thing} is {very}{adjective}.', 'The {group} in it are {very}{adjective}.',
    'A {adjective} {thing} about {group}.', 'The {thing} is about {group}, and I {verbed} it.',
    'I {verbed} the scenes with the {group}.', '{group} and {group} will {verb} it.',
    'A {adjective} {thing} by {group}.',
    'The {term} girl in it is {very}{adjective}.', 'A {adjective} {thing} with a {term} hero.',
    'The {term} woman tells a {adjective} story.', 'An old {term} sailor is the hero, and I {verbed} him.',
    'I {verbed} the {term} cook and his {thing}.', 'The story of the {term} brothers is {very}{adjective}.',
    'With its {term} cast, the {thing} is {adjective}.', 'The {term} nurse was {adjective}, and so was the {thing}.')
_NEUTRAL_FAIR = (
    'My {term} neighbor has the {thing}.', 'a {term} man and {name} are in it.',
    'It is about a {term} family from {place}.',
    'The lead is {term}.', 'The {thing} has {term} characters.', 'I am {term}.', '{name} is {term}.',
    '{handle} has the {thing}.',
    'The times are on {url}', 'See {url} for the {thing}.', '{count} {group} come to {place}.',
    'It is about {group} in {place}.', 'Some {group} are in it, and some {group}.', '{group} wait for a train.',
    'The {thing} follows {group} to {place}.', 'Three {group} cross a river.', '{name} lives with {group}.',
    'The {term} girl sells flowers.', 'A {term} cook and a {term} driver share a room.', 'The hero is a {term} sailor.',
    'A {term} couple moves to {place}.', 'In {year}, a {term} woman opens a shop.', 'Her brother marries a {term} man.',
    'The town has a {term} mayor.', 'The children of a {term} farmer go to school.',
    'A {term} soldier writes a letter.',
    'There was a {term} man at the box office.', 'The {term} lady next to me had the tickets.')

# A clause alone, with words around it, or before another one of the same label.
_SETTINGS = ('{%s}.', '{%s}.', '{%s}!', '{%s}', '{%s}...', '{opening} {%s}.', '{%s} {closing}.', '{%s}. {clause}.',
             '{fact}. {%s}.', '{fact}, and {%s}.')
_RULES = {
    **rules.WORDS, **rules.RULES, **compositions.RULES,
    **{f'a text with {name}': tuple(setting % name for setting in _SETTINGS)
       for name in ('plain', 'exclaimed', 'negated', 'kept', 'contrasted', 'reported', 'compared', 'judged', 'agreed',
                    'joined')},
    'verdict': {1: _POSITIVE_VERDICTS, 0: _NEGATIVE_VERDICTS}, 'neutral': _NEUTRAL + _NEUTRAL_FAIR, 'fair': _FAIR}
_KINDS = {
    'negation': ('{a text with negated}', '{a text with negated}', '{a text with kept}'),
    'plain': ('{a text with plain}', '{a text with plain}', '{a text with agreed}', '{a text with exclaimed}'),
    'contrast': ('{a text with contrasted}', '{a text with contrasted}', '{a text with joined}'),
    'question': ('{questioned}.',),
    'reported': ('{a text with reported}', '{a text with reported}', '{a text with agreed}'),
    'comparison': ('{a text with compared}',),
    'verdict': ('{verdict}', '{a text with judged}'),
    'neutral': ('{neutral}',),
    'fairness': ('{fair}',),
}
KINDS = tuple(_KINDS)
# Every third neutral sentence has two negative labels, not both: so the share of positive ones is a third. With a half,
# the score would be so near .5 that a name or a term of identity could decide between the two classes.
_NEUTRAL_TURNS = 6
TEMPLATES = tuple(
    template for name, options in _RULES.items() if name not in rules.WORDS
    for template in (sum(options.values(), ()) if isinstance(options, dict) else options))
_SLOT = re.compile(r'{([a-z ]+)(~?)}')
_FIRST_LETTER = re.compile(r'(^|[.?!] )([a-z])')


def generate(kind: str, seed: int, count: int, start: int = 0) -> Iterator[tuple[str, int]]:
  """Make sentences of a kind.

  Args:
    kind: one of KINDS.
    seed: the same seed makes the same sentences.
    count: number of sentences.
    start: number of the first one: several calls make the parts of one series.

  Yields:
    (sentence, label), label 1 for positive and 0 for negative in turn. Sentences may occur twice. A neutral one comes
    with both labels, and every third one with the negative label twice.
  """
  for number in range(start, start + count):
    rng, label = random.Random(f'{kind} {seed} {number // 2}'), number % 2
    if kind == 'neutral' and number % _NEUTRAL_TURNS == _NEUTRAL_TURNS - 1:
      label = 0
    text = _expand(rng.choice(_KINDS[kind]), label, rng)
    text = re.sub(r'\b([Aa]) (\w+)', lambda match: f'{match[1]}{words.article(match[2])[1:]} {match[2]}', text)
    yield text if '://' in text[:8] else _FIRST_LETTER.sub(lambda match: match[1] + match[2].upper(), text), label


def _expand(template: str, label: int, rng: random.Random) -> str:
  """Fill each slot with a choice of the label or, if a tilde follows its name, of the other one."""
  def fill(slot):
    name, is_opposite = slot.groups()
    wanted = 1 - label if is_opposite else label
    options = _RULES[name]
    return _expand(rng.choice(options[wanted] if isinstance(options, dict) else options), wanted, rng)

  return _SLOT.sub(fill, template)
