"""Folded circuits do the same, with as many more gates as asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.mitigation.folding import fold_global, fold_local


def compiled(seed: int = 0) -> Any:
    from qiskit import QuantumCircuit

    random = np.random.default_rng(seed)
    circuit = QuantumCircuit(3, 3)
    for _ in range(12):
        a, b = (int(q) for q in random.permutation(3)[:2])
        circuit.sx(a)
        circuit.rz(float(random.normal()), a)
        circuit.cz(a, b)
    circuit.rzz(0.3, 0, 1)
    circuit.ecr(1, 2)
    circuit.measure(range(3), range(3))
    return circuit


@pytest.mark.parametrize("fold", [fold_local, fold_global])
@pytest.mark.parametrize("factor", [1, 1.5, 2.2, 3, 5])
def test_the_circuit_stays_what_it_is(fold: Any, factor: float) -> None:
    from qiskit.quantum_info import Operator

    circuit = compiled()
    folded = fold(circuit, factor)
    bare, longer = (c.remove_final_measurements(inplace=False) for c in (circuit, folded))
    assert Operator(bare).equiv(Operator(longer))
    assert set(folded.count_ops()) <= set(circuit.count_ops())
    assert folded.data[-1].operation.name == "measure"
    counted = [sum(len(i.qubits) == 2 for i in c.data) for c in (circuit, folded)]
    if fold is fold_local or factor in (1, 3, 5):
        assert counted[1] / counted[0] == pytest.approx(factor, abs=1 / counted[0])


@pytest.mark.parametrize("factor", [0.5, float("nan"), float("inf")])
def test_noise_is_not_made_weaker(factor: float) -> None:
    with pytest.raises(InputError, match="factors of 1 and more"):
        fold_local(compiled(), factor)
