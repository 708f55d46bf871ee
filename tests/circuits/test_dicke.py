"""W and Dicke states, and what their preparations do to other strings."""

import math

import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.dicke import dicke, preparation, w_line, w_tree
from support.random_circuits import state

SIZES = [(n, k) for n in range(1, 8) for k in range(n + 1)]


def equal_amplitudes(n: int, k: int) -> np.ndarray:
    wanted = np.bitwise_count(np.arange(1 << n)) == k
    return wanted / math.sqrt(math.comb(n, k))


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_all_ways_give_equal_amplitudes(n: int, k: int) -> None:
    way = preparation(n, k)
    ones = [Gate("x", (q,)) for q in way.ones]
    flips = [Gate("x", (q,)) for q in range(n)] if way.flipped else []
    made = [dicke(n, k), [*ones, *way.first, *flips], [*ones, *way.moves, *flips]]
    if k == 1:
        made += [w_line(n), w_tree(n)]
    for gates in made:
        assert state(Circuit(n, tuple(gates))) == pytest.approx(equal_amplitudes(n, k), abs=1e-12)


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_moves_keep_the_number_of_ones_of_every_string(n: int, k: int) -> None:
    moves = preparation(n, k).moves
    for start in range(1 << n):
        given = [Gate("x", (q,)) for q in range(n) if start >> q & 1]
        found = np.abs(state(Circuit(n, (*given, *moves)))) ** 2
        same = np.bitwise_count(np.arange(1 << n)) == start.bit_count()
        assert found[~same].sum() < 1e-24


@pytest.mark.parametrize(("n", "k"), SIZES)
def test_gates_on_two_qubits_grow_as_their_product(n: int, k: int) -> None:
    pairs = sum(len(gate.qubits) == 2 for gate in preparation(n, k).first)
    few = min(k, n - k)
    assert pairs <= 6 * few * n
    assert few != 1 or pairs == 2 * (n - 1)
    assert all(len(gate.qubits) <= 2 for gate in dicke(n, k))


def test_five_choose_two_by_hand() -> None:
    found = state(Circuit(5, tuple(dicke(5, 2))))
    assert np.flatnonzero(np.abs(found) > 1e-9).tolist() == [3, 5, 6, 9, 10, 12, 17, 18, 20, 24]
