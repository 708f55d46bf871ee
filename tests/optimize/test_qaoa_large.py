"""Angles for hundreds of qubits without a search, and recursive QAOA."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.qaoa import qaoa
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.qaoa_large import (
    affordable_evaluations,
    deepest_affordable,
    default_starts,
    starting_angles,
    transferred_angles,
)
from quasar.optimize.qaoa_options import QaoaOptions, optimise_by_cones
from quasar.optimize.recursive_qaoa import covers, recursive_qaoa
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import TooWide


def cubic(n: int, seed: int = 1, weight: float = 1.0) -> IsingHamiltonian:
    graph = nx.random_regular_graph(3, n, seed=seed)
    return IsingHamiltonian(n, {tuple(sorted(edge)): weight for edge in graph.edges})


def optimised(h: IsingHamiltonian, layers: int, evaluations: int):
    return optimise_by_cones(h, layers, QaoaOptions(), Budget(evaluations), Trace())


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_starting_angles_are_near_the_best(layers):
    h = cubic(24 if layers < 3 else 16)
    energy, best = optimised(h, layers, 15)
    distances = {
        start: 1 - energy.value(starting_angles(h, layers, start)) / best.energy
        for start in ("table", "transfer", "ramp")
    }
    assert min(distances.values()) >= 0
    assert distances["table"] < 0.02
    assert distances["transfer"] < 0.07
    assert distances["ramp"] < 0.3
    assert min(distances, key=distances.get) == "table"
    assert default_starts(layers) == ("table", "transfer")


def test_beyond_the_table_of_three_layers_transfer_is_the_default():
    assert default_starts(4) == ("transfer",)
    assert starting_angles(cubic(24), 5, "table").shape == (10,)


def test_transferred_angles_follow_the_scale_of_the_weights():
    one, ten = (transferred_angles(cubic(20, weight=w), 2) for w in (1.0, 10.0))
    assert ten[:2] * 10 == pytest.approx(one[:2])
    assert ten[2:] == pytest.approx(one[2:])


def test_depths_beyond_the_table_are_interpolated():
    theta = transferred_angles(cubic(10), 7)
    assert theta.shape == (14,)
    assert (np.diff(theta[:7]) > 0).all()
    assert (np.diff(theta[7:]) > 0).all()
    assert (theta[7:] < 0).all()


def test_each_depth_is_better_than_the_one_before():
    h = cubic(60)
    energies = [optimised(h, p, 40)[1].energy for p in (1, 2)]
    assert energies[1] < energies[0] < 0


def test_the_depth_that_is_affordable_depends_on_the_graph():
    deep = deepest_affordable(cubic(30), 3, lambda p: qaoa(cubic(30), p))
    assert deep.n_parameters == 6
    dense = IsingHamiltonian(30, {(i, j): 1.0 for j in range(30) for i in range(j)})
    shallow = deepest_affordable(dense, 3, lambda p: qaoa(dense, p))
    assert shallow.n_parameters == 2
    with pytest.raises(TooWide):
        ConeEnergy(qaoa(dense, 3), dense)


def test_an_empty_hamiltonian_has_angles_all_the_same():
    assert np.isfinite(transferred_angles(IsingHamiltonian(3, {}), 2)).all()


class TestRecursive:
    def test_trees_are_solved_exactly(self):
        tree = nx.random_labeled_tree(60, seed=4)
        rng = np.random.default_rng(0)
        h = IsingHamiltonian(
            60,
            {tuple(sorted(e)): float(rng.choice([-1, 1]) * rng.uniform(1, 2)) for e in tree.edges},
        )
        found = recursive_qaoa(h)
        assert found.energy == pytest.approx(-sum(abs(c) for c in h.terms.values()))
        assert found.rounds == 60 - 16

    @settings(max_examples=25, deadline=None)
    @given(st.integers(0, 2**32 - 1), st.integers(1, 16))
    def test_up_to_sixteen_variables_it_is_enumeration(self, seed, n):
        rng = np.random.default_rng(seed)
        terms = {(i,): float(rng.normal()) for i in range(n)}
        terms |= {(i, j): float(rng.normal()) for j in range(n) for i in range(j)}
        h = IsingHamiltonian(n, terms)
        assert recursive_qaoa(h).energy == pytest.approx(h.diagonal.min())

    def test_larger_instances_come_close(self):
        rng = np.random.default_rng(2)
        graph = nx.gnm_random_graph(20, 40, seed=3)
        terms = {tuple(sorted(e)): float(rng.normal()) for e in graph.edges}
        terms |= {(i,): float(rng.normal()) for i in range(20)}
        h = IsingHamiltonian(20, terms)
        found = recursive_qaoa(h)
        assert h.energy(found.state) == pytest.approx(found.energy)
        assert found.energy <= 0.9 * h.diagonal.min()

    def test_an_end_before_the_answer(self):
        assert recursive_qaoa(cubic(30), stop=lambda: True) is None

    def test_products_of_three_are_not_covered(self):
        h = IsingHamiltonian(3, {(0, 1, 2): 1.0})
        assert not covers(h)
        with pytest.raises(ValueError, match="at most two"):
            recursive_qaoa(h)


def test_expensive_energies_get_fewer_evaluations():
    graph = nx.ladder_graph(15)
    h = IsingHamiltonian(30, {tuple(sorted(edge)): 1.0 for edge in graph.edges})
    energies = {p: ConeEnergy(qaoa(h, p), h) for p in (1, 3, 4, 5)}
    counts = {p: affordable_evaluations(energy, 200) for p, energy in energies.items()}
    assert counts[1] == counts[3] == 200
    assert 20 == counts[5] < counts[4] < 200
    assert affordable_evaluations(energies[5], 3) == 3
