"""Samples of matrix product states, against exact distributions."""

import networkx as nx
import numpy as np
import pytest
from scipy.stats import chisquare

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.simulate.engine import get_engine
from support.random_circuits import random_circuit

pytest.importorskip("quimb", reason="samples of large circuits need quimb")
HEAD = 'OPENQASM 3.0; include "stdgates.inc";'


def program_of(circuit: Circuit) -> Program:
    return Program(circuit.n_qubits, circuit, None, "fast")


@pytest.mark.parametrize("seed", range(4))
def test_samples_follow_the_distribution(seed):
    rng = np.random.default_rng(seed)
    program = program_of(random_circuit(rng, 5, 25))
    p = get_engine().run(program).distribution()
    found = get_engine("mps").run(program, shots=4000, seed=seed)
    assert found.fidelity == pytest.approx(1.0, abs=1e-6)
    assert found.shots == 4000
    counts = np.zeros(32)
    for index, count in found.counts.items():
        counts[index] = count
    likely = p * 4000 > 5
    pool = [counts[~likely].sum()], [p[~likely].sum() * 4000]
    seen = np.concatenate([counts[likely], pool[0]])
    expected = np.concatenate([p[likely] * 4000, pool[1]])
    kept = expected > 1e-6
    assert seen[~kept].sum() == 0
    assert chisquare(seen[kept], expected[kept] * seen.sum() / expected[kept].sum()).pvalue > 1e-4


def test_the_same_seed_gives_the_same_samples():
    program = program_of(random_circuit(np.random.default_rng(7), 6, 30))
    first = get_engine("mps").run(program, shots=50, seed=3).counts
    assert get_engine("mps").run(program, shots=50, seed=3).counts == first
    assert get_engine("mps").run(program, shots=50, seed=4).counts != first


def test_a_chain_of_sixty_qubits():
    h = IsingHamiltonian(60, {(i, i + 1): 1.0 for i in range(59)})
    program = program_of(qaoa(h, 1).bind([0.4, 0.6]))
    exact = get_engine("cones").run(program).expectation(h).value
    found = get_engine("mps").run(program, shots=3000)
    estimate = found.expectation(h)
    assert estimate.kind == "statistical"
    assert abs(estimate.value - exact) < 5 * estimate.error
    assert found.fidelity == pytest.approx(1.0, abs=1e-6)
    assert sum(found.sample(100, seed=1).values()) == 100
    with pytest.raises(InputError, match="60 bits have too many answers"):
        found.distribution()


def test_too_small_a_bond_is_seen_in_the_fidelity():
    graph = nx.random_regular_graph(3, 24, seed=1)
    h = IsingHamiltonian(24, {tuple(sorted(edge)): 1.0 for edge in graph.edges})
    program = program_of(qaoa(h, 2).bind([0.5, 0.9, 0.5, 0.3]))
    narrow = get_engine("mps")
    narrow.max_bond = 4
    found = narrow.run(program, shots=20)
    assert found.bond <= 4
    assert found.fidelity < 0.9


def test_the_bond_is_lowered_to_keep_to_the_time():
    graph = nx.random_regular_graph(3, 24, seed=1)
    h = IsingHamiltonian(24, {tuple(sorted(edge)): 1.0 for edge in graph.edges})
    program = program_of(qaoa(h, 1).bind([0.5, 0.3]))
    engine = type(get_engine("mps"))(64, max_seconds=0.5)
    assert engine.run(program, shots=10).bond <= 16
    with pytest.raises(CircuitError, match="even with bond dimension 4") as caught:
        type(get_engine("mps"))(64, max_seconds=0.05).run(program, shots=10)
    assert caught.value.limit == "time"


def test_bits_idle_qubits_and_long_range_gates():
    text = f"{HEAD} qubit[30] q; bit[3] c; x q[0]; cx q[0], q[29]; swap q[29], q[5]; ccx q[0],"
    text += "q[5], q[11]; c[0] = measure q[11]; c[1] = measure q[20]; c[2] = measure q[5];"
    assert get_engine("mps").run(parse(text), shots=10).counts == {0b101: 10}


def test_what_it_refuses():
    with pytest.raises(InputError, match="at least 1"):
        type(get_engine("mps"))(0)
    wide = Gate("unitary", tuple(range(7)), (), np.eye(128)[::-1].astype(complex))
    with pytest.raises(CircuitError, match="7 qubits at once"):
        get_engine("mps").run(program_of(Circuit(7, (wide,))))
    dynamic = parse(f"{HEAD} qubit[1] q; bit[1] c; c[0] = measure q[0]; if (c[0]) x q[0];")
    with pytest.raises(CircuitError, match="matrix product states need a program without"):
        get_engine("mps").run(dynamic)


def test_qubits_that_no_gate_touches_are_zero():
    empty = parse(f"{HEAD} qubit[30] q;")
    found = get_engine("mps").run(empty, shots=10)
    assert found.counts == {0: 10}
    assert found.bond == 1
    one = parse(f"{HEAD} qubit[30] q; x q[7];")
    assert get_engine("mps").run(one, shots=10).counts == {1 << 7: 10}
