"""Subspaces against counting of all basis states, and pairings of qubits."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given

from quasar.core.subspace import FixedWeightBlock, Subspace, all_pairs, odd_even_ring
from support.subspaces import subspaces


@given(subspaces(7))
def test_the_states_are_those_with_so_many_ones_in_each_block(subspace: Subspace) -> None:
    inside = [
        state
        for state in range(1 << subspace.n_qubits)
        if all(sum(state >> q & 1 for q in b.qubits) == b.ones for b in subspace.blocks)
    ]
    assert sorted(subspace.states().tolist()) == inside
    assert subspace.size == len(inside)


def test_states_run_along_the_last_axis_first() -> None:
    found = Subspace(4, (FixedWeightBlock((3, 0), 1),)).states()
    assert found.tolist() == [8, 8 + 4, 8 + 2, 8 + 6, 1, 1 + 4, 1 + 2, 1 + 6]


@pytest.mark.parametrize(
    "blocks",
    [
        (FixedWeightBlock((0, 1), 1), FixedWeightBlock((1, 2), 1)),
        (FixedWeightBlock((0, 0), 1),),
        (FixedWeightBlock((0, 4), 1),),
        (FixedWeightBlock((-1, 2), 1),),
        (FixedWeightBlock((0, 1), 3),),
        (FixedWeightBlock((0, 1), -1),),
    ],
)
def test_blocks_that_do_not_fit_are_refused(blocks: tuple[FixedWeightBlock, ...]) -> None:
    with pytest.raises(ValueError, match="block"):
        Subspace(4, blocks)


@pytest.mark.parametrize("m", range(1, 9))
def test_rings_and_all_pairs_are_in_layers_of_disjoint_pairs(m: int) -> None:
    qubits = [3 * q + 1 for q in range(m)]
    neighbours = {frozenset((qubits[i], qubits[(i + 1) % m])) for i in range(m)}
    wanted = {
        odd_even_ring: {pair for pair in neighbours if len(pair) == 2},
        all_pairs: {frozenset(pair) for pair in combinations(qubits, 2)},
    }
    for make, pairs in wanted.items():
        layers = make(qubits)
        flat = [frozenset(pair) for layer in layers for pair in layer]
        assert len(flat) == len(set(flat))
        assert set(flat) == pairs
        for layer in layers:
            assert len({q for pair in layer for q in pair}) == 2 * len(layer) > 0
    assert len(odd_even_ring(qubits)) == (0 if m < 2 else 1 if m == 2 else 2 + m % 2)
    assert len(all_pairs(qubits)) == (0 if m < 2 else m - 1 + m % 2)


def test_patterns_have_each_bit_at_its_qubit() -> None:
    assert FixedWeightBlock((5, 1, 2), 2).patterns() == [34, 36, 6]
    assert (
        np.prod([len(axis) for axis in Subspace(6, (FixedWeightBlock((5, 1, 2), 2),)).axes()]) == 24
    )
