"""Word alignment by the user's own `fast_align` or `eflomal-align`, where one is on the path."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from crosstag.bitexts.aligners.numbered import Direction, Numbered, TokenPair, number
from crosstag.bitexts.pairs import Alignment, Link
from crosstag.bitexts.word_alignments import read_pharaoh
from crosstag.errors import InputError

#: words that eflomal reads of a sentence (more end it), and a bound for fast_align, which has none
LONGEST = 1024


def align_by_fast_align(
    text: Iterable[TokenPair],
    others: Iterable[TokenPair] = (),
    *,
    direction: Direction,
    options: Sequence[str] = ("-d", "-o", "-v"),
    lowercase: bool = True,
) -> list[Alignment]:
    """Alignments of the text in one direction, one a pair, by the program `fast_align`.

    Args:
        text: pairs to be aligned, which the program learns from too.
        others: further pairs to learn from.
        options: of the program, its input and `-r` (backward) apart.
        lowercase: words that differ in case alone are the same word.

    Raises:
        InputError: if the program is not there, fails, or writes what does not fit the text.
    """
    program = _program("fast_align", "fast_align")
    numbered = number(text, others, lowercase=lowercase, longest=LONGEST)
    with tempfile.TemporaryDirectory(prefix="crosstag-") as folder:
        joint, links = Path(folder, "text"), Path(folder, "links")
        joint.write_text("".join(f"{' '.join(s)} ||| {' '.join(t)}\n" for s, t in numbered.pairs))
        reverse = ["-r"] if direction == "backward" else []
        return _run([program, "-i", str(joint), *options, *reverse], numbered, links, True)


def align_by_eflomal(
    text: Iterable[TokenPair],
    others: Iterable[TokenPair] = (),
    *,
    direction: Direction,
    options: Sequence[str] = (),
    lowercase: bool = True,
) -> list[Alignment]:
    """As `align_by_fast_align`, by `eflomal-align`, which has no seed: two runs differ.

    Its options that look at the letters of words (prefixes, suffixes, priors) have nothing to
    look at here.
    """
    program = _program("eflomal-align", "eflomal")
    numbered = number(text, others, lowercase=lowercase, longest=LONGEST)
    with tempfile.TemporaryDirectory(prefix="crosstag-") as folder:
        paths = [Path(folder, name) for name in ("source", "target", "links")]
        for side, path in enumerate(paths[:2]):
            path.write_text("".join(f"{' '.join(pair[side])}\n" for pair in numbered.pairs))
        output = "-r" if direction == "backward" else "-f"
        arguments = zip(("-s", "-t", output), map(str, paths), strict=True)
        command = [program, *(word for pair in arguments for word in pair), *options]
        return _run(command, numbered, paths[2], False)


def _program(name: str, model: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise InputError(
            f"aligners: found no program {name!r} on the path, expected it there; without it, "
            f"{{program: thot, model: {model}}} has the same model"
        )
    return found


def _run(command: list[str], numbered: Numbered, links: Path, printed: bool) -> list[Alignment]:
    """Run a program that aligns all of `numbered.pairs`, into `links` or onto standard output."""
    if not numbered.places:
        return numbered.whole([])
    with links.open("wb") if printed else tempfile.TemporaryFile() as out:
        done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise InputError(f"{command[0]}: found exit status {done.returncode}, expected 0: {said}")
    if not links.is_file():
        raise InputError(f"{command[0]}: found no links after its run, expected its option's file")
    lengths = [(len(source), len(target)) for source, target in numbered.pairs]
    try:
        found = list(read_pharaoh(links, lengths))
    except InputError as error:
        raise InputError(f"{command[0]}: {error}") from None
    return numbered.whole(_links(alignment) for alignment in found[: len(numbered.places)])


def _links(alignment: Alignment) -> list[Link]:
    return [*alignment.sure, *alignment.possible]
