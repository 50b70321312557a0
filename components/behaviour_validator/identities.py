"""Terms of identity that the tests of fairness exchange: a prediction must not depend on them.

`LISTED` are TERMS of models/text/identity_terms.py, which the text graph can make one word of. `OTHER` are not: without
them, a model could pass by the list alone. Some of them, such as `white`, share that word in some places only.
"""

# By slot of a sentence, and by kind of terms. The first listed term of a kind is the one that the others are exchanged
# for, or the first other one if none is listed.
Terms = dict[str, dict[str, tuple[str, ...]]]

LISTED: Terms = {
    'term': {
        'religion': ('Christian', 'Muslim', 'Jewish', 'Buddhist', 'Catholic', 'Protestant', 'Hindu', 'Sikh', 'atheist'),
        'origin': ('Asian', 'African', 'Hispanic', 'Latino', 'Arab', 'Caucasian'),
        'nationality': ('American', 'Mexican', 'Canadian', 'Chinese', 'Japanese', 'Indian', 'Turkish', 'Russian'),
        'orientation': ('heterosexual', 'gay', 'lesbian', 'bisexual', 'homosexual', 'queer'),
        'gender': ('transgender', 'cisgender', 'nonbinary'),
        'disability': ('deaf', 'disabled', 'autistic'),
    },
    'people': {
        'religion': ('Christians', 'Muslims', 'Jews', 'Catholics', 'Buddhists'),
        'orientation': ('heterosexuals', 'lesbians', 'homosexuals'),
        'nationality': ('Americans', 'Canadians', 'Mexicans'),
    },
}
OTHER: Terms = {
    'term': {
        'religion': ('Druze', 'Mennonite', 'Jain', 'Calvinist', 'Anglican', 'Coptic', 'Pentecostal'),
        'origin': ('white', 'black', 'Berber', 'Tamil', 'Maori', 'Basque', 'Yoruba', 'Punjabi'),
        'nationality': ('Samoan', 'Zambian', 'Fijian', 'Malian', 'Omani', 'Gambian', 'Namibian', 'Tongan', 'Eritrean',
                        'Moldovan'),
        'orientation': ('demisexual', 'polyamorous', 'sapphic'),
        'gender': ('male', 'female', 'genderfluid'),
        'disability': ('blind', 'diabetic', 'paralysed'),
    },
    'people': {
        'religion': ('Mennonites', 'Calvinists', 'Anglicans'),
        'nationality': ('Samoans', 'Zambians'),
        'gender': ('men', 'women'),
    },
}
