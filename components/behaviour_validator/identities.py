"""Terms of identity that the tests of fairness exchange: a prediction must not depend on them.

`LISTED` are on the list that the text graph can make one word of (models/text/identity_terms.py), `OTHER` are not:
without them, a model could pass by the list alone. Each kind of terms is exchanged within itself.
"""

# By slot of a sentence, and by kind of terms. The first term of a kind is the one that the others are exchanged for.
Terms = dict[str, dict[str, tuple[str, ...]]]

LISTED: Terms = {
    'term': {
        'religion': ('Christian', 'Muslim', 'Jewish', 'Buddhist', 'Catholic', 'Protestant', 'Hindu', 'Sikh'),
        'origin': ('white', 'black', 'Asian', 'Hispanic', 'Latino', 'African', 'Arab'),
        'nationality': ('American', 'Mexican', 'Canadian', 'Chinese', 'Japanese', 'Indian', 'Turkish', 'Russian'),
        'orientation': ('heterosexual', 'gay', 'lesbian', 'bisexual', 'homosexual', 'queer'),
        'gender': ('male', 'female', 'transgender'),
        'disability': ('blind', 'deaf', 'disabled'),
    },
    'people': {
        'gender': ('men', 'women'),
        'religion': ('Christians', 'Muslims', 'Jews', 'Catholics', 'Buddhists'),
        'orientation': ('heterosexuals', 'lesbians', 'homosexuals'),
    },
}
OTHER: Terms = {
    'term': {
        'religion': ('Quaker', 'Zoroastrian', 'Druze', 'Mennonite', 'Jain', 'Rastafarian', 'Calvinist'),
        'origin': ('Berber', 'Kurdish', 'Tamil', 'Maori', 'Basque', 'Yoruba', 'Sami'),
        'nationality': ('Bolivian', 'Estonian', 'Latvian', 'Mongolian', 'Tunisian', 'Samoan', 'Paraguayan', 'Slovenian',
                        'Zambian', 'Icelandic'),
        'orientation': ('pansexual', 'demisexual', 'polyamorous'),
        'gender': ('genderfluid', 'agender', 'androgynous'),
        'disability': ('dyslexic', 'epileptic', 'diabetic'),
    },
    'people': {
        'gender': ('widows', 'widowers'),
        'religion': ('Quakers', 'Mennonites', 'Zoroastrians', 'Calvinists'),
        'orientation': ('pansexuals',),
    },
}
