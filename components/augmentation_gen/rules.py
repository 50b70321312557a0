"""Rules that short labelled sentences are made by; see `sentences`.

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
        'all of it', 'what I saw', 'the {thing} of the {thing}'),
    'object': (
        'it', 'it', 'the {thing}', 'this {thing}', 'her {thing}', 'that {thing}', 'the {thing} and the {thing}',
        'this one', 'a minute of it'),
    'who': ('I', 'I', 'I', 'we', 'I personally', 'my family and I'),
    'is': ('is', 'was', 'is', 'was', 'seems', 'seemed', 'felt', 'looks', 'remains', 'turned out', 'proved', 'ended up',
           'sounded'),
    'is not': (
        'is not', 'was not', "isn't", "wasn't", 'is never', 'was never', 'is hardly', 'was hardly', 'is far from',
        'was anything but', 'is anything but', 'is by no means', 'was in no way', "doesn't feel", "didn't seem",
        'never gets', 'never feels', 'never became', 'is not exactly', 'is not what I would call', 'fails to be',
        'failed to be', "ain't", 'is the opposite of', 'is not remotely', 'is barely', 'was scarcely', 'is no longer',
        'tries in vain to be', 'only pretends to be', 'stopped being', 'was not in the least', 'is not even',
        'is nowhere near', 'was meant to be, but is not,', 'wants to be, and is not,'),
    'did not': (
        'did not', "didn't", 'do not', "don't", 'could not', "couldn't", 'never could', 'cannot', "can't", 'would not',
        "wouldn't", "won't", 'hardly ever', 'will never', 'found no way to', 'had no reason to', 'was unable to',
        'refuse to', 'tried to, but could not,', 'would be the last one to', 'never began to'),
    'predicate': (
        '{very}{adjective}', '{very}{adjective}', '{very}{adjective}', 'a {adjective} {thing}', 'a {noun}',
        'a real {noun}', '{adjective} and {adjective}'),
    # Words between a negation and what it denies.
    'aside': (
        '', '', '', '', ', after thinking about it for a long while,', ', all things considered,', ', to be fair,',
        ', having slept on it,', ', as much as I like {surname},', ', even with the best will in the world,',
        ', given how long I waited for the {thing},', ', looking back at the {thing} and the {thing},', ', honestly,',
        ', in spite of what {person} told me about it on the way home,', ', now that I know the {thing},'),
    # Clauses.
    'plain': (
        '{subject} {is} {predicate}', '{subject} {is} {predicate}', '{subject} {is} {predicate}',
        '{who} {very}{verbed} {object}', '{who} {verbed} {object}', 'I found {object} {very}{adjective}',
        '{subject} is full of {quality}', '{subject} has plenty of {quality}', '{subject} comes across as {adjective}',
        'I ended up {verbing} {object}', 'it is easy to {verb} {object}', 'they made a {adjective} {thing}'),
    'exclaimed': ('what a {adjective} {thing}', '{adjective} {thing}, {adjective} {thing}', '{very}{adjective} {thing}',
                  '{adjective}', 'so {adjective}', 'pure {quality}',
                  '{adjective}, {adjective} and {adjective}'),
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
        'far from {verbing~} it, I {verbed} it', 'instead of {verbing~} it, I {verbed} it'),
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
        "you don't have to know the {thing} to {verb} it", 'never mind {person}, {plain}'),
    'clause': ('{plain}', '{negated}', '{plain}', '{negated}', '{kept}'),
    # Two opinions, of which one counts.
    'contrasted': (
        '{clause~}, but {clause}', '{clause~}. But {clause}', '{clause~}, yet {clause}', '{clause~}. However, {clause}',
        '{clause~}, and still {clause}', '{clause~}. Even so, {clause}', '{clause~}. Nevertheless, {clause}',
        'although {clause~}, {clause}', 'even though {clause~}, {clause}', 'while {clause~}, {clause}',
        'even if {clause~}, {clause}', '{clause}, although {clause~}', '{clause}, even though {clause~}',
        'despite the {quality~}, {clause}', 'for all its {quality~}, {clause}',
        'I used to think that {clause~}; now {clause}', 'for years I thought {clause~}. Now {clause}',
        'at first I thought {clause~}. In the end {clause}', 'I expected that {clause~}, but in fact {clause}',
        'the trailer made me think that {clause~}. It turned out that {clause}',
        'I was told that {clause~}, but {clause}',
        'on paper {clause~}; in fact {clause}', 'for ten minutes {clause~}; after that {clause}',
        'once {adjective~}, now {adjective}', 'I {verbed~} the start, but I {verbed} the rest',
        'I wanted to {verb~} it, but I {verbed} it', 'it could have been {adjective~}, and somehow it is {adjective}',
        '{subject} should have been {adjective~}, yet it is {adjective}',
        '{subject} starts {adjective~} and ends {adjective}', 'I usually {verb~} such things, yet I {verbed} this one'),
    'reported': (
        '{person} said that {clause~}, but I think that {clause}',
        '{person} told me that {clause~}. I say that {clause}',
        '{person} wrote that {clause~}. I disagree: {clause}', 'no matter what {person} says, {clause}',
        'contrary to what {person} wrote, {clause}', 'unlike {person}, I {verbed} it',
        '{person} {verbed~} it. I {verbed} it',
        '{clause}, whatever {person} may think', '{clause}, even if {person} thought it was {adjective~}',
        'do not believe {person}: {clause}', "don't listen to {person}: {clause}",
        '{person} called it {adjective~}, I call it {adjective}',
        'I {verbed} it, and if {person} {verbed~} it, so be it',
        'they say it is {adjective~}; to me it is {adjective}'),
    'compared': (
        '{subject} is more {adjective} than {adjective~}', '{subject} is less {adjective~} than {adjective}',
        'the last one was {adjective~}, this one is {adjective}',
        'the original was {adjective~}, the remake is {adjective}',
        '{subject} is not {adjective~} but {adjective}', '{subject} is not so much {adjective~} as {adjective}',
        'I would rather call it {adjective} than {adjective~}', 'it is {adjective} instead of {adjective~}',
        'hardly {adjective~}, rather {adjective}', 'compared to this, the other {thing} was {adjective~}',
        '{subject} is {adjective}, much more so than the last one', 'it makes its predecessor look {adjective~}'),
    'asked': (
        'is {subject} {adjective}', 'was {subject} {adjective}', 'did I {verb} {object}', 'do I {verb} {object}',
        'would I call {object} {adjective}', 'did anyone {verb} {object}', 'am I saying that {plain}',
        'so, is it {adjective}', 'do I think you will {verb} it', 'is this a {adjective} {thing}'),
    'yes': ('Yes', 'Absolutely', 'Yes, very much', 'Of course', 'Definitely', 'Oh yes', 'I think so', 'Sure',
            'Very much so', 'Without a doubt', 'You bet'),
    'no': ('No', 'Not at all', 'Not really', 'No, not in the least', 'Hardly', 'Of course not', 'Absolutely not',
           'Never',
           'Nope', 'By no means', 'Far from it', "I don't think so", 'No way', 'On the contrary', 'Quite the opposite'),
    'questioned': ('{asked}? {yes}', '{asked~}? {no}', '{asked}? {yes}. {clause}', '{asked~}? {no}. {clause}'),
    # What may stand around a clause.
    'opening': (
        'to be honest,', 'in my opinion,', 'I must say that', 'for me,', 'after two hours,', 'on a rainy Sunday',
        'believe me,', 'frankly,', 'well,', 'so', 'and', 'overall,', 'all in all,', 'you know,', 'in short,'),
    'closing': (
        'after all these years', 'in the end', 'from start to finish', 'if you ask me', 'as a whole', 'for what it is',
        'I have to say', 'this time', 'on second viewing', 'and that is all I will say', 'last night', 'in {place}'),
}
