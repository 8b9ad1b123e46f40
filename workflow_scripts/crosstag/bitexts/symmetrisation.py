"""One word alignment from the two directions of an aligner.

In each direction a word has at most one partner on the other side; together they hold links of
many words with many. Koehn, Och and Marcu (2003, section 4.5) start from the links that both
directions share and add links of their union that touch what is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from crosstag.bitexts.pairs import Alignment, Link

#: The order in which neighbours are looked at: straight ones before diagonal ones.
NEIGHBOURS = ((-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1))


class _Growing:
    """Links, with the words on either side that have one."""

    def __init__(self, links: Iterable[Link]) -> None:
        self.links = set(links)
        self._sources = {i for i, _ in self.links}
        self._targets = {j for _, j in self.links}

    def add(self, link: Link) -> None:
        self.links.add(link)
        self._sources.add(link[0])
        self._targets.add(link[1])

    def free_sides(self, link: Link) -> int:
        """How many of the two words have no link yet."""
        return (link[0] not in self._sources) + (link[1] not in self._targets)


def _grow_diag(forward: set[Link], backward: set[Link]) -> _Growing:
    """Add neighbours in the union of which a word is free, until a pass adds none.

    A pass goes over source words from left to right, for each over target words from left to
    right, and at each link that is there, those just added included, over `NEIGHBOURS`: the loops
    of Koehn et al. (2005) and of Moses. Where two links compete for a word, another order takes
    the other one; Thot's goes over what may be added, not over what is there.
    """
    union = forward | backward
    order = sorted(union)  # all links ever there are among these
    growing = _Growing(forward & backward)
    added = True
    while added:
        added = False
        for i, j in order:
            if (i, j) not in growing.links:
                continue
            for down, right in NEIGHBOURS:
                link = i + down, j + right
                if link in union and link not in growing.links and growing.free_sides(link):
                    growing.add(link)
                    added = True
    return growing


def _final(growing: _Growing, links: Collection[Link], free: int) -> None:
    """Add the links, in their order, of which so many words at least are free."""
    for link in sorted(links):
        if growing.free_sides(link) >= free:
            growing.add(link)


def intersection(forward: set[Link], backward: set[Link]) -> set[Link]:
    """Links of both directions: one to one."""
    return forward & backward


def union(forward: set[Link], backward: set[Link]) -> set[Link]:
    return forward | backward


def grow_diag(forward: set[Link], backward: set[Link]) -> set[Link]:
    """The intersection, grown by neighbours; see `_grow_diag` for the order."""
    return _grow_diag(forward, backward).links


def grow_diag_final(forward: set[Link], backward: set[Link]) -> set[Link]:
    """`grow_diag`, then the links of a word that is free, forward ones before backward ones."""
    growing = _grow_diag(forward, backward)
    _final(growing, forward, 1)
    _final(growing, backward, 1)
    return growing.links


def grow_diag_final_and(forward: set[Link], backward: set[Link]) -> set[Link]:
    """`grow_diag`, then the links of two free words (Koehn et al. 2005): the usual choice."""
    growing = _grow_diag(forward, backward)
    _final(growing, forward, 2)
    _final(growing, backward, 2)
    return growing.links


def forward_alone(forward: set[Link], backward: set[Link]) -> set[Link]:
    return set(forward)


def backward_alone(forward: set[Link], backward: set[Link]) -> set[Link]:
    return set(backward)


SYMMETRISATIONS: dict[str, Callable[[set[Link], set[Link]], set[Link]]] = {
    "forward": forward_alone,
    "backward": backward_alone,
    "intersection": intersection,
    "union": union,
    "grow_diag": grow_diag,
    "grow_diag_final": grow_diag_final,
    "grow_diag_final_and": grow_diag_final_and,
}


def symmetrise(forward: Alignment, backward: Alignment, how: str) -> Alignment:
    """One alignment of the two directions, both with links (source word, target word).

    Args:
        how: a key of `SYMMETRISATIONS`.

    Raises:
        KeyError: for another key (the config has checked it before).
    """
    sides = (set(side.sure) | set(side.possible) for side in (forward, backward))
    return Alignment(tuple(sorted(SYMMETRISATIONS[how](*sides))))
