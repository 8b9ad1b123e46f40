"""Word alignment by the models of Thot (package sil-thot): deterministic, and no program needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from crosstag.bitexts.aligners.numbered import Direction, TokenPair, number
from crosstag.bitexts.pairs import Alignment, Link

Model = Literal["fast_align", "eflomal", "hmm", "ibm1", "ibm2", "ibm3", "ibm4"]
#: rounds of training of each model, where the config does not say, as in GIZA++ and fast_align
ROUNDS = 5
#: models that are trained before another, the first on its own
BEFORE: dict[str, tuple[str, ...]] = {
    "ibm1": (),
    "ibm2": ("ibm1",),
    "hmm": ("ibm1",),
    "ibm3": ("ibm1", "hmm"),
    "ibm4": ("ibm1", "hmm", "ibm3"),
}
#: words that Thot reads of a sentence; more of them get no links
LONGEST = {"hmm": 200, "ibm3": 200, "ibm4": 200}
LONGEST_OTHERWISE = 1024


def align(
    text: Iterable[TokenPair],
    others: Iterable[TokenPair] = (),
    *,
    direction: Direction,
    model: Model,
    iterations: int | None = None,
    lowercase: bool = True,
    seed: int = 1,
) -> list[Alignment]:
    """Alignments of the text in one direction, one a pair; same arguments, same links.

    Args:
        text: pairs to be aligned, which the model learns from too.
        others: further pairs to learn from.
        model: `fast_align` is Dyer, Chahuneau and Smith's (2013), with variational Bayes as the
            program's `-v`; `eflomal` is Östling and Tiedemann's (2016); `ibm1` to `ibm4` (Brown
            et al. 1993) and `hmm` (Vogel, Ney and Tillmann 1996) start from the simpler ones,
            without word classes.
        iterations: rounds of training, of each model where several follow each other. `null`: 5;
            Eflomal's own rule, which has more rounds for less text. Of Eflomal it is the rounds
            with fertility; the two simpler models before get a quarter each.
        lowercase: words that differ in case alone are the same word.
        seed: of Eflomal's samplers; the other models have no chance in them.
    """
    longest = LONGEST.get(model, LONGEST_OTHERWISE)
    numbered = number(text, others, lowercase=lowercase, longest=longest)
    if not numbered.places:
        return numbered.whole([])
    backward = direction == "backward"
    # The model's source is the side that the other one's words are generated from.
    pairs = [
        (target, source) if backward else (source, target) for source, target in numbered.pairs
    ]
    count = len(numbered.places)
    if model == "eflomal":
        trained = _eflomal(pairs, iterations, seed)
        # The samples' links, as the program eflomal's: better and cheaper than aligning anew.
        samples = (trained.get_training_alignment(n)[1] for n in range(count))
        return numbered.whole(_links(matrix, backward) for matrix in samples)
    if model == "fast_align":
        trained = _fast_align(pairs, iterations or ROUNDS)
    else:
        trained = _chain(pairs, model, iterations or ROUNDS)
    best = trained.get_best_alignments(
        [side for side, _ in pairs[:count]], [side for _, side in pairs[:count]]
    )
    return numbered.whole(_links(matrix, backward) for _, matrix in best)


def _links(matrix: Any, backward: bool) -> list[Link]:
    """The links of a matrix, whose list tells each column's row from 1, or 0 for none."""
    found = ((row - 1, column) for column, row in enumerate(matrix.to_list()) if row)
    return [(column, row) if backward else (row, column) for row, column in found]


def _fast_align(pairs: list[tuple[list[str], list[str]]], rounds: int) -> Any:
    from thot.alignment import FastAlignModel

    model = FastAlignModel()
    model.variational_bayes = True
    return _train(_fed(model, pairs), rounds)


def _eflomal(pairs: list[tuple[list[str], list[str]]], iterations: int | None, seed: int) -> Any:
    from thot.alignment import EflomalAlignmentModel

    model = EflomalAlignmentModel()
    model.deterministic = True
    model.seed = seed
    model.emit_training_alignments = True
    if iterations is not None:
        quarter = max(1, iterations // 4)
        model.set_iterations(quarter, quarter, iterations)
    _fed(model, pairs)
    model.start_training()  # its own rule looks at the text
    return _train(model, model.scheduled_iterations, started=True)


def _chain(pairs: list[tuple[list[str], list[str]]], name: str, rounds: int) -> Any:
    from thot import alignment

    classes: dict[str, Callable[..., Any]] = {
        "ibm1": alignment.Ibm1AlignmentModel,
        "ibm2": alignment.Ibm2AlignmentModel,
        "hmm": alignment.HmmAlignmentModel,
        "ibm3": alignment.Ibm3AlignmentModel,
        "ibm4": alignment.Ibm4AlignmentModel,
    }
    model = _fed(alignment.Ibm1AlignmentModel(), pairs)
    for step in (*BEFORE[name], name):
        if step != "ibm1":
            model = classes[step](model)  # shares the text and what the model before has learnt
        _train(model, rounds)
    return model


def _fed(model: Any, pairs: list[tuple[list[str], list[str]]]) -> Any:
    for source, target in pairs:
        model.add_sentence_pair(source, target)
    return model


def _train(model: Any, rounds: int, started: bool = False) -> Any:
    if not started:
        model.start_training()
    for _ in range(rounds):
        model.train()
    model.end_training()
    return model
