"""Distributions of bits from those of qubits, against counting state by state."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quasar.simulate.marginal import Marginal


@given(st.integers(1, 5), st.data())
def test_against_counting(n_qubits: int, data: st.DataObject) -> None:
    bits = data.draw(st.lists(st.integers(0, 5), unique=True, max_size=5))
    held = {bit: data.draw(st.integers(0, n_qubits - 1)) for bit in bits}
    p = np.random.default_rng(0).dirichlet(np.ones(1 << n_qubits))
    expected = np.zeros(1 << 6)
    for state, weight in enumerate(p):
        expected[sum(((state >> qubit) & 1) << bit for bit, qubit in held.items())] += weight
    marginal = Marginal(n_qubits, held)
    found = np.zeros(1 << 6)
    found[marginal.places] = marginal.of(p)
    assert np.allclose(found, expected, atol=1e-12)
    assert len(set(marginal.places.tolist())) == 1 << len(set(held.values()))
