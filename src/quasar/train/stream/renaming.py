"""Token ids under other names of the qubits, so that an example that comes again is another text.

Read off the vocabulary: `@q3 `, ` q3 `, `;q3`, `q3=1 `, `) q[3];`, `cx q[3],q[5];` and everything
else that names one or two qubits belongs to a family of tokens that differ in the names alone. A
token that names the whole register in order (`gate cost(g) q0,q1,q2{`) stays what it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.uint16]
"""Tokens, [B, T]."""
Names = npt.NDArray[np.int64]
"""New name of each qubit, [B, `Renaming.room`]."""

_QUBIT = re.compile(r"(?<![A-Za-z])q(?:(\d+)|\[(\d+)\])")


class Renaming:
    """Renames qubits in token ids.

    Attributes:
        room: qubits that the vocabulary has names for.
        highest: highest qubit that each token names, -1 where it names none; [V].
    """

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        size = max(vocabulary.values()) + 1
        named = {number: _names(text) for text, number in vocabulary.items()}
        self.room = 1 + max((q for names in named.values() for q in names), default=0)
        self.highest = np.full(size, -1, np.int64)
        self._family = np.full(size, -1, np.int64)
        self._pair = np.zeros((2, size), np.int64)
        families: dict[str, dict[tuple[int, int], int]] = {}
        for text, number in vocabulary.items():
            names = named[number]
            if not names:
                continue
            self.highest[number] = max(names)
            if len(names) > 2 and names == list(range(len(names))):
                continue  # a whole register
            form = _QUBIT.sub("q", text) if len(names) <= 2 else text
            family = families.setdefault(form, {})
            if len(names) <= 2:
                family[names[0], names[-1]] = number
            self._pair[:, number] = names[0], names[-1]
            self._family[number] = list(families).index(form)
        self._image = np.full((max(1, len(families)), self.room, self.room), -1, np.int64)
        for place, family in enumerate(families.values()):
            for (a, b), number in family.items():
                self._image[place, a, b] = number

    def __call__(self, ids: Ids, names: Names) -> Ids:
        """The same rows under other names; a row whose tokens have no such names stays as it is."""
        # All [B, T]: the family of each token, and the new names of its first and last qubit.
        family = self._family[ids]
        rows = np.arange(len(ids))[:, None]
        first, second = (names[rows, pair[ids]] for pair in self._pair)
        renamed = np.where(family >= 0, self._image[family, first, second], ids)
        impossible = (renamed < 0).any(axis=1, keepdims=True)
        return np.where(impossible, ids, renamed).astype(np.uint16)


def draw_names(counts: npt.NDArray[np.int64], room: int, rng: np.random.Generator) -> Names:
    """Random names for the qubits of each row; those beyond its count keep theirs.

    Args:
        counts: qubits of each row, [B].
    """
    places = np.arange(room)
    own = places < counts[:, None]
    keys = np.where(own, rng.random((len(counts), room)), 1.0 + places)
    return np.argsort(keys, axis=1)


def _names(text: str) -> list[int]:
    return [int(a or b) for a, b in _QUBIT.findall(text)]
