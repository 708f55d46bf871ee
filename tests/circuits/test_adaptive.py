import numpy as np
import pytest

from quasar.circuits.adaptive import append, pool, start
from quasar.circuits.circuit import Circuit, Gate, validate
from support.random_circuits import state


@pytest.mark.parametrize("n", [1, 2, 5])
def test_pool(n):
    gates = pool(n)
    assert len(gates) == 3 * n + 3 * n * (n - 1) == len({g[:2] for g in gates})
    validate(Circuit(n, gates))
    assert [g[:2] for g in gates[: 3 * n]] == [
        (name, (i,)) for name in ("rx", "ry", "rz") for i in range(n)
    ]
    assert [g.name for g in gates[3 * n :]] == ["crz", "crx", "cry"] * (n * (n - 1))
    assert sorted({g.qubits for g in gates[3 * n :]}) == [g.qubits for g in gates[3 * n :: 3]]


def test_growing():
    ansatz = start(2)
    assert ansatz.n_parameters == 0
    assert np.allclose(state(ansatz.bind([])), 0.5)
    grown = append(append(ansatz, Gate("ry", (1,), (9.0,))), Gate("crx", (1, 0), (9.0,)))
    assert ansatz.n_parameters == 0
    assert grown.n_parameters == 2
    assert grown.bind([0.1, 0.2]).gates == (
        Gate("h", (0,)),
        Gate("h", (1,)),
        Gate("ry", (1,), (0.1,)),
        Gate("crx", (1, 0), (0.2,)),
    )
