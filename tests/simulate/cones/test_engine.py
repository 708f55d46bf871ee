"""The engine of cones, beside the engine that has amplitudes."""

import networkx as nx
import numpy as np
import pytest

from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.simulate.cones.engine import ConesEngine
from quasar.simulate.engine import get_engine

HEAD = 'OPENQASM 3.0; include "stdgates.inc";'


def ring(n: int) -> IsingHamiltonian:
    rng = np.random.default_rng(n)
    return IsingHamiltonian(
        n, {tuple(sorted((i, (i + 1) % n))): float(rng.uniform(0.5, 1)) for i in range(n)}
    )


def bound(h: IsingHamiltonian, layers: int) -> Program:
    circuit = qaoa(h, layers).bind(np.linspace(0.2, 0.6, 2 * layers))
    return Program(h.n_qubits, circuit, None, "fast")


def test_means_and_variances_are_those_of_the_state():
    h = ring(9)
    program = parse(emit(bound(h, 2).circuit))
    exact = get_engine().run(program)
    found = get_engine("cones").run(program)
    assert found.expectation(h).kind == "exact"
    assert found.expectation(h).value == pytest.approx(exact.expectation(h).value, abs=1e-12)
    p = exact.distribution()
    variance = p @ h.diagonal**2 - (p @ h.diagonal) ** 2
    assert found.variance(h).value == pytest.approx(variance, abs=1e-11)
    flipped = PauliSum.from_text("X0*X1 + Y2*Z3", 9)
    assert found.expectation(flipped).value == pytest.approx(
        exact.expectation(flipped).value, abs=1e-12
    )


def test_bits_in_another_order_and_one_qubit_twice():
    text = f"{HEAD} qubit[3] q; bit[3] c; ry(0.7) q[0]; ry(1.9) q[1]; cx q[0], q[2];"
    text += "c[0] = measure q[2]; c[1] = measure q[2]; c[2] = measure q[1];"
    program = parse(text)
    for terms in ({(0,): 1.0}, {(1,): 1.0, (2,): -0.5}, {(0, 1): 1.0}, {(0, 1, 2): 1.0}):
        h = IsingHamiltonian(3, terms)
        expected = get_engine().run(program).expectation(h).value
        assert ConesEngine().run(program).expectation(h).value == pytest.approx(expected)
    with pytest.raises(InputError, match="two bits hold the same qubit"):
        ConesEngine().run(program).expectation(PauliSum.from_text("X0", 3))


def test_hundreds_of_qubits():
    graph = nx.random_regular_graph(3, 80, seed=1)
    h = IsingHamiltonian(80, {tuple(sorted(edge)): 1.0 for edge in graph.edges})
    outcome = ConesEngine().run(bound(h, 1))
    gamma, beta = 0.2, 0.6
    # Triangle-free edges of a 3-regular graph (Wang et al., arXiv 1706.02998, eq. 15).
    cut = np.sin(4 * beta) * np.sin(2 * gamma) * np.cos(2 * gamma) ** 2
    free = [e for e in graph.edges if not set(graph[e[0]]) & set(graph[e[1]])]
    values = dict(zip(h.terms, outcome.expectations(h), strict=True))
    assert [values[tuple(sorted(e))] for e in free] == pytest.approx([cut] * len(free))
    assert outcome.variance(h).value > 0


def test_what_it_cannot_do():
    outcome = ConesEngine().run(bound(ring(6), 1))
    for ask in (outcome.distribution, lambda: outcome.probability(0), lambda: outcome.sample(10)):
        with pytest.raises(InputError, match="engine mps for samples"):
            ask()
    with pytest.raises(InputError, match="means, not samples"):
        ConesEngine().run(bound(ring(6), 1), shots=100)
    with pytest.raises(InputError, match="Z products only"):
        outcome.variance(PauliSum.from_text("X0", 6))
    with pytest.raises(InputError, match="observable has 4 qubits"):
        outcome.expectation(ring(4))
    dynamic = parse(
        f"{HEAD} qubit[2] q; bit[2] c; h q[0]; c[0] = measure q[0]; if (c[0]) x q[1];"
        "c[1] = measure q[1];"
    )
    with pytest.raises(CircuitError, match="without mid-circuit measurements"):
        ConesEngine().run(dynamic)
