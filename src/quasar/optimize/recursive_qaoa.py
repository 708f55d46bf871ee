"""Recursive QAOA: a solution from exact correlations of one layer, variable by variable.

One layer is optimised, the largest mean |<Z_iZ_j>| or |<Z_i>| is taken for a certainty, which
removes a variable, and so on, until few enough are left to be enumerated (Bravyi et al., Phys. Rev.
Lett. 125, 260505 (2020), arXiv 1910.08980). All means are in closed form, so the circuits need not
be run. Covers products of one and two Z.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa_large import transferred_angles
from quasar.simulate.cones.closed_form import OneLayer
from quasar.simulate.engine import FloatVector

_ENUMERATED = 16  # variables left at the end
_STEPS = 12  # of the optimiser after each variable: the angles hardly change
_TINY = 1e-12

Terms = dict[tuple[int, ...], float]


class RecursiveAnswer(NamedTuple):
    """What recursive QAOA found.

    Attributes:
        state: index of the basis state.
        energy: its energy without the constant.
        rounds: variables that were removed.
    """

    state: int
    energy: float
    rounds: int


class _Fixed(NamedTuple):
    """Spin `spin` is `sign` times spin `by`; `by` -1: it is `sign` itself."""

    spin: int
    by: int
    sign: int


def covers(hamiltonian: IsingHamiltonian) -> bool:
    """Whether all its products are of one or two Z."""
    return all(len(qubits) <= 2 for qubits in hamiltonian.terms)


def recursive_qaoa(
    hamiltonian: IsingHamiltonian, *, stop: Callable[[], bool] | None = None
) -> RecursiveAnswer | None:
    """The solution; None where `stop` said so before it was found.

    Args:
        stop: asked before each variable whether to end.

    Raises:
        ValueError: a product of more than two Z.
    """
    if not covers(hamiltonian):
        raise ValueError("recursive QAOA covers products of at most two Z")
    terms: Terms = {t: c for t, c in hamiltonian.terms.items() if abs(c) > _TINY}
    fixed: list[_Fixed] = []
    theta: FloatVector | None = None
    while len(left := _spins(terms)) > _ENUMERATED:
        if stop is not None and stop():
            return None
        layer, names = _layer(terms, left)
        theta = _angles(layer, terms, theta)
        decided = _most_certain(layer, names, theta)
        fixed.append(decided)
        terms = _without(terms, decided)
    spins = _enumerated(terms, left)
    for spin, by, sign in reversed(fixed):
        spins[spin] = sign if by < 0 else sign * spins.get(by, 1)
    index = sum(1 << qubit for qubit, spin in spins.items() if spin < 0)
    return RecursiveAnswer(index, hamiltonian.energy(index), len(fixed))


def _spins(terms: Mapping[tuple[int, ...], float]) -> list[int]:
    return sorted({qubit for qubits in terms for qubit in qubits})


def _layer(terms: Terms, left: list[int]) -> tuple[OneLayer, list[tuple[int, ...]]]:
    """One layer on the spins that are left, and the products whose means it gives."""
    number = {spin: i for i, spin in enumerate(left)}
    renamed = {tuple(number[spin] for spin in qubits): c for qubits, c in terms.items()}
    layer = OneLayer(IsingHamiltonian(len(left), renamed))
    return layer, [tuple(left[i] for i in qubits) for qubits in layer.order]


def _angles(layer: OneLayer, terms: Terms, theta: FloatVector | None) -> FloatVector:
    from scipy.optimize import minimize

    start = theta
    if start is None:
        start = transferred_angles(IsingHamiltonian(max(_spins(terms)) + 1, terms), 1)
    options = {"maxiter": _STEPS if theta is not None else 100}
    found = minimize(layer.value_and_gradient, start, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x)


def _most_certain(layer: OneLayer, names: list[tuple[int, ...]], theta: FloatVector) -> _Fixed:
    """The product with the largest mean; the first of several."""
    means = layer.terms(float(theta[0]), float(theta[1]))
    best = int(np.argmax(np.round(np.abs(means), 12)))
    sign = 1 if means[best] >= 0 else -1
    spins = names[best]
    return _Fixed(spins[-1], spins[0] if len(spins) == 2 else -1, sign)


def _without(terms: Terms, decided: _Fixed) -> Terms:
    """The terms with a spin replaced; what becomes a constant is left out."""
    out: Terms = {}
    for qubits, c in terms.items():
        if decided.spin in qubits:
            others = {qubit for qubit in qubits if qubit != decided.spin}
            if decided.by >= 0:
                others ^= {decided.by}
            qubits, c = tuple(sorted(others)), c * decided.sign
        if qubits:
            out[qubits] = out.get(qubits, 0.0) + c
    return {qubits: c for qubits, c in out.items() if abs(c) > _TINY}


def _enumerated(terms: Terms, left: list[int]) -> dict[int, int]:
    """The best values of the spins that are left, by trying all."""
    number = {spin: i for i, spin in enumerate(left)}
    renamed = {tuple(number[spin] for spin in qubits): c for qubits, c in terms.items()}
    best = int(np.argmin(IsingHamiltonian(max(1, len(left)), renamed).diagonal))
    return {spin: -1 if best >> i & 1 else 1 for spin, i in number.items()}
