"""Small instances that are like a large one."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.sub_instances import look_alike, neighbourhood


@given(st.integers(0, 10_000), st.sampled_from([look_alike, neighbourhood]))
def test_they_have_the_size_and_the_weights(seed, cut):
    rng = np.random.default_rng(seed)
    terms = {(i,): 0.5 for i in range(0, 40, 2)}
    for _ in range(60):
        order = int(rng.integers(2, 4))
        terms[tuple(sorted(rng.choice(40, order, replace=False).tolist()))] = float(order)
    small = cut(IsingHamiltonian(40, terms), 10, rng)
    assert 0 < small.n_qubits <= 10
    assert small.terms
    assert all(c == (0.5 if len(q) == 1 else len(q)) for q, c in small.terms.items())


def test_a_regular_graph_stays_nearly_regular():
    graph = nx.random_regular_graph(3, 100, seed=1)
    h = IsingHamiltonian(100, {tuple(sorted(edge)): 2.0 for edge in graph.edges})
    small = look_alike(h, 12, np.random.default_rng(0))
    assert 16 <= len(small.terms) <= 18
    assert set(small.terms.values()) == {2.0}


def test_nothing_to_cut():
    with pytest.raises(ProblemError, match="no terms"):
        look_alike(IsingHamiltonian(30, {}), 8, np.random.default_rng(0))
