"""Real circuits by layers: the same numbers as gate by gate."""

from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.hamiltonian_variational import hardware_efficient
from quasar.core.observable import PauliSum
from quasar.core.seeds import generator
from quasar.simulate.energy import REAL_FROM, energy_of
from quasar.simulate.gate_energy import GateEnergy
from quasar.simulate.real_energy import NotReal, RealEnergy


def observable(n: int, rng: np.random.Generator) -> PauliSum:
    terms = {}
    for _ in range(3 * n):
        a, b = sorted(rng.choice(n, 2, replace=False).tolist())
        word = ("XX", "YY", "ZZ", "XZ")[rng.integers(4)]
        terms[((a, word[0]), (b, word[1]))] = float(rng.normal())
        terms[((a, "X"),)] = float(rng.normal())
    return PauliSum(n, terms)


def random_ansatz(n: int, rng: np.random.Generator) -> Ansatz:
    gates, slots = [], []
    for _ in range(12 * n):
        name = ("ry", "ry", "fixed", "cx", "cz", "x", "z")[rng.integers(7)]
        qubits = tuple(rng.choice(n, 2, replace=False).tolist())
        if name in {"cx", "cz"}:
            gates.append(Gate(name, qubits))
        elif name in {"x", "z"}:
            gates.append(Gate(name, qubits[:1]))
        else:
            if name == "ry":
                slots.append(
                    Slot(len(gates), int(rng.integers(5)), float(rng.choice([-1, 0.5, 2])))
                )
            gates.append(Gate("ry", qubits[:1], (float(rng.normal()),)))
    return Ansatz("random", n, tuple(gates), tuple(slots), 5)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 9])
def test_value_gradient_and_state_agree_with_gates(n: int) -> None:
    rng = generator(n, "real energy")
    h = observable(n, rng)
    for ansatz in (random_ansatz(n, rng), hardware_efficient(n, 2, real=True)):
        theta = rng.normal(size=ansatz.n_parameters)
        layers, gates = RealEnergy(ansatz, h), GateEnergy(ansatz, h)
        value, slopes = gates.value_and_gradient(theta)
        found, own = layers.value_and_gradient(theta)
        assert found == pytest.approx(value, abs=1e-10)
        assert layers.value(theta) == pytest.approx(value, abs=1e-10)
        assert own == pytest.approx(slopes, abs=1e-10)
        overlap = np.vdot(layers.state(theta), gates.state(theta))
        assert abs(overlap) == pytest.approx(1.0)


def test_larger_real_circuits_are_taken_by_layers() -> None:
    h = observable(REAL_FROM, generator(0, "real energy"))
    taken = energy_of(hardware_efficient(REAL_FROM, 1, real=True), h)
    assert isinstance(taken, RealEnergy)
    other = energy_of(hardware_efficient(REAL_FROM, 1, real=False), h)
    assert isinstance(other, GateEnergy)


def test_what_is_not_real_is_refused() -> None:
    with pytest.raises(NotReal, match="observable"):
        RealEnergy(hardware_efficient(2, 1, real=True), PauliSum.from_text("Y0 + Z1"))
    with pytest.raises(NotReal, match="gate"):
        RealEnergy(hardware_efficient(2, 1, real=False), PauliSum.from_text("X0 + Z1"))
