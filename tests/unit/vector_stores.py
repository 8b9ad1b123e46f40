"""Embedding stores of given vectors, as extraction would have written them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from crosstag.encoders.store import Digest, Store, schema
from torch import Tensor

ABOUT = {"encoder": "toy", "revision": "1", "pooling": "mean", "precision": "single"}


def write_store(
    path: Path, texts: Sequence[str], vectors: Tensor, layers: Sequence[int] = (1, 2), **about
) -> Store:
    """A store and its text, `path` with `.txt`. shape of the vectors: [words, layers, D]"""
    path.with_suffix(".txt").write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    digest = Digest()
    sentences = list(digest.through([text.split() for text in texts]))
    lengths = [len(words) for words in sentences]
    described = {
        **ABOUT,
        "layers": list(layers),
        "dimensions": vectors.shape[2],
        "sentences": len(texts),
        "words": sum(lengths),
        "corpus": path.stem,
        "corpus_digest": digest.hex(),
        **about,
    }
    owners = pa.array(np.repeat(np.arange(len(texts), dtype=np.int32), lengths))
    columns = [
        pa.FixedSizeListArray.from_arrays(
            pa.array(vectors[:, n].float().contiguous().numpy().reshape(-1)), vectors.shape[2]
        )
        for n in range(len(layers))
    ]
    form = schema(described)
    with pa.ipc.new_file(str(path), form) as writer:
        writer.write_batch(pa.record_batch([owners, *columns], schema=form))
    return Store.open(path)
