"""The constructed world: what is known of it, what the news say, and the chance behind it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from crosstag.synthetic import lexicon
from crosstag.synthetic.chance import Zipf, stream
from crosstag.synthetic.grammar import realise
from crosstag.synthetic.languages import LANGUAGES
from crosstag.synthetic.news import articles
from crosstag.synthetic.world import CONTRADICTS, ENTAILS, HYPERNYMS, world
from synthetic_sentences import truth


def test_same_words_in_another_process():
    script = (
        "from crosstag.synthetic.chance import stream\n"
        "from crosstag.synthetic.grammar import realise\n"
        "from crosstag.synthetic.languages import LANGUAGES\n"
        "from crosstag.synthetic.news import articles\n"
        "from crosstag.synthetic.world import world\n"
        "for code, language in LANGUAGES.items():\n"
        "    for article in articles(world(1), stream(1, code), 30):\n"
        "        print([realise(node, language, 1) for node in article])\n"
        "print(world(1).entities['album'].items)"
    )
    library = str(Path(lexicon.__file__).parents[2])
    printed = {
        subprocess.check_output(
            [sys.executable, "-c", script],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": library},
        )
        for hash_seed in ("1", "77")
    }
    assert len(printed) == 1


def test_articles_are_like_news():
    texts = list(articles(world(1), stream(1, "news"), 2000))
    assert 7 < 2000 / len(texts) < 9
    drawn = [proposition for text in texts for proposition in text]
    again = [Counter(re.findall(r"last:\d+", str(text))).values() for text in texts]
    people = [count for counts in again for count in counts]
    assert sum(count > 1 for count in people) > 0.2 * len(people), "articles keep to their people"
    results = [node for node in drawn if node.concept == "fragment:result"]
    assert len(results) > 50
    for node, language in itertools.product(results[:20], LANGUAGES.values()):
        tokens = realise(node, language, 1)
        (_, end, one), (start, _, other) = sorted(truth(tokens))
        assert (end, one, other) == (start, "ORG", "ORG"), "clubs of a result touch"
    places: Counter = Counter()
    for node in drawn:
        named = [
            (child.concept, *(part.concept for part in child.children if part.relation == "part"))
            for child in node.children
            if child.entity == "LOC"
        ]
        assert len(set(named)) == len(named), "no sentence names a place twice"
        places.update(named)
    best = sum(count for _, count in places.most_common(20))
    assert 0.3 < best / sum(places.values()) < 0.7, "few places make up much of the news"


def test_knowledge_is_about_words_that_exist():
    concepts = set(world(1).concepts)
    assert {*HYPERNYMS, *HYPERNYMS.values(), *CONTRADICTS} <= concepts
    assert {*ENTAILS, *itertools.chain(*ENTAILS.values())} <= concepts
    assert all(CONTRADICTS[CONTRADICTS[concept]] == concept for concept in CONTRADICTS)
    for concept in HYPERNYMS:
        chain = [concept]
        while chain[-1] in HYPERNYMS:
            chain.append(HYPERNYMS[chain[-1]])
            assert len(chain) < 5, "no circle"
    assert HYPERNYMS["noun:minister"] == "noun:politician"


def test_zipf_prefers_low_ranks():
    zipf = Zipf(list(range(50)))
    rng = stream(1, "zipf")
    counts = Counter(zipf.draw(rng) for _ in range(5000))
    expected = [1 / (rank + 2) for rank in range(1, 51)]
    for item in (0, 5, 30):
        assert counts[item] / 5000 == pytest.approx(expected[item] / sum(expected), abs=0.012)


def test_streams_have_their_own_numbers():
    assert stream(1, "a", "b").random() == stream(1, "a", "b").random()
    others = [stream(1, "ab"), stream(1, "b", "a"), stream(2, "a", "b"), stream(1, "a", "b", "")]
    assert stream(1, "a", "b").random() not in {other.random() for other in others}
