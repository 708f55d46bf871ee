"""Products of Pauli strings, what commutes with what, and the Jordan-Wigner mapping.

Covers sums with complex coefficients as plain dictionaries from `Pauli` to number, the empty
product being the identity. Hermitian sums are `core.observable.PauliSum`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from quasar.core.observable import Axis, Observable, Pauli

ComplexTerms = dict[Pauli, complex]
"""Coefficient of each product; the empty one is the identity."""

_TIMES: Mapping[tuple[Axis, Axis], tuple[complex, Axis]] = {
    ("X", "Y"): (1j, "Z"),
    ("Y", "Z"): (1j, "X"),
    ("Z", "X"): (1j, "Y"),
    ("Y", "X"): (-1j, "Z"),
    ("Z", "Y"): (-1j, "X"),
    ("X", "Z"): (-1j, "Y"),
}
_NEGLIGIBLE = 1e-12  # of the largest coefficient: rounding of sums


def multiplied(left: Pauli, right: Pauli) -> tuple[complex, Pauli]:
    """The product of two strings: a phase and a string."""
    factors: dict[int, Axis] = dict(left)
    phase: complex = 1.0
    for qubit, axis in right:
        known = factors.pop(qubit, None)
        if known is None:
            factors[qubit] = axis
        elif known != axis:
            turn, factors[qubit] = _TIMES[known, axis]
            phase *= turn
    return phase, tuple(sorted(factors.items()))


def anticommute(left: Pauli, right: Pauli) -> bool:
    """Whether two strings anticommute: they differ on an odd number of common qubits."""
    axes = dict(left)
    return sum(axes.get(qubit, axis) != axis for qubit, axis in right) % 2 == 1


def times(left: Mapping[Pauli, complex], right: Mapping[Pauli, complex]) -> ComplexTerms:
    """The product of two sums."""
    out: ComplexTerms = {}
    for p, a in left.items():
        for q, b in right.items():
            phase, pauli = multiplied(p, q)
            out[pauli] = out.get(pauli, 0.0) + phase * a * b
    return out


def commutes(one: Observable, other: Observable) -> bool:
    """Whether two observables commute, up to rounding of their coefficients."""
    found: ComplexTerms = {}
    largest = 0.0
    for p, a in one.pauli_terms().items():
        for q, b in other.pauli_terms().items():
            if anticommute(p, q):
                phase, pauli = multiplied(p, q)
                found[pauli] = found.get(pauli, 0.0) + phase * a * b
                largest = max(largest, abs(a * b))
    return all(abs(c) <= _NEGLIGIBLE * max(largest, 1.0) for c in found.values())


def qubit_wise_groups(terms: Iterable[Pauli]) -> list[list[Pauli]]:
    """Strings that can be measured together qubit by qubit, greedily, in the order given.

    In a group no qubit has two different axes. The number of groups is not proved to be the least:
    that is a colouring problem (Verteletskyi et al., J. Chem. Phys. 152, 124114 (2020)).
    """
    bases: list[dict[int, Axis]] = []
    groups: list[list[Pauli]] = []
    for pauli in terms:
        for basis, group in zip(bases, groups, strict=True):
            if all(basis.get(qubit, axis) == axis for qubit, axis in pauli):
                basis.update(pauli)
                group.append(pauli)
                break
        else:
            bases.append(dict(pauli))
            groups.append([pauli])
    return groups


def ladder(orbital: int, *, creates: bool) -> ComplexTerms:
    """Creation or annihilation operator of a spin orbital, by Jordan and Wigner.

    |1> is an occupied orbital: c = Z_0..Z_{p-1} (X_p + iY_p)/2.
    """
    before: Pauli = tuple((qubit, "Z") for qubit in range(orbital))
    sign = -0.5j if creates else 0.5j
    return {(*before, (orbital, "X")): 0.5, (*before, (orbital, "Y")): sign}


def ladder_product(operators: Sequence[tuple[int, bool]]) -> ComplexTerms:
    """A product of ladder operators, given as (spin orbital, creates), leftmost first."""
    out: ComplexTerms = {(): 1.0}
    for orbital, creates in operators:
        out = times(out, ladder(orbital, creates=creates))
    return {pauli: c for pauli, c in out.items() if abs(c) > _NEGLIGIBLE}
