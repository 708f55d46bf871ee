"""Encoders of stabiliser codes by Gaussian elimination (Gottesman, quant-ph/9705052, chapter 4).

Pauli operators are kept as (x, z, sign): bit q of x and z says whether X and Z act on qubit q, both
together Y; sign 1 is a minus.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate

Operator = tuple[int, int, int]
_INVERSE = {"s": "sdg"}


def encoder(stabilisers: Sequence[str], x: str, z: str) -> list[Gate]:
    """|ψ> on qubit 0 and |0> elsewhere to the logical |ψ>; letters are qubit 0 first."""
    n = len(x)
    rows = [_read(letters) for letters in (*stabilisers, z, x)]
    done: list[Gate] = []
    free = set(range(n))

    def apply(*gates: Gate) -> None:
        for made in gates:
            done.append(made)
            rows[:] = [_conjugated(row, made) for row in rows]

    for i in range(len(stabilisers)):
        support = [q for q in sorted(free) if (rows[i][0] | rows[i][1]) >> q & 1]
        for q in support:
            _make_z(rows, i, q, apply)
        pivot = support[-1]
        apply(*(gate("cx", q, pivot) for q in support if q != pivot))
        if rows[i][2]:
            apply(gate("x", pivot))
        free.discard(pivot)
    (last,) = free
    _make_z(rows, -2, last, apply)
    if rows[-1][1] >> last & 1:
        apply(gate("s", last))
    if rows[-2][2]:
        apply(gate("x", last))
    if rows[-1][2]:
        apply(gate("z", last))
    if last:
        apply(gate("swap", 0, last))
    return [made._replace(name=_INVERSE.get(made.name, made.name)) for made in reversed(done)]


def _make_z(rows: Sequence[Operator], i: int, q: int, apply: Callable[..., None]) -> None:
    """Turn what row i has on qubit q into Z."""
    if rows[i][0] >> q & 1:
        if rows[i][1] >> q & 1:
            apply(gate("s", q))
        apply(gate("h", q))


def _read(letters: str) -> Operator:
    x = sum(1 << q for q, letter in enumerate(letters) if letter in "XY")
    z = sum(1 << q for q, letter in enumerate(letters) if letter in "YZ")
    return x, z, 0


def _conjugated(row: Operator, made: Gate) -> Operator:
    """The operator after a gate."""
    x, z, sign = row
    q = made.qubits[0]
    on_x, on_z = x >> q & 1, z >> q & 1
    if made.name == "h":
        return _set(x, q, on_z), _set(z, q, on_x), sign ^ (on_x & on_z)
    if made.name == "s":
        return x, z ^ on_x << q, sign ^ (on_x & on_z)
    if made.name == "x":
        return x, z, sign ^ on_z
    if made.name == "z":
        return x, z, sign ^ on_x
    t = made.qubits[1]
    to_x, to_z = x >> t & 1, z >> t & 1
    if made.name == "swap":
        return _set(_set(x, q, to_x), t, on_x), _set(_set(z, q, to_z), t, on_z), sign
    flips = on_x & to_z & (to_x ^ on_z ^ 1)
    return x ^ on_x << t, z ^ to_z << q, sign ^ flips


def _set(bits: int, q: int, value: int) -> int:
    return bits & ~(1 << q) | value << q
