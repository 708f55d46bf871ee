"""Which implementation answers, and that all of them answer alike."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.test_observable import ising_chain
from quasar.circuits.adaptive import append, pool, start
from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.sim19 import sim
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.simulate import energy as module
from quasar.simulate.component_energy import ComponentEnergy
from quasar.simulate.energy import (
    COMPILED_TO,
    GRADIENT_WINDOWS_FROM,
    VALUE_WINDOWS_FROM,
    energy_of,
)
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.layered_energy import LayeredEnergy
from quasar.simulate.qaoa_energy import QaoaEnergy
from quasar.simulate.small_energy import SmallEnergy
from quasar.simulate.small_state import library
from quasar.simulate.window_energy import WindowEnergy


def ring(n: int) -> IsingHamiltonian:
    return IsingHamiltonian(n, {(i, (i + 1) % n) if i + 1 < n else (0, i): 1.0 for i in range(n)})


def zeros(n: int) -> np.ndarray:
    return np.zeros(1 << n)


def grown(n: int) -> Ansatz:
    ansatz = start(n)
    for gate in pool(n)[n : 2 * n]:
        ansatz = append(ansatz, gate)
    return ansatz


def test_choice_by_size_with_gradients() -> None:
    few, many = GRADIENT_WINDOWS_FROM - 1, GRADIENT_WINDOWS_FROM
    assert isinstance(energy_of(sim(14, few, 1), zeros(few)), GateEnergy)
    assert isinstance(energy_of(sim(14, many, 1), zeros(many)), WindowEnergy)
    wide = Gate("unitary", (0, 1, 2, 3, 4), (), np.eye(32, dtype=np.complex128))
    assert isinstance(energy_of(Ansatz("wide", many, (wide,), (), 0), zeros(many)), GateEnergy)
    assert isinstance(energy_of(grown(13), zeros(13)), WindowEnergy)
    assert isinstance(energy_of(grown(14), zeros(14)), ComponentEnergy)


def test_windows_whose_tables_would_be_large_are_left_alone(monkeypatch) -> None:
    monkeypatch.setitem(module._MOST_ENTRIES, True, 1 << GRADIENT_WINDOWS_FROM)
    n = GRADIENT_WINDOWS_FROM
    assert isinstance(energy_of(sim(14, n, 1), zeros(n)), GateEnergy)


def test_choice_without_gradients_where_there_is_no_compiled_simulator(monkeypatch) -> None:
    monkeypatch.setattr(SmallEnergy, "covers", lambda _: False)
    few, many = VALUE_WINDOWS_FROM - 1, VALUE_WINDOWS_FROM
    assert isinstance(energy_of(sim(14, few, 1), zeros(few), gradient=False), GateEnergy)
    assert isinstance(energy_of(sim(14, many, 1), zeros(many), gradient=False), WindowEnergy)
    written_out = Ansatz("written out", 10, *_parts(qaoa(ring(10), 2)))
    assert isinstance(energy_of(written_out, ring(10), gradient=False), LayeredEnergy)
    assert isinstance(energy_of(sim(2, 10, 1), zeros(10), gradient=False), GateEnergy)


@pytest.mark.skipif(library() is None, reason="the simulator in C was not built here")
def test_choice_without_gradients() -> None:
    pairs = {(i, j): 1.0 for j in range(14) for i in range(j)}
    dense = IsingHamiltonian(14, pairs)
    written_out = Ansatz("written out", 14, *_parts(qaoa(dense, 1)))
    assert isinstance(energy_of(written_out, dense, gradient=False), LayeredEnergy)
    for n in (2, COMPILED_TO, COMPILED_TO + 1):
        assert isinstance(energy_of(sim(14, n, 1), zeros(n), gradient=False), SmallEnergy)
    assert isinstance(energy_of(sim(14, 17, 1), zeros(17), gradient=False), WindowEnergy)


def _parts(ansatz: Ansatz) -> tuple[object, ...]:
    return ansatz.gates, ansatz.slots, ansatz.n_parameters


def test_qaoa_of_its_own_hamiltonian_needs_no_gates() -> None:
    assert isinstance(energy_of(qaoa(ring(4), 2), ring(4)), QaoaEnergy)
    assert isinstance(energy_of(qaoa(ring(4), 2), ring(4).simplified(2.0)), GateEnergy)
    assert isinstance(energy_of(qaoa(ring(4), 2), ising_chain(4)), GateEnergy)


def test_a_diagonal_sum_is_known_as_one() -> None:
    asked = PauliSum(4, ring(4).pauli_terms())
    assert isinstance(energy_of(qaoa(ring(4), 1), asked), QaoaEnergy)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 99), st.sampled_from([5, 11, 14]), st.booleans())
def test_all_agree_with_gates(seed: int, n: int, grows: bool) -> None:
    rng = np.random.default_rng(seed)
    ansatz = grown(n) if grows else sim((5, 14)[seed % 2], n, 1)
    diagonal, theta = rng.normal(size=1 << n), rng.uniform(-3, 3, ansatz.n_parameters)
    expected, slopes = GateEnergy(ansatz, diagonal).value_and_gradient(theta)
    value, gradient = energy_of(ansatz, diagonal).value_and_gradient(theta)
    assert value == pytest.approx(expected, abs=1e-10)
    np.testing.assert_allclose(gradient, slopes, atol=1e-9)
    alone = energy_of(ansatz, diagonal, gradient=False).value(theta)
    assert alone == pytest.approx(expected, abs=1e-10)


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="8 states"):
        energy_of(sim(1, 2, 1), np.zeros(8))
    with pytest.raises(ValueError, match="8 states"):
        energy_of(sim(1, 2, 1), ising_chain(3))
