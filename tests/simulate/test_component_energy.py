"""Energies by components against those of the whole circuit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.simulate.component_energy import ComponentEnergy, components_of
from quasar.simulate.gate_energy import GateEnergy
from support.cases import cases


@st.composite
def ansatze(draw: st.DrawFn) -> Ansatz:
    """Few gates on up to seven qubits, some with tied angles: usually in several parts."""
    n = draw(st.integers(1, 7))
    gates, slots = [], []
    count = draw(st.integers(0, 3))
    for position in range(draw(st.integers(0, 10))):
        names = ["h", "rx", "ry", "rz"] + (["cx", "cry", "crz"] if n > 1 else [])
        name = draw(st.sampled_from(names))
        size = 2 if name.startswith("c") else 1
        qubits = tuple(draw(st.permutations(range(n)))[:size])
        turns = name not in {"h", "cx"}
        gates.append(Gate(name, qubits, (0.0,) if turns else ()))
        if turns and count:
            scale = draw(st.sampled_from([1.0, -0.5]))
            slots.append(Slot(position, draw(st.integers(0, count - 1)), scale))
    return Ansatz("random", n, tuple(gates), tuple(slots), count)


@settings(max_examples=cases(80), deadline=None)
@given(ansatz=ansatze(), seed=st.integers(0, 10_000))
def test_agrees_with_the_whole_circuit(ansatz: Ansatz, seed: int) -> None:
    rng = np.random.default_rng(seed)
    diagonal = rng.normal(size=1 << ansatz.n_qubits)
    theta = rng.uniform(-np.pi, np.pi, ansatz.n_parameters)
    whole, parts = GateEnergy(ansatz, diagonal), ComponentEnergy(ansatz, diagonal)
    wanted, slope = whole.value_and_gradient(theta)
    for _ in range(2):  # a second call sees no traces of the first
        value, gradient = parts.value_and_gradient(theta)
        assert value == pytest.approx(wanted, abs=1e-12)
        np.testing.assert_allclose(gradient, slope, atol=1e-11)
    assert parts.value(theta) == pytest.approx(wanted, abs=1e-12)
    np.testing.assert_allclose(parts.state(theta), whole.state(theta), atol=1e-12)
    assert parts.bind(theta).gates == whole.bind(theta).gates
    assert parts.n_parameters == ansatz.n_parameters
    assert parts.evaluations == 4


def test_components() -> None:
    gates = (Gate("cx", (4, 1)), Gate("h", (0,)), Gate("cx", (1, 2)), Gate("cz", (3, 5)))
    ansatz = Ansatz("", 7, gates, (), 0)
    assert components_of(ansatz) == [[0], [1, 2, 4], [3, 5], [6]]
