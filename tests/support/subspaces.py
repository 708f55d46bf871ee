"""Random subspaces: blocks of all sizes, the settled ones included, and free qubits."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.subspace import FixedWeightBlock, Subspace


@st.composite
def subspaces(draw: st.DrawFn, most_qubits: int) -> Subspace:
    """Any subspace of 1 to `most_qubits` qubits; blocks take their qubits in any order."""
    n = draw(st.integers(1, most_qubits))
    order = draw(st.permutations(range(n)))
    blocks, begin = [], 0
    while begin < n and draw(st.booleans()):
        end = draw(st.integers(begin + 1, n))
        blocks.append(FixedWeightBlock(tuple(order[begin:end]), draw(st.integers(0, end - begin))))
        begin = end
    return Subspace(n, tuple(blocks))


def random_hamiltonian(rng: np.random.Generator, n: int) -> IsingHamiltonian:
    """Fields and couplings, some of them missing."""
    places = [(i,) for i in range(n)] + [(i, j) for j in range(n) for i in range(j)]
    kept = [place for place in places if rng.random() < 0.7]
    return IsingHamiltonian(n, {place: float(rng.normal()) for place in kept})
