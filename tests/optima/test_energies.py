"""Bounds of observables beyond enumeration."""

from __future__ import annotations

import pytest

from quasar.core.bounds import bounds
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.optima.energies import energy_bounds

pytest.importorskip("ortools", reason="needs the extra optima")


def ring(n: int) -> IsingHamiltonian:
    terms = {tuple(sorted((i, (i + 1) % n))): 1.0 for i in range(n)}
    return IsingHamiltonian(n, {**terms, (0,): 0.5}, constant=7)


def test_both_ends_of_a_long_ring() -> None:
    found = energy_bounds(ring(31))
    assert (found.low, found.high, found.exact) == (-29.5, 31.5, True)
    assert found.method == "cp_sat"


def test_small_ones_are_enumerated() -> None:
    assert energy_bounds(ring(9)) == bounds(ring(9))


def test_products_of_many_spins() -> None:
    h = IsingHamiltonian(40, {tuple(range(40)): 2.0, (3,): -1.0, (3, 7, 9): 0.25})
    found = energy_bounds(h)
    assert (found.low, found.high, found.exact) == (-3.25, 3.25, True)


def test_what_is_not_diagonal_is_enclosed() -> None:
    h = PauliSum.from_text("0.5*X0*Z29 - 2*Y1 + 1")
    found = energy_bounds(h)
    assert (found.low, found.high) == pytest.approx((-2.5, 2.5))
    assert (found.exact, found.method) == (False, "windows")
