"""What both workers of `training_speed.py` share: texts, batches, arithmetic, what is reported.

The flair environment imports this too, so beside the standard library only functions that a worker
calls import something: the peak memory of a process counts in its children's.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import random
import resource
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from conll2002 import KINDS, read
from crosstag.corpora.sentence import Sentence

#: models.byte_crf of configs/open.yaml
SETTINGS = {
    "embedding_size": 256,
    "subtoken_layers": 2,
    "subtoken_hidden": 256,
    "sentence_layers": 1,
    "sentence_hidden": 256,
    "dropout": 0.5,
}
LEARNING_RATE = 0.001
CLIP_NORM = 5.0
BATCH_SIZE = 32
#: compute.batch_tokens of the configs; flair's predict takes sentences, 32 by default
DECODING_TOKENS = 8192
DECODING_SENTENCES = 32
SYMBOLS = 256
PRODUCT_SIZE = 2048


def training_text(args: argparse.Namespace) -> list[Sentence]:
    """The training sentences: all of them, or a sample that keeps the mix of lengths."""
    sentences = list(read(args.data / "esp.train", args.encoding))
    if args.full or args.sentences >= len(sentences):
        return sentences
    return random.Random(args.seed).sample(sentences, args.sentences)


def decoding_text(args: argparse.Namespace) -> list[Sentence]:
    """The development sentences from the first on: words recur as they do in running text."""
    return list(read(args.data / "esp.testa", args.encoding))[: args.decode_sentences]


def epoch_batches(sentences: Sequence[Sentence], seed: int) -> list[list[Sentence]]:
    """The batches that our training loop draws in its first epoch."""
    import torch
    from crosstag.seeds import derived_seed

    generator = torch.Generator().manual_seed(derived_seed(seed, "order", 1))
    order = torch.randperm(len(sentences), generator=generator).tolist()
    return [
        [sentences[index] for index in order[start : start + BATCH_SIZE]]
        for start in range(0, len(order), BATCH_SIZE)
    ]


def fingerprint(batches: Sequence[Sequence[int]]) -> str:
    """Digest of the sentence lengths of every batch: equal when both halves saw the same ones."""
    return hashlib.sha256(json.dumps([list(batch) for batch in batches]).encode()).hexdigest()[:16]


def flops(batch: Sequence[Sentence], *, distinct: bool) -> float:
    """Floating-point operations of the matrix products of one forward pass.

    Args:
        batch: the sentences.
        distinct: count every distinct word once and the first layer's input product once per
            symbol of the alphabet; else every occurrence and every symbol.
    """
    occurrences = [token for sentence in batch for token in sentence.tokens]
    words = set(occurrences) if distinct else occurrences
    symbols = sum(len(word.encode()) for word in words)
    embedding, inner, outer = (
        SETTINGS[name] for name in ("embedding_size", "subtoken_hidden", "sentence_hidden")
    )
    total = 0.0
    for layer in range(SETTINGS["subtoken_layers"]):
        rows = SYMBOLS if distinct and layer == 0 else symbols
        width = 2 * inner if layer else embedding
        total += _lstm_flops(rows, width, symbols - len(words), inner)
    for layer in range(SETTINGS["sentence_layers"]):
        width = 2 * outer if layer else 2 * inner
        total += _lstm_flops(len(occurrences), width, len(occurrences) - len(batch), outer)
    return total + 2 * len(occurrences) * 2 * outer * (2 * len(KINDS) + 1)


def _lstm_flops(rows: int, width: int, steps: int, hidden: int) -> float:
    """Both directions: `rows` × `width` input products, `steps` recurrent ones, four gates."""
    return 2 * 2 * 4 * hidden * (rows * width + steps * hidden)


def prepare_process(threads: int) -> None:
    import torch

    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)


def peak_mib() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def figures(
    *,
    versions: dict[str, str],
    parameters: int,
    preparation_seconds: float,
    batches: Sequence[Sequence[Sentence]],
    seen: str,
    training_seconds: float,
    decoding: Sequence[Sentence],
    decoding_seconds: float,
    distinct: bool,
) -> dict[str, Any]:
    """What a worker reports; rates are of the timed part."""
    trained = [sentence for batch in batches for sentence in batch]
    training_flops = 3 * sum(flops(batch, distinct=distinct) for batch in batches)
    return {
        "versions": {"python": platform.python_version(), **versions},
        "parameters": parameters,
        "preparation_seconds": preparation_seconds,
        "peak_mib": peak_mib(),
        "training": {
            "batches": len(batches),
            "fingerprint": seen,
            "gflops": training_flops / training_seconds / 1e9,
            **_rates(trained, training_seconds),
        },
        "decoding": {
            "gflops": flops(decoding, distinct=distinct) / decoding_seconds / 1e9,
            **_rates(decoding, decoding_seconds),
        },
    }


def _rates(sentences: Sequence[Sentence], seconds: float) -> dict[str, float]:
    words = sum(map(len, sentences))
    return {
        "seconds": seconds,
        "sentences": len(sentences),
        "words": words,
        "sentences_per_second": len(sentences) / seconds,
        "words_per_second": words / seconds,
    }


def work_machine(args: argparse.Namespace) -> dict[str, Any]:
    """The rate of a plain fp32 matrix product."""
    import torch

    prepare_process(args.threads)
    torch.manual_seed(0)
    left, right = (torch.randn(PRODUCT_SIZE, PRODUCT_SIZE) for _ in range(2))
    product = torch.empty_like(left)
    seconds = []
    for _ in range(12):
        started = time.perf_counter()
        torch.mm(left, right, out=product)
        seconds.append(time.perf_counter() - started)
    return {"gflops": 2 * PRODUCT_SIZE**3 / statistics.median(seconds[2:]) / 1e9}
