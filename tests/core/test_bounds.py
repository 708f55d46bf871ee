"""Bounds against dense matrices and enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from core.test_observable import dense, ising_chain, pauli_sums
from quasar.core import bounds as module
from quasar.core.bounds import METHODS, Bounds, bounds
from quasar.core.errors import InputError, ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum


@settings(deadline=None, max_examples=30)
@given(pauli_sums())
def test_the_extreme_eigenvalues(observable: PauliSum) -> None:
    energies = np.linalg.eigvalsh(dense(observable))
    scale = 1 + sum(map(abs, observable.pauli_terms().values()))
    found = bounds(observable)
    assert found.exact
    assert found.method == ("enumeration" if observable.is_diagonal else "eigsh")
    assert found.low == pytest.approx(energies[0], abs=1e-10 * scale)
    assert found.high == pytest.approx(energies[-1], abs=1e-10 * scale)
    assert found.width == found.high - found.low


@pytest.mark.parametrize("n", [4, 8])
def test_lanczos_on_the_transverse_field_ising_model(n: int, monkeypatch) -> None:
    monkeypatch.setattr(module, "_DENSE_QUBITS", 0)
    energies = np.linalg.eigvalsh(dense(ising_chain(n)))
    found = bounds(ising_chain(n), "eigsh")
    assert (found.low, found.high) == pytest.approx((energies[0], energies[-1]), abs=1e-10)


def test_both_methods_agree_on_a_diagonal() -> None:
    hamiltonian = IsingHamiltonian.from_text("0.5 * (Z(0) @ Z(1)) + -0.25 * Z(2) + 7", 3)
    enumerated, lanczos = bounds(hamiltonian, "enumeration"), bounds(hamiltonian, "eigsh")
    assert enumerated[:2] == (-0.75, 0.75)
    assert lanczos[:2] == pytest.approx(enumerated[:2])


def test_a_method_is_one_registry_line(monkeypatch) -> None:
    monkeypatch.setitem(METHODS, "sum", lambda o: Bounds(-9.0, 9.0, False, "sum"))
    assert bounds(ising_chain(2), "sum") == (-9.0, 9.0, False, "sum")


def test_what_is_refused() -> None:
    with pytest.raises(InputError, match="known: auto, enumeration"):
        bounds(ising_chain(2), "guess")
    with pytest.raises(ProblemError, match="not diagonal"):
        bounds(ising_chain(2), "enumeration")
    with pytest.raises(ProblemError, match="qubits"):
        bounds(PauliSum(30, {((0, "X"),): 1.0}))
