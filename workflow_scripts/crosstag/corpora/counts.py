"""What a corpus holds, counted: for checks against published sizes and for dataset tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from crosstag.corpora import tags
from crosstag.corpora.sentence import NER, Sentence


class Counts:
    """Counts sentences as they pass by: `write(path, counts.watch(sentences), …)`."""

    def __init__(self) -> None:
        self.sentences = 0
        self.tokens = 0
        self.documents = 0
        self.longest_sentence = 0
        self.entities: Counter[str] = Counter()
        self.columns: dict[str, Counter[str]] = {}

    def watch(self, sentences: Iterable[Sentence]) -> Iterator[Sentence]:
        for sentence in sentences:
            self.sentences += 1
            self.tokens += len(sentence)
            self.documents += "newdoc" in sentence.comments
            self.longest_sentence = max(self.longest_sentence, len(sentence))
            if NER in sentence.columns:
                self.entities.update(kind for kind, _, _ in tags.spans(sentence.columns[NER]))
            for name in ("UPOS", "XPOS", NER):
                if name in sentence.columns:
                    self.columns.setdefault(name, Counter()).update(sentence.columns[name])
            yield sentence

    def as_json(self, *, raw_sha256: str) -> dict[str, Any]:
        """Counts by name; inventories sorted by name, so that equal corpora give equal files."""
        return {
            "sentences": self.sentences,
            "tokens": self.tokens,
            "documents": self.documents,
            "longest_sentence": self.longest_sentence,
            "entities": dict(sorted(self.entities.items())),
            "inventories": {
                name: dict(sorted(values.items())) for name, values in self.columns.items()
            },
            "raw_sha256": raw_sha256,
        }
