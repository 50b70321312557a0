"""Rules that short labelled sentences are made by: clauses with one opinion. See `sentences`, and `compositions`.

`{name}` stands for a rule or for words of the sentence's label, `{name~}` for one of the other label. Each option of a
rule is as likely as the others. A rule that is a dict has options by label. Written for this project.
"""

from components.augmentation_gen import words


def _forms(form):
  """Return one of the forms of the verbs, by label."""
  return {1: tuple(verb[form] for verb in words.LIKE), 0: tuple(verb[form] for verb in words.DISLIKE)}


WORDS = {
    'adjective': {1: words.GOOD, 0: words.BAD},
    'noun': {1: words.GOOD_NOUNS, 0: words.BAD_NOUNS},
    'quality': {1: words.GOOD_QUALITIES, 0: words.BAD_QUALITIES},
    'verb': _forms(0), 'verbed': _forms(1), 'verbing': _forms(2),
    'thing': words.THINGS, 'person': words.PEOPLE, 'very': words.INTENSIFIERS,
    'term': words.IDENTITY_TERMS, 'name': words.NAMES, 'surname': words.SURNAMES, 'place': words.PLACES,
    'handle': words.HANDLES, 'url': words.URLS, 'year': tuple(map(str, range(1930, 2025))),
    'count': tuple(map(str, range(2, 100))),
}

RULES = {
    # Parts of clauses.
    'subject': (
        'the {thing}', 'this {thing}', 'it', 'the whole {thing}', 'most of the {thing}', 'every minute of it',
        'the {thing} by {surname}', 'her {thing}', 'their {thing}', 'the second {thing}', 'the {thing} itself',
        'all of it', 'what I saw', 'the {thing} of the {thing}',
        'the {thing}, which I saw with {person},', 'a {thing} like this', 'the {thing} that everyone talks about',
        'the part with the {thing}', '{surname} as the {thing}'),
    'object': (
        'it', 'it', 'the {thing}', 'this {thing}', 'her {thing}', 'that {thing}', 'the {thing} and the {thing}',
        'this one', 'a minute of it'),
    'who': ('I', 'I', 'I', 'we', 'I personally', 'my family and I',
        'all of us', 'most of the people there'),
    'is': ('is', 'was', 'is', 'was', 'seems', 'seemed', 'felt', 'looks', 'remains', 'turned out', 'proved', 'ended up',
           'sounded'),
    'is not': (
        'is not', 'was not', "isn't", "wasn't", 'is never', 'was never', 'is hardly', 'was hardly', 'is far from',
        'was anything but', 'is anything but', 'is by no means', 'was in no way', "doesn't feel", "didn't seem",
        'never gets', 'never feels', 'never became', 'is not exactly', 'is not what I would call', 'fails to be',
        'failed to be', "ain't", 'is the opposite of', 'is not remotely', 'is barely', 'was scarcely', 'is no longer',
        'tries in vain to be', 'only pretends to be', 'stopped being', 'was not in the least', 'is not even',
        'is nowhere near', 'was meant to be, but is not,', 'wants to be, and is not,',
        'does not strike me as', "doesn't come across as", "didn't look", 'does not sound', "can't be called",
        'is in no sense', 'was at no time', 'avoids being', 'refuses to be', 'never turns', 'was never going to be',
        "isn't and never was", 'has ceased to be'),
    'did not': (
        'did not', "didn't", 'do not', "don't", 'could not', "couldn't", 'never could', 'cannot', "can't", 'would not',
        "wouldn't", "won't", 'hardly ever', 'will never', 'found no way to', 'had no reason to', 'was unable to',
        'refuse to', 'tried to, but could not,', 'would be the last one to', 'never began to',
        'have never been able to', 'was in no mood to', 'did not for one second', 'saw no cause to'),
    'predicate': (
        '{very}{adjective}', '{very}{adjective}', '{very}{adjective}', 'a {adjective} {thing}', 'a {noun}',
        'a real {noun}', '{adjective} and {adjective}'),
    # Words between a negation and what it denies.
    'aside': (
        '', '', '', '', ', after thinking about it for a long while,', ', all things considered,', ', to be fair,',
        ', having slept on it,', ', as much as I like {surname},', ', even with the best will in the world,',
        ', given how long I waited for the {thing},', ', looking back at the {thing} and the {thing},', ', honestly,',
        ', in spite of what {person} told me about it on the way home,', ', now that I know the {thing},',
        ', and {person} agrees with me,', ', and I have seen it three times,', ', from the first scene to the last,',
        ', with or without the {thing},', ', and believe me, I tried,',
        ', after all that {person} had said about the {thing},', ', no matter how often I think about it,',
        ', and I know the book by heart,', ', to put it mildly and without any malice,',
        ', whatever one thinks of the {thing} or of {surname},'),
    # Clauses.
    'plain': (
        '{subject} {is} {predicate}', '{subject} {is} {predicate}', '{subject} {is} {predicate}',
        '{who} {very}{verbed} {object}', '{who} {verbed} {object}', 'I found {object} {very}{adjective}',
        '{subject} is full of {quality}', '{subject} has plenty of {quality}', '{subject} comes across as {adjective}',
        'I ended up {verbing} {object}', 'it is easy to {verb} {object}', 'they made a {adjective} {thing}',
        '{subject} struck me as {very}{adjective}', 'I consider {object} {adjective}',
        'I would call {object} {very}{adjective}', 'you will {verb} {object}', 'the result is {adjective}',
        'all I can say is that it is {adjective}', '{subject} is as {adjective} as can be',
        'it {effects}', 'it {effects} from the first scene on',
        'it will {effect}', 'it does {effect}', 'it is {very}{adjective}, and I will remember it as such'),
    'exclaimed': ('what a {adjective} {thing}', '{adjective} {thing}, {adjective} {thing}', '{very}{adjective} {thing}',
                  '{adjective}', 'so {adjective}', 'pure {quality}',
                  '{adjective}, {adjective} and {adjective}',
        'what a {noun}', '{adjective} from A to Z'),
    'negated': (
        '{subject} {is not} {adjective~}', '{subject} {is not} {adjective~}', '{subject} {is not} {very}{adjective~}',
        '{subject} {is not} {adjective~}', '{subject} is not a {adjective~} {thing}', '{subject} is no {noun~}',
        '{who} {did not} {verb~} {object}', '{who} {did not} {verb~} {object}', '{who} {did not} {verb~} {object}',
        "I wouldn't{aside} call {object} {adjective~}", 'I cannot{aside} consider {object} {adjective~}',
        'I never{aside} found {object} {adjective~}', "I don't think{aside} that {plain~}",
        'I do not believe{aside} that {plain~}', "I can't say{aside} that {plain~}",
        "I wouldn't say{aside} that {plain~}", 'nobody can claim{aside} that {plain~}',
        "it isn't true{aside} that {plain~}", 'it is not the case{aside} that {plain~}', 'I doubt{aside} that {plain~}',
        'I am not convinced that {plain~}', '{nobody} called {object} {adjective~}', '{nobody} {verbed~} {object}',
        '{nobody} would {verb~} {object}', 'nothing about {subject} is {adjective~}', 'no part of it was {adjective~}',
        'there is nothing {adjective~} about {object}', 'there was not a thing to {verb~} in {object}',
        '{subject} {has no} {quality~}', '{subject} {has no} {quality~}',
        'it would be {wrong} to call {object} {adjective~}', 'it would be {wrong} to say that {plain~}',
        '{subject} could not be less {adjective~}', '{subject} was less {adjective~} than I thought',
        '{subject} is not as {adjective~} as people say', 'neither the {thing} nor the {thing} is {adjective~}',
        'it is hard to {verb~} {object}', 'it is impossible to {verb~} {object}', 'who could {verb~} {object}',
        'at no point did I {verb~} {object}', 'not once did I {verb~} {object}', 'I see no reason to {verb~} {object}',
        'I looked for something {adjective~} and found nothing', 'not {adjective~}', 'not {adjective~} at all',
        'I thought I would {verb~} it, but I did not', 'it lost whatever made it {adjective~}',
        'far from {verbing~} it, I {verbed} it', 'instead of {verbing~} it, I {verbed} it',
        'it does not {effect~}', "it doesn't {effect~}", 'it never {effects~}', 'it never once {effects~}',
        "it didn't {effect~}", "it can't {effect~}", 'the {thing} does not {effect~}',
        'there was no moment at which {subject} {is} {adjective~}', 'I would be lying if I said that {plain~}',
        'I would not go so far as to say that {plain~}', 'I have yet to meet anyone who {verbed~} {object}',
        'who in the world would {verb~} {object}', 'who could call {object} {adjective~}',
        'I was waiting for something {adjective~}, and nothing of the kind came',
        'never once did it feel {adjective~}', 'at no point{aside} was {subject} {adjective~}',
        'nowhere{aside} is {subject} {adjective~}', 'in no sense is {subject} {adjective~}',
        'only a fool would {verb~} {object}', 'only a liar would call {object} {adjective~}',
        'anyone who calls {object} {adjective~} is mistaken', 'those who find {object} {adjective~} are mistaken',
        'the idea that {plain~} is {wrong}', 'to say that {plain~} would be {wrong}',
        'the last thing that I would do is {verb~} {object}',
        '{subject} is the last {thing} that I would call {adjective~}',
        '{subject} is far too {adjective} to be {adjective~}', '{quality~} is not to be found in {object}',
        'there is no {quality~} in it', 'there was none of the usual {quality~}',
        'I searched it for {quality~} and found none', 'without any {quality~}', 'no {quality~}, no {quality~}',
        'everything but {adjective~}', 'never {adjective~}', 'neither {adjective~} nor {adjective~}',
        'anything but {adjective~}', 'not in the least {adjective~}', 'nothing {adjective~} here', 'not a {noun~}',
        'I expected to {verb~} {object}, and did nothing of the kind', "I don't know anyone who {verbed~} {object}",
        'I do not share the opinion that {plain~}', "I can't agree that {plain~}",
        'it was never{aside} the kind of {thing} that one could call {adjective~}',
        'no {thing} of this kind{aside} has ever been less {adjective~}',
        'not a single {thing} in it is {adjective~}', 'few people{aside} would say that {plain~}',
        'nothing made me think that {plain~}'),
    # What it does to those who watch it.
    'effect': {
        1: ('thrill', 'move', 'grip', 'charm', 'amuse', 'convince', 'surprise', 'shine', 'work', 'touch', 'please',
            'delight', 'engage', 'hold up', 'pay off', 'come alive'),
        0: ('bore', 'drag', 'annoy', 'tire', 'disappoint', 'fail', 'sag', 'falter', 'irritate', 'offend', 'stumble',
            'fall flat', 'fall apart', 'run out of steam', 'overstay its welcome')},
    'effects': {
        1: ('thrills', 'moves', 'grips', 'charms', 'amuses', 'convinces', 'surprises', 'shines', 'works', 'touches',
            'pleases', 'delights', 'engages', 'holds up', 'pays off', 'comes alive'),
        0: ('bores', 'drags', 'annoys', 'tires', 'disappoints', 'fails', 'sags', 'falters', 'irritates', 'offends',
            'stumbles', 'falls flat', 'falls apart', 'runs out of steam', 'overstays its welcome')},
    'nobody': ('nobody', 'no one', 'hardly anyone', 'no sane person', 'none of us', 'not one of my friends'),
    'has no': ('has no', 'has little', 'lacks', 'is without', 'is free of', 'shows no trace of', 'does not have any',
               'never had any', 'suffers from no', 'could have done with some'),
    'wrong': ('wrong', 'unfair', 'a lie', 'a mistake', 'an exaggeration'),
    # A negation beside the opinion, which does not deny it.
    'kept': (
        'there is no doubt that {plain}', 'nobody can deny that {plain}', "I can't help saying that {plain}",
        '{plain}, no doubt about it', '{plain}, no question', 'without question {plain}', 'no wonder that {plain}',
        '{subject} is not only {adjective}, it is {adjective} too',
        "{subject} isn't merely {adjective} but {adjective}",
        'not only is {subject} {adjective}, the {thing} is {adjective} as well',
        '{subject} could not be more {adjective}', '{subject} cannot get any more {adjective}',
        'I have never seen such a {adjective} {thing}', 'I have never seen a more {adjective} {thing}',
        'nobody told me how {adjective} {subject} is', 'I had no idea how {adjective} {subject} was',
        "I can't tell you how {adjective} {subject} is", "I couldn't believe how {adjective} {subject} was",
        'no other {thing} is this {adjective}', "you won't find a more {adjective} {thing}",
        "you don't have to know the {thing} to {verb} it", 'never mind {person}, {plain}',
        'nobody who has seen {object} doubts that {plain}', 'I am not the only one who {verbed} {object}',
        'it is no secret that {plain}', 'it is no exaggeration to say that {plain}',
        "I don't mind saying that {plain}", 'make no mistake: {plain}', 'I have nothing to add: {plain}',
        'nothing can change the fact that {plain}', 'I did not expect {object} to be so {adjective}',
        'never before was a {thing} so {adjective}', 'rarely have I seen such a {adjective} {thing}',
        'no {thing} since then was as {adjective}', 'not for nothing do they call it {adjective}',
        "it isn't long, and it is {adjective}", 'it has no stars in it, and {plain}',
        'I had not read a word about it, and {plain}', 'you need not be an expert to {verb} {object}',
        'without knowing anything about it, {who} {verbed} {object}',
        "I can't remember when I last saw something so {adjective}", 'I am not easily moved, and {plain}',
        'not that it matters, but {plain}', 'nothing less than {adjective}', 'I could not help {verbing} {object}',
        'there is no way not to {verb} {object}', 'nobody was surprised that {plain}'),
    'clause': ('{plain}', '{negated}', '{plain}', '{negated}', '{kept}'),
    # Short verdicts.
    'fault': ('weak scene', 'bad line', 'dull minute', 'misstep', 'slip', 'flaw', 'hitch', 'wasted second'),
    'merit': ('strong scene', 'fine line', 'bright minute', 'saving grace', 'redeeming feature', 'fresh idea'),
    'judged': {
        1: ('no {fault}', 'not one {fault}', 'not a single {fault}', 'hardly a {fault}', 'I saw no {fault}',
            'nothing to {blame}', 'impossible to {blame}', 'hard not to {praise}', 'easy to {praise}',
            'there is nothing to {blame} here', 'I find nothing to {blame}', 'one {merit} after another',
            'I was not bored for a second', 'worth {worth}', 'it is worth {worth}', 'well worth {worth}'),
        0: ('no {merit}', 'not one {merit}', 'not a single {merit}', 'hardly a {merit}', 'I saw no {merit}',
            'nothing to {praise}', 'impossible to {praise}', 'hard not to {blame}', 'easy to {blame}',
            'there is nothing to {praise} here', 'I find nothing to {praise}', 'one {fault} after another',
            'I was not awake for a second', 'not worth {worth}', 'it is not worth {worth}', 'hardly worth {worth}')},
    'praise': ('like', 'admire', 'recommend', 'enjoy', 'speak well of', 'be happy about'),
    'blame': ('criticize', 'complain about', 'blame', 'correct', 'speak ill of', 'be unhappy about'),
    'worth': ('it', 'a look', 'the ticket', 'the wait', 'your evening', 'the trip', 'two hours', 'a second look'),
    # Statements that say nothing.
    'fact': (
        'we saw it in {place}', 'it is about a man from {place}', 'I went with {person}', '{name} {surname} is in it',
        'it came out in {year}', 'I got it from {name}', 'it takes place in {year}', 'the hero drives a truck',
        'it begins with a wedding', 'two sisters inherit a house', 'it lasts two hours', 'I sat next to {person}'),
    # What may stand around a clause.
    'opening': (
        'to be honest,', 'in my opinion,', 'I must say that', 'for me,', 'after two hours,', 'on a rainy Sunday',
        'believe me,', 'frankly,', 'well,', 'so', 'and', 'overall,', 'all in all,', 'you know,', 'in short,'),
    'closing': (
        'after all these years', 'in the end', 'from start to finish', 'if you ask me', 'as a whole', 'for what it is',
        'I have to say', 'this time', 'on second viewing', 'and that is all I will say', 'last night', 'in {place}'),
}
