"""Scores of word alignments beside gold: precision, recall and alignment error rate."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from crosstag.bitexts.pairs import Alignment


def score(pairs: Iterable[tuple[Alignment, Alignment]]) -> dict[str, Any]:
    """Scores over all sentence pairs together (Och and Ney 2003, section 6.1).

    With A the links found, S the sure and P the possible gold links, S among them:
    precision = |A ∩ P| / |A|, recall = |A ∩ S| / |S|,
    alignment error rate = 1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|).
    f1 is the harmonic mean of precision and recall; where all gold links are sure, the error rate
    is 1 - f1. Shares are 0 to 1; a share of nothing is 0, and the error rate of nothing found
    where nothing is sure is 0.

    Args:
        pairs: gold and found alignment of each sentence pair. All links found count alike.

    Returns:
        `aer`, `precision`, `recall`, `f1`, and the counts: sentences, found, sure, possible
        (those that are not sure), found_sure, found_possible (sure ones included).
    """
    sentences = found = sure = possible = found_sure = found_possible = 0
    for gold, guess in pairs:
        links = {*guess.sure, *guess.possible}
        of_sure = {*gold.sure}
        of_possible = of_sure | {*gold.possible}
        sentences += 1
        found += len(links)
        sure += len(of_sure)
        possible += len(of_possible) - len(of_sure)
        found_sure += len(links & of_sure)
        found_possible += len(links & of_possible)
    precision = found_possible / max(found, 1)
    recall = found_sure / max(sure, 1)
    hits, total = found_sure + found_possible, found + sure
    return {
        "aer": 1 - hits / total if total else 0.0,
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if found_sure else 0.0,
        "counts": {
            "sentences": sentences,
            "found": found,
            "sure": sure,
            "possible": possible,
            "found_sure": found_sure,
            "found_possible": found_possible,
        },
    }
