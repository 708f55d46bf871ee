from collections import Counter
from itertools import groupby
from math import gcd

import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, validate
from quasar.circuits.sim19 import BENCHMARK_NUMBERS, NUMBERS, sim
from quasar.core.errors import InputError
from support.random_circuits import state
from support.recorded_circuits import records, statements

PAPER_PARAMETERS = {
    1: lambda n, p: 2 * n * p,
    2: lambda n, p: 2 * n * p,
    3: lambda n, p: (3 * n - 1) * p,
    4: lambda n, p: (3 * n - 1) * p,
    5: lambda n, p: (n * n + 3 * n) * p,
    6: lambda n, p: (n * n + 3 * n) * p,
    7: lambda n, p: (5 * n - 1) * p,
    8: lambda n, p: (5 * n - 1) * p,
    9: lambda n, p: n * p,
    10: lambda n, p: n + n * p,
    11: lambda n, p: (4 * n - 4) * p,
    12: lambda n, p: (4 * n - 4) * p,
    13: lambda n, p: (3 * n + n // gcd(n, 3)) * p,
    14: lambda n, p: (3 * n + n // gcd(n, 3)) * p,
    15: lambda n, p: 2 * n * p,
    16: lambda n, p: (3 * n - 1) * p,
    17: lambda n, p: (3 * n - 1) * p,
    18: lambda n, p: 3 * n * p,
    19: lambda n, p: 3 * n * p,
}
"""Table of parameter counts in the paper, p layers; n + np for circuit 10 counts its first RYs."""


ENTANGLERS = {
    1: "", 2: "cx 32 21 10", 3: "crz 32 21 10", 4: "crx 32 21 10",
    5: "crz 32 31 30 23 21 20 13 12 10 03 02 01", 6: "crx 32 31 30 23 21 20 13 12 10 03 02 01",
    7: "crz 10 32, crz 21", 8: "crx 10 32, crx 21", 9: "cz 32 21 10", 10: "cz 32 21 10 03",
    11: "cx 10 32, cx 21", 12: "cz 10 32, cz 21", 13: "crz 30 23 12 01, crz 32 03 10 21",
    14: "crx 30 23 12 01, crx 32 03 10 21", 15: "cx 30 23 12 01, cx 32 03 10 21",
    16: "crz 10 32 21", 17: "crx 10 32 21", 18: "crz 30 23 12 01", 19: "crx 30 23 12 01",
}  # fmt: skip
"""Controls and targets of the paper's figure 2 (four qubits, one layer), block by block."""


def wiring(gates):
    return [(gate.name, gate.qubits) for gate in gates]


def recognise(gates, n_qubits, layers):
    return [k for k in NUMBERS if wiring(sim(k, n_qubits, layers).gates) == wiring(gates)]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("n_qubits", [4, 5, 6, 7])
@pytest.mark.parametrize("layers", [1, 3])
def test_parameter_counts_of_the_paper(number, n_qubits, layers):
    ansatz = sim(number, n_qubits, layers, variant="paper")
    assert ansatz.n_parameters == PAPER_PARAMETERS[number](n_qubits, layers)
    assert sorted({slot.parameter for slot in ansatz.slots}) == list(range(ansatz.n_parameters))


@pytest.mark.parametrize("number", [5, 6])
def test_shared_angles_of_the_records(number):
    assert sim(number, 6, 2).n_parameters == 5 * 6 * 2


def test_figure_of_circuit_13():
    ansatz = sim(13, 4, 1, variant="paper")
    rings = [gate.qubits for gate in ansatz.gates if gate.name == "crz"]
    assert rings == [(3, 0), (2, 3), (1, 2), (0, 1), (3, 2), (0, 3), (1, 0), (2, 1)]


def test_variants_differ_where_the_header_says():
    changed = {
        k
        for k in NUMBERS
        for n in (5, 6)
        if wiring(sim(k, n, 1).gates) != wiring(sim(k, n, 1, variant="paper").gates)
    }
    assert changed == {12, 13, 14, 15}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("variant", ["benchmark", "paper"])
@pytest.mark.parametrize("n_qubits", [1, 2, 3, 4, 9])
def test_well_formed_on_any_number_of_qubits(number, variant, n_qubits):
    ansatz = sim(number, n_qubits, 2, variant=variant)
    circuit = ansatz.bind(np.linspace(0.1, 1.0, ansatz.n_parameters))
    validate(circuit)
    assert {qubit for gate in circuit.gates for qubit in gate.qubits} == set(range(n_qubits))
    assert circuit.n_measured == n_qubits


def test_bad_options():
    for arguments in [(0, 4, 1), (20, 4, 1), (1, 0, 1), (1, 4, 0)]:
        with pytest.raises(InputError):
            sim(*arguments)
    with pytest.raises(InputError):
        sim(1, 4, 1, variant="other")


def test_generates_every_vqe_record():
    seen = Counter()
    for record in records("vqe"):
        n, layers = record["number_of_qubits"], record["number_of_layers"]
        gates = statements(record["circuit_with_params"])
        found = recognise(gates, n, layers)
        assert len(found) == 1, record["sample_index"]
        seen[found[0]] += 1
        assert found[0] in BENCHMARK_NUMBERS
        # Angles that the ansatz ties are equal in the record.
        ansatz = sim(found[0], n, layers)
        theta = np.zeros(ansatz.n_parameters)
        for slot in ansatz.slots:
            theta[slot.parameter] = gates[slot.gate].params[0]
        assert [g.params for g in ansatz.bind(theta).gates] == [g.params for g in gates]
        if n <= 6:
            assert np.allclose(state(ansatz.bind(theta)), state(Circuit(n, tuple(gates))))
    assert seen.total() == 50
    assert len(seen) >= 14


@pytest.mark.parametrize("number", NUMBERS)
def test_entanglers_of_the_figure(number):
    blocks = []
    for name, run in groupby(sim(number, 4, 1, variant="paper").gates, key=lambda g: g.name):
        pairs = [f"{g.qubits[0]}{g.qubits[1]}" for g in run if len(g.qubits) == 2]
        blocks += [" ".join([name, *pairs])] if pairs else []
    assert ", ".join(blocks) == ENTANGLERS[number]


def test_templates_that_the_data_set_lacks():
    assert set(NUMBERS) - set(BENCHMARK_NUMBERS) == {8, 17, 19}
