"""Reversible arithmetic, the Fourier transform, and permutations.

Registers are lists of qubits, the least significant first. Cuccaro et al., quant-ph/0410184 (ripple
carry), Draper, quant-ph/0008033 (by phases), Miller, Maslov and Dueck, DAC 2003 (permutations).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate, inverse, multi_x


def fourier(qubits: Sequence[int], *, swaps: bool = True) -> list[Gate]:
    """|j> to the sum of exp(2πi jk/N)|k>/√N; without swaps the output's bits are reversed."""
    out: list[Gate] = []
    for place in range(len(qubits) - 1, -1, -1):
        out.append(gate("h", qubits[place]))
        for lower in range(place - 1, -1, -1):
            angle = math.pi / (1 << (place - lower))
            out.append(gate("cp", qubits[lower], qubits[place], angles=(angle,)))
    if swaps:
        pairs = zip(qubits, list(qubits)[::-1], strict=True)
        out += [gate("swap", a, b) for a, b in list(pairs)[: len(qubits) // 2]]
    return out


def inverse_fourier(qubits: Sequence[int], *, swaps: bool = True) -> list[Gate]:
    """`fourier` undone."""
    return list(inverse(fourier(qubits, swaps=swaps)))


def _majorities(a: Sequence[int], b: Sequence[int], carry: int) -> list[Gate]:
    """The carries of a + b, each left in a."""
    out, held = [], carry
    for x, y in zip(a, b, strict=True):
        out += [gate("cx", x, y), gate("cx", x, held), gate("ccx", held, y, x)]
        held = x
    return out


def ripple_adder(a: Sequence[int], b: Sequence[int], carry: int) -> list[Gate]:
    """B becomes a + b modulo its size; `carry` is a qubit in |0>."""
    out = _majorities(a, b, carry)
    lower = [carry, *a[:-1]]
    for x, y, held in reversed(list(zip(a, b, lower, strict=True))):
        out += [gate("ccx", held, y, x), gate("cx", x, held), gate("cx", held, y)]
    return out


def phase_adder(a: Sequence[int], b: Sequence[int]) -> list[Gate]:
    """B becomes a + b modulo its size, without further qubits."""
    turns = [
        gate("cp", x, y, angles=(math.pi / (1 << (j - i)),))
        for j, y in enumerate(b)
        for i, x in enumerate(a[: j + 1])
    ]
    return [*fourier(b, swaps=False), *turns, *inverse_fourier(b, swaps=False)]


def comparator(a: Sequence[int], b: Sequence[int], target: int, carry: int) -> list[Gate]:
    """Flips the target where a < b; `carry` is a qubit in |0>."""
    flips = [gate("x", q) for q in a]  # b > a where 2**w - 1 - a + b overflows
    chain = _majorities(a, b, carry)
    return [*flips, *chain, gate("cx", a[-1], target), *inverse(chain), *flips]


def comparator_without(a: Sequence[int], b: Sequence[int], target: int) -> list[Gate]:
    """Flips the target where a < b, without further qubits: bit by bit from the highest."""
    out: list[Gate] = []
    equal: list[Gate] = []
    width = len(a)
    for place in range(width - 1, -1, -1):
        x, y = a[place], b[place]
        alike = [b[k] for k in range(place + 1, width)]
        out += [gate("x", x), *multi_x([*alike, x, y], target), gate("x", x)]
        step = [gate("cx", x, y), gate("x", y)]  # y says whether the two bits are equal
        out += step
        equal += step
    return out + list(inverse(equal))


def permutation(images: Sequence[int], n: int) -> list[Gate]:
    """|i> to |images[i]>, by the transformation-based method."""
    left, out = list(images), list[Gate]()

    def apply(controls: int, target: int) -> None:
        lines = [q for q in range(n) if controls >> q & 1]
        free = [q for q in range(n) if q != target and q not in lines]
        out.extend(reversed(multi_x(lines, target, free)))
        for at, value in enumerate(left):
            if value & controls == controls:
                left[at] = value ^ (1 << target)

    for i in range(len(left)):
        for q in range(n):
            if (i & ~left[i]) >> q & 1:
                apply(left[i], q)
        for q in range(n):
            if (left[i] & ~i) >> q & 1:
                apply(i, q)
    return out[::-1]
