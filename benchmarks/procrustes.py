"""Learning a rotation from 300,000 pairs, against its bare matrix product and SVD.

    python benchmarks/procrustes.py

The bare work is X_t X_sᵀ in one product and one SVD, in double precision, which ours works in, and
in single; the matrices lie in memory in that precision already. Ours is NormRotateAlign
(`rotation.learn`) from single-precision chunks in memory, and from two half-precision stores on
disk by a Pharaoh file, where sentences are read and words picked out besides. The aim is twice the
time of the bare product and SVD. One layer; medians of interleaved repeats.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import numpy as np
import pyarrow as pa
import torch
from crosstag.alignment import pairs, rotation
from crosstag.alignment.pairs import CHUNK, Pairs
from crosstag.encoders.store import Store, schema
from torch import Tensor

WORDS = 20  # a sentence


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare(source: Tensor, target: Tensor) -> Tensor:
    left, _, right = torch.linalg.svd(target.T @ source)
    return left @ right


def write_store(path: Path, vectors: Tensor) -> Store:
    words, dimensions = vectors.shape
    about = {"layers": [12], "dimensions": dimensions, "precision": "half", "words": words}
    about |= {"sentences": words // WORDS, "encoder": "random"}
    owners = np.arange(words, dtype=np.int32) // WORDS
    rows = 8000
    with pa.ipc.new_file(str(path), schema(about)) as writer:
        for begin in range(0, words, rows):
            flat = vectors[begin : begin + rows].half().numpy().reshape(-1)
            column = pa.FixedSizeListArray.from_arrays(pa.array(flat), dimensions)
            batch = [pa.array(owners[begin : begin + rows]), column]
            writer.write_batch(pa.record_batch(batch, schema=schema(about)))
    return Store.open(path)


def main() -> None:
    parser = argparse.ArgumentParser(formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300_000)
    parser.add_argument("--dimensions", type=int, default=768)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    generator = torch.Generator().manual_seed(1)
    count = args.pairs // WORDS * WORDS
    source = torch.randn(count, args.dimensions, generator=generator) + 1
    target = source.flip(1) + 0.3 * torch.randn(count, args.dimensions, generator=generator)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stores = write_store(folder / "a", source), write_store(folder / "b", target)
        links = folder / "links"
        line = " ".join(f"{n}-{n}" for n in range(WORDS)) + "\n"
        links.write_text(line * (count // WORDS))
        learned = range(count // WORDS)
        memory = partial(map, Pairs, *(s.unsqueeze(1).split(CHUNK) for s in (source, target)))
        streams = {
            "chunks in memory": memory,
            "stores on disk": partial(pairs.aligned_pairs, *stores, links, learned),
        }
        exact = source.double(), target.double()
        works: dict[str, Callable[[], object]] = {
            "bare, single": partial(bare, source, target),
            "bare, double": partial(bare, *exact),
            **{key: partial(rotation.learn, each, "centre") for key, each in streams.items()},
        }
        times = {key: [] for key in works}
        for _ in range(args.repeats):
            for key, work in works.items():
                times[key].append(seconds(work))
    medians = {key: statistics.median(each) for key, each in times.items()}
    print(f"{count} pairs, {args.dimensions} dimensions, {args.threads} threads")
    for key, value in medians.items():
        ratios = [value / medians[f"bare, {precision}"] for precision in ("double", "single")]
        print(
            f"{key:18} {value:6.2f} s, {ratios[0]:.2f} × bare double (aim 2), "
            f"{ratios[1]:.2f} × single"
        )
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB with the data")


if __name__ == "__main__":
    main()
