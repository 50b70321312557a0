"""Templates of the texts of the cases: reviews of films that do not exist, and sentences to add to them."""

# From several languages, so that a model that scores by names fails.
NAMES = (
    {'title': 'The Lantern Keeper', 'actor': 'Thomas Reed', 'director': 'Margaret Cole', 'place': 'Boston'},
    {'title': 'Winter on Harbour Street', 'actor': 'Daniel Okafor', 'director': 'Elena Petrova', 'place': 'Lisbon'},
    {'title': 'Paper Rivers', 'actor': 'Rajesh Mehta', 'director': 'Sofia Lindqvist', 'place': 'Nairobi'},
)

POSITIVE = (
    '{title} moved me to tears.',
    'I loved every minute of {title}.',
    'A beautiful little film from {place}, wonderfully acted by {actor} and full of warmth.',
    'Great fun for the whole family: {actor} is hilarious, the songs are catchy and {title} looks amazing on a big '
    'screen.',
    '{actor} gives the best performance of the year here. The story is simple, but {director} tells it with great '
    'care, and the ending stayed with me for days.',
    'I have seen {title} four times now and it still works. A brilliant script, an excellent supporting cast, and '
    '{actor} has never been better.',
    'I went to see {title} in {place} without knowing much about it, and I came out smiling. The dialogue is witty, '
    'the photography is gorgeous and {actor} is perfect as the tired old teacher. Even my teenage son, who usually '
    'checks his phone every five minutes, was glued to the screen. Highly recommended.',
    'What a pleasant surprise this was! I have followed {director} since the early short films, and {title} is easily '
    'the most mature work so far. The first half hour takes its time to introduce the family, their shop and the '
    'quiet streets of {place}. Then the letter arrives, and from that moment on the tension keeps growing. {actor} is '
    'superb, funny in one scene and heartbreaking in the next. The music is lovely as well. If you like intelligent '
    'drama, do yourself a favor and watch it tonight.',
)
NEGATIVE = (
    '{title} bored me to tears.',
    'I hated every minute of {title}.',
    'A dull and lifeless film from {place}, badly acted by {actor} and far too long.',
    'A complete waste of two hours: {actor} mumbles, the effects look cheap and {title} has the worst dialogue I have '
    'heard in years.',
    '{actor} sleepwalks through the whole thing. The story makes no sense, {director} clearly ran out of ideas, and '
    'the ending is just stupid.',
    'I tried to finish {title} twice and failed both times. An awful script, a wooden cast, and {actor} has never been '
    'worse.',
    'I went to see {title} in {place} because a friend had recommended it, and I nearly walked out. The jokes are '
    'lame, the editing is a mess and {actor} is terribly miscast as the tired old teacher. My teenage son fell asleep '
    'after twenty minutes. Avoid.',
    'What a disappointment this was! I have followed {director} since the early short films, and {title} is easily the '
    'weakest work so far. The first half hour drags on with the family, their shop and the empty streets of {place}. '
    'Then a letter arrives, and from that moment on the plot gets more and more ridiculous. {actor} is awful, shouting '
    'in one scene and half asleep in the next. The music is annoying as well. If you value your time, do yourself a '
    'favor and watch something else tonight.',
)

PRAISE = (
    'I absolutely loved it.',
    'It is one of the best films I have ever seen.',
    'The acting is superb and the story is wonderful.',
    'Highly recommended, a true masterpiece.',
)
BLAME = (
    'I absolutely hated it.',
    'It is one of the worst films I have ever seen.',
    'The acting is terrible and the story is ridiculous.',
    'Avoid it, a complete waste of time.',
)

NEGATIONS = (
    'The {0} is not {1}.',
    "The {0} wasn't {1} at all.",
    "I don't think that the {0} is {1}.",
    'The {0} is far from {1}.',
    'Nobody could call the {0} {1}.',
)
NEGATED_PRAISE = (
    ('film', 'good'), ('story', 'interesting'), ('acting', 'convincing'), ('script', 'funny'), ('movie', 'enjoyable'),
    ('ending', 'satisfying'), ('cast', 'impressive'), ('dialogue', 'believable'),
)
NEGATED_BLAME = (
    ('film', 'boring'), ('story', 'predictable'), ('acting', 'bad'), ('script', 'stupid'), ('movie', 'dull'),
    ('ending', 'disappointing'), ('cast', 'wooden'), ('dialogue', 'silly'),
)
NOT_LIKED = (
    "I can't say that I liked it.",
    'I did not enjoy a single minute.',
    'I never cared about the characters.',
    'There is nothing special about this movie.',
    'It never becomes funny or exciting.',
    'I would not recommend it to anyone.',
    "Don't believe the praise, it isn't a masterpiece.",
    "My friends called it brilliant, but it isn't.",
    'Not one of the jokes is funny.',
    'It has none of the charm of the first film.',
    'Neither the story nor the acting is good.',
    "I couldn't find anything to love here.",
)
NOT_DISLIKED = (
    "I can't say that I was bored.",
    'I did not regret a single minute.',
    'I never lost interest in the characters.',
    'There is nothing wrong with this movie.',
    'It never becomes dull or silly.',
    'I would not want to miss it.',
    "Don't believe the complaints, it isn't a failure.",
    "My friends called it boring, but it isn't.",
    'Not one of the scenes is weak.',
    'It has none of the flaws of the first film.',
    'Neither the story nor the acting is bad.',
    "I couldn't find anything to complain about here.",
)

GOOD_WORDS = tuple((word,) for word in (
    'great', 'excellent', 'wonderful', 'brilliant', 'amazing', 'superb', 'fantastic', 'beautiful'))
BAD_WORDS = tuple((word,) for word in (
    'awful', 'terrible', 'horrible', 'boring', 'stupid', 'dreadful', 'pathetic', 'bad'))
SHORT = (
    'The film was {0}.',
    'What I saw was {0}.',
    'This movie is simply {0}!',
)
LONGER = (
    'We watched it on Sunday evening with the whole family, and all of us thought that it was {0}.',
    'The story begins in a small town, most of the actors are new to me, and the result is {0}. I will remember it for '
    'that.',
)
LIKED = (
    'I loved this film.',
    'I really enjoyed this movie.',
    'It made me laugh and cry.',
    'One of the best films of the year.',
    'A masterpiece.',
    'I highly recommend it.',
    'A must see for everyone.',
    'My favorite movie of all time.',
    'The actors are perfect and so is the music.',
    'I laughed from beginning to end.',
    'Well written, well acted and well directed.',
    'It deserves all the awards it got.',
)
DISLIKED = (
    'I hated this film.',
    'I really disliked this movie.',
    'It made me fall asleep.',
    'One of the worst films of the year.',
    'A disaster.',
    'I want my money back.',
    'A waste of time for everyone.',
    'My least favorite movie of all time.',
    'The actors are terrible and so is the music.',
    'I yawned from beginning to end.',
    'Badly written, badly acted and badly directed.',
    'It deserves all the bad reviews it got.',
)
