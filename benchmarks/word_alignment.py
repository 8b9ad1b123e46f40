"""Word alignment: quality beside gold and time per sentence, ours and the field's own programs.

    python benchmarks/word_alignment.py --source TEXT.eng --target TEXT.spa --gold XLWA.tsv ... \\
        [--pairs 20000] [--repeats 3] [--path FOLDER] [--cases thot:fast_align thot:eflomal ...]

Aligns the sentences of gold files in the form of XL-WA together with so many pairs of line-parallel
text, lower-cased, in both directions, and symmetrises by grow-diag-final-and. Cases are Thot's
models as the workflow runs them, and the programs `fast_align` and `eflomal-align` where they are
on the path (or in --path, e.g. the `bin` of a venv with eflomal in it). Repeats are interleaved;
seconds are medians, of the processor (all threads together) and of the clock, which other work on
the machine lengthens. The last lines tell the error rate with Thot's own symmetrisation, which
looks at candidates in another order, and on how many sentences the two give the same links.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from crosstag import registry
from crosstag.bitexts.pairs import Alignment
from crosstag.bitexts.parallel import read_tokens
from crosstag.bitexts.registry import ALIGNERS
from crosstag.bitexts.symmetrisation import symmetrise
from crosstag.bitexts.word_alignments import read_xlwa
from crosstag.evaluation.word_alignments import score

CASES = ["fast_align", "thot:fast_align", "eflomal", "thot:eflomal", "thot:hmm"]
PROGRAMS = {"fast_align": "fast_align", "eflomal": "eflomal-align"}
HOW = "grow_diag_final_and"
Text = list[tuple[list[str], list[str]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("--gold", type=Path, nargs="+", required=True, help="files of XL-WA")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--path", type=Path, help="folder with further programs")
    parser.add_argument("--cases", nargs="+", default=CASES)
    args = parser.parse_args()
    if args.path:
        os.environ["PATH"] = f"{args.path.resolve()}{os.pathsep}{os.environ['PATH']}"
    gold = [pair for path in args.gold for pair in read_xlwa(path)]
    truth = [pair.alignment for pair in gold]
    text: Text = [(pair.source, pair.target) for pair in gold]
    text += islice(read_tokens(args.source, args.target), args.pairs)
    cases = [case for case in args.cases if available(case)]
    times: dict[str, list[tuple[float, float]]] = {case: [] for case in cases}
    found: dict[str, tuple[list[Alignment], list[Alignment]]] = {}
    for _ in range(args.repeats):
        for case in cases:
            before = clocks()
            found[case] = align(case, text)
            times[case].append(tuple(b - a for a, b in zip(before, clocks(), strict=True)))
    report(cases, times, found, truth, len(text))


def available(case: str) -> bool:
    program = PROGRAMS.get(case)
    if program and not shutil.which(program):
        print(f"{case}: no program {program} on the path, left out")
        return False
    return True


def align(case: str, text: Text) -> tuple[list[Alignment], list[Alignment]]:
    program, _, model = case.partition(":")
    settings = {"model": model} if model else {}
    run = registry.load(ALIGNERS, program)
    return tuple(run(text, [], direction=way, **settings) for way in ("forward", "backward"))


def clocks() -> tuple[float, float]:
    """Seconds of the processor, of this process and those that it has run, and of the clock."""
    return sum(os.times()[:4]), time.perf_counter()


def report(
    cases: list[str],
    times: dict[str, list[tuple[float, float]]],
    found: dict[str, tuple[list[Alignment], list[Alignment]]],
    truth: list[Alignment],
    sentences: int,
) -> None:
    names = ["AER", "F1", "precision", "recall", "CPU s", "clock s", "CPU ms/pair", "to its peer"]
    print(f"{'aligner':18}" + "".join(f"{name:>12}" for name in names))
    medians = {
        case: [statistics.median(each) for each in zip(*times[case], strict=True)] for case in cases
    }
    for case in cases:
        links = [symmetrise(*both, HOW) for both in zip(*found[case], strict=True)]
        scores = score(zip(truth, links[: len(truth)], strict=True))
        processor, clock = medians[case]
        peer = medians.get(case.removeprefix("thot:")) if case.startswith("thot:") else None
        cells = [f"{scores[name]:.4f}" for name in ("aer", "f1", "precision", "recall")]
        cells += [f"{processor:.1f}", f"{clock:.1f}", f"{1000 * processor / sentences:.2f}"]
        cells.append(f"{processor / peer[0]:.2f}" if peer else "-")
        print(f"{case:18}" + "".join(f"{cell:>12}" for cell in cells), flush=True)
    for case in cases:
        pairs = list(zip(*found[case], strict=True))
        theirs = [thot_symmetrised(*both) for both in pairs]
        same = sum(
            symmetrise(*both, HOW) == other for both, other in zip(pairs, theirs, strict=True)
        )
        rate = score(zip(truth, theirs[: len(truth)], strict=True))["aer"]
        print(
            f"{case}: as Thot symmetrises, AER {rate:.4f}; {same} of {len(pairs)} sentences alike"
        )


def thot_symmetrised(forward: Alignment, backward: Alignment) -> Alignment:
    from thot.common import WordAlignmentMatrix

    links = [*forward.sure, *backward.sure]
    size = [1 + max((link[side] for link in links), default=0) for side in (0, 1)]
    matrices = [WordAlignmentMatrix(*size) for _ in range(2)]
    for matrix, alignment in zip(matrices, (forward, backward), strict=True):
        for i, j in alignment.sure:
            matrix.set(i, j)
    matrices[0].grow_diag_final_and(matrices[1])
    rows, columns = matrices[0].to_numpy().nonzero()
    return Alignment(tuple(sorted(zip(rows.tolist(), columns.tolist(), strict=True))))


if __name__ == "__main__":
    main()
