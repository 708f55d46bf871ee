"""Local optimisers: known minima, and budgets kept to the evaluation."""

import numpy as np
import pytest

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.sim19 import sim
from quasar.optimize.minimize import cobyla, lbfgs
from quasar.optimize.trace import Budget, BudgetSpent, Trace
from quasar.simulate.gate_energy import GateEnergy


class Bowl:
    """Σ_i (i+1) (θ_i - a_i)² - 3, and every point it was asked for."""

    unit = 1.0

    def __init__(self, size):
        self.centre = np.linspace(-0.5, 0.8, size)
        self.weights = np.arange(1, size + 1)
        self.asked = []

    @property
    def n_parameters(self):
        return self.centre.size

    def value(self, theta):
        self.asked.append(np.array(theta))
        return float(self.weights @ (np.asarray(theta) - self.centre) ** 2) - 3.0

    def value_and_gradient(self, theta):
        return self.value(theta), 2 * self.weights * (np.asarray(theta) - self.centre)


def one_qubit():
    """E(t) = cos t."""
    ansatz = Ansatz("ry", 1, (Gate("ry", (0,), (0.0,)),), (Slot(0, 0),), 1)
    return GateEnergy(ansatz, np.array([1.0, -1.0]))


class TestLbfgs:
    def test_known_minimum(self):
        bowl, trace = Bowl(6), Trace()
        found = lbfgs(bowl, np.zeros(6), trace=trace)
        assert found.energy == pytest.approx(-3, abs=1e-9)
        assert found.theta == pytest.approx(bowl.centre, abs=1e-5)
        assert found.evaluations == len(bowl.asked) == len(trace.energies)

    def test_circuit(self):
        found = lbfgs(one_qubit(), [0.5])
        assert found.energy == pytest.approx(-1)
        assert found.theta == pytest.approx([np.pi], abs=1e-5)

    @pytest.mark.parametrize("limit", [1, 2, 3, 7])
    def test_budget_is_never_exceeded(self, limit):
        energy, budget, trace = GateEnergy(sim(2, 4, 2), np.arange(16.0)), Budget(limit), Trace()
        start = np.full(energy.n_parameters, 0.4)
        found = lbfgs(energy, start, budget=budget, trace=trace)
        assert energy.evaluations == budget.used == found.evaluations == limit
        assert found.energy == min(trace.energies) <= energy.value(start)
        assert energy.value(found.theta) == pytest.approx(found.energy)

    def test_budget_is_shared(self):
        budget = Budget(10)
        first = lbfgs(one_qubit(), [0.5], budget=budget)
        second = lbfgs(one_qubit(), [0.6], budget=budget)
        assert budget.used == first.evaluations + second.evaluations <= 10

    def test_spent_budget(self):
        energy = one_qubit()
        found = lbfgs(energy, [0.5], budget=Budget(0))
        assert energy.evaluations == 0
        assert found.energy == np.inf
        assert found.theta == pytest.approx([0.5])

    def test_no_time_left(self):
        assert lbfgs(one_qubit(), [0.5], budget=Budget(max_seconds=0.0)).energy == np.inf

    def test_without_parameters(self):
        energy = GateEnergy(Ansatz("fixed", 1, (), (), 0), np.array([2.0, 0.0]))
        budget, trace = Budget(), Trace()
        found = lbfgs(energy, [], budget=budget, trace=trace)
        assert found.energy == pytest.approx(2)
        assert budget.used == len(trace.energies) == 1


class TestCobyla:
    def test_known_minimum(self):
        bowl = Bowl(3)
        found = cobyla(bowl.value, np.zeros(3), max_evaluations=1000, tolerance=1e-7)
        assert found.energy == pytest.approx(-3, abs=1e-8)
        assert found.theta == pytest.approx(bowl.centre, abs=1e-4)
        assert len(bowl.asked) < 1000

    def test_circuit(self):
        assert cobyla(one_qubit().value, [0.5]).energy == pytest.approx(-1, abs=1e-6)

    @pytest.mark.parametrize("size", [1, 2, 5, 40, 120])
    @pytest.mark.parametrize("limit", [1, 2, 3, 10, 80])
    def test_never_above_its_limit(self, size, limit):
        bowl = Bowl(size)
        found = cobyla(bowl.value, np.zeros(size), max_evaluations=limit)
        assert len(bowl.asked) == found.evaluations <= limit
        assert found.energy == pytest.approx(min(map(Bowl(size).value, bowl.asked)))
        assert found.energy <= Bowl(size).value(np.zeros(size))

    def test_starts_where_it_is_told(self):
        bowl = Bowl(4)
        cobyla(bowl.value, [0.1, 0.2, 0.3, 0.4], max_evaluations=5)
        assert bowl.asked[0] == pytest.approx([0.1, 0.2, 0.3, 0.4])
        assert np.abs(bowl.asked[1] - bowl.asked[0]).max() == pytest.approx(1.0)

    def test_is_deterministic(self):
        first, second = (cobyla(Bowl(7).value, np.ones(7)) for _ in range(2))
        assert first.evaluations == second.evaluations
        assert np.array_equal(first.theta, second.theta)

    def test_tolerance_ends_it(self):
        loose, tight = (cobyla(Bowl(2).value, [0, 0], tolerance=t).evaluations for t in (0.1, 1e-6))
        assert loose < tight <= 80

    @pytest.mark.parametrize("size", [1, 2, 5])
    @pytest.mark.parametrize("height", [0.0, 1.0])
    def test_last_bits_do_not_choose_its_path(self, size, height):
        class Noisy(Bowl):
            def value(self, theta):
                return height * super().value(theta) + 1e-14 * rng.standard_normal()

        ends = []
        for seed in range(4):
            rng = np.random.default_rng(seed)
            ends.append(cobyla(Noisy(size).value, np.ones(size), resolution=1e-10))
        assert len({end.evaluations for end in ends}) == 1
        assert np.ptp([end.energy for end in ends]) < 1e-12

    def test_flat_energy(self):
        energy = GateEnergy(sim(1, 2, 1), np.ones(4))
        assert cobyla(energy.value, np.zeros(4)).energy == pytest.approx(1)

    def test_without_parameters(self):
        energy = GateEnergy(Ansatz("fixed", 1, (), (), 0), np.array([2.0, 0.0]))
        found = cobyla(energy.value, [])
        assert found.energy == pytest.approx(2)
        assert found.evaluations == 1


class TestTrace:
    def test_best_so_far(self):
        trace = Trace()
        trace.begin("first")
        trace.record(2.0, [1.0])
        trace.record(1.0, [2.0])
        trace.begin("second")
        trace.record(1.5, [3.0])
        assert trace.energies == [2.0, 1.0, 1.5]
        assert trace.best_energy == 1.0
        assert trace.best_theta == pytest.approx([2.0])
        assert trace.stages == [(0, "first"), (2, "second")]

    def test_keeps_a_copy_of_the_angles(self):
        trace, theta = Trace(), np.zeros(2)
        trace.record(0.0, theta)
        theta[:] = 7
        assert trace.best_theta == pytest.approx([0, 0])

    def test_of_an_optimisation(self):
        energy, trace = GateEnergy(sim(2, 3, 1), np.arange(8.0)), Trace()
        found = lbfgs(energy, np.full(energy.n_parameters, 0.3), trace=trace)
        assert trace.best_energy == min(trace.energies) == found.energy
        assert energy.value(trace.best_theta) == pytest.approx(trace.best_energy)


class TestBudget:
    def test_counts_down(self):
        budget = Budget(2)
        budget.take()
        assert not budget.spent
        budget.take()
        assert budget.spent
        with pytest.raises(BudgetSpent):
            budget.take()
        assert budget.used == 2

    def test_time(self):
        budget = Budget(max_seconds=5.0)
        assert not budget.spent
        budget.started -= 6.0
        assert budget.spent
