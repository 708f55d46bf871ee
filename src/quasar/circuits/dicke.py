"""W and Dicke states: equal amplitudes of all strings with k ones, from |0...0>.

W in a line and in a tree (Cruz et al., Adv. Quantum Technol. 2, 1900015 (2019)), Dicke states by
splits and cyclic shifts (Bärtschi and Eidenbenz, FCT 2019, arXiv 1904.07358), of O(k n) gates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate, multiplexed


class Preparation(NamedTuple):
    """How a Dicke state comes from a basis state.

    Attributes:
        ones: qubits that are 1 at first. No other string of that many ones has them all.
        moves: takes that string to all strings of as many ones, with equal amplitudes, and every
            string to strings of as many ones.
        first: does the same to that string alone, of fewer gates.
        flipped: whether X on every qubit follows.
    """

    ones: tuple[int, ...]
    moves: list[Gate]
    first: list[Gate]
    flipped: bool


def preparation(n: int, k: int) -> Preparation:
    """The state of n qubits, k of them 1, in the way with the fewest gates on two qubits."""
    few, flipped = min(k, n - k), 2 * k > n
    if few == 0:
        return Preparation((), [], [], flipped)
    if few == 1:
        first = _tree(n)
        moves = []
        for turn, back in zip(first[::2], first[1::2], strict=True):
            moves += [
                back,
                turn,
                back,
            ]  # the first of these does nothing where the second qubit is 0
        return Preparation((0,), moves, first, flipped)
    splits = _splits(n, few)
    return Preparation(tuple(range(n - few, n)), splits, splits, flipped)


def w_line(n: int) -> list[Gate]:
    """One excitation handed along a line."""
    return [gate("x", 0), *_excitation(n, lambda size: 1)]


def w_tree(n: int) -> list[Gate]:
    """One excitation split in halves, in a depth of log2 n."""
    return [gate("x", 0), *_tree(n)]


def _tree(n: int) -> list[Gate]:
    return _excitation(n, lambda size: (size + 1) // 2)


def _excitation(n: int, kept: Callable[[int], int]) -> list[Gate]:
    """A block's first qubit holds its excitation; of each block, `kept` of its size stay."""
    out, blocks = list[Gate](), [(0, n)]
    while blocks:
        following = []
        for first, size in blocks:
            if size < 2:
                continue
            left = kept(size)
            second = first + left
            angle = 2 * math.acos(math.sqrt(left / size))
            out += [gate("cry", first, second, angles=(angle,)), gate("cx", second, first)]
            following += [(first, left), (second, size - left)]
        blocks = following
    return out


def dicke(n: int, k: int) -> list[Gate]:
    """Equal amplitudes of all strings with k ones, of O(k n) gates."""
    if k == 0:
        return []
    if 2 * k > n:
        return [*dicke(n, n - k), *(gate("x", q) for q in range(n))]
    return [*(gate("x", q) for q in range(n - k, n)), *_splits(n, k)]


def _splits(n: int, k: int) -> list[Gate]:
    return [made for size in range(n, 1, -1) for made in _split(size, min(k, size - 1))]


def _split(size: int, k: int) -> list[Gate]:
    """The split-and-cyclic-shift unitary on qubits 0 to size - 1."""
    last = size - 1
    angle = 2 * math.acos(math.sqrt(1 / size))
    near = last - 1
    out = [gate("cx", near, last), gate("cry", last, near, angles=(angle,)), gate("cx", near, last)]
    for step in range(2, k + 1):
        target = last - step
        angle = 2 * math.acos(math.sqrt(step / size))
        # On two controls, by four CX.
        turn = multiplexed("ry", np.array([0.0, 0.0, 0.0, angle]), (last, target + 1), target)
        out += [gate("cx", target, last), *turn, gate("cx", target, last)]
    return out
