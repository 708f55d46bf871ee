from __future__ import annotations

import numpy as np
import pytest

from quasar.circuits.circuit import Gate
from quasar.circuits.excitations import generalised_excitations, occupied_start, two_local_pool
from quasar.core.observable import PauliSum
from quasar.core.seeds import generator
from quasar.optimize.adapt_observable import _Slopes, grow
from quasar.optimize.trace import Budget, Trace
from quasar.problems.quantum.molecule import Molecule


def test_slopes_are_derivatives() -> None:
    pool = [*generalised_excitations(4), *two_local_pool(4, [(0, 1), (2, 3)])]
    h = PauliSum.from_text("0.5*X0*Z1 - Y2 + 0.3*Z0*Z3 + 0.2*X1*Y3", 4)
    rng = generator(0, "slopes")
    state = rng.normal(size=16) + 1j * rng.normal(size=16)
    state /= np.linalg.norm(state)
    slopes = _Slopes(pool, 4).of(state, h.apply(state))
    step = 1e-4

    def energy(angle: float, number: int) -> float:
        vector = state
        for pauli, c in pool[number].terms:
            turned = PauliSum(4, {pauli: 1.0}).apply(vector)
            vector = np.cos(angle * c / 2) * vector - 1j * np.sin(angle * c / 2) * turned
        return h.expectation(vector)

    for number, slope in enumerate(slopes):
        difference = (energy(step, number) - energy(-step, number)) / (2 * step)
        assert slope == pytest.approx(difference, abs=1e-7)


def test_growth_reaches_the_ground_state_of_hydrogen_with_one_excitation() -> None:
    molecule = Molecule("h2", 0.74)
    h = molecule.observable()
    target = molecule.energies.fci - h.constant + 1e-5
    trace = Trace()
    ansatz, found = grow(
        h,
        occupied_start([0, 1]),
        generalised_excitations(4),
        target=target,
        max_rotations=5,
        name="adapt",
        budget=Budget(200),
        trace=trace,
    )
    assert found.theta.size == 1
    assert found.energy <= target
    assert min(trace.energies) == found.energy
    assert ansatz.name == "adapt, 1"


def test_growth_ends_where_no_slope_is_left_or_the_budget_is_spent() -> None:
    h = PauliSum.from_text("Z0*Z1 + X0")
    pool = two_local_pool(2, [(0, 1)])
    budget, trace = Budget(3), Trace()
    _, found = grow(h, (), pool, target=-9.0, max_rotations=9, name="a", budget=budget, trace=trace)
    assert budget.used <= 3
    assert np.isfinite(found.energy)
    flat = PauliSum.from_text("Z0*Z1")
    ansatz, found = grow(
        flat,
        (Gate("x", (0,)),),
        pool,
        target=-9.0,
        max_rotations=9,
        name="a",
        budget=Budget(100),
        trace=Trace(),
    )
    assert found.energy == pytest.approx(-1.0)
    assert ansatz.n_parameters == 0
