"""Stage 4: the published formulas, what is optimised, and the clock."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quasar.circuits.circuit import Circuit, Gate
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.base import encode
from quasar.problems.ising import Ising
from quasar.simulate.engine import get_engine
from quasar.verifier.context import Context, ProblemFacts
from quasar.verifier.settings import Limits, UtilitySettings, VerifierSettings
from quasar.verifier.stages import utility
from quasar.verifier.stages.feasibility import Rules, run_text
from quasar.verifier.stages.stage import Skipped
from quasar.verifier.stages.utility import OutOfTime, UtilityStage, optimise

HAMILTONIAN = IsingHamiltonian(2, {(0,): 1.0, (1,): 2.0, (0, 1): 4.0})  # energies 7, -3, -5, 1
ROTATIONS = Circuit(2, (Gate("ry", (0,), (1.0,)), Gate("ry", (1,), (2.5,))))


def start_energy() -> float:
    p0, p1 = math.cos(0.5) ** 2, math.cos(1.25) ** 2
    p = np.array([p0 * p1, (1 - p0) * p1, p0 * (1 - p1), (1 - p0) * (1 - p1)])
    return float(p @ HAMILTONIAN.diagonal)


@pytest.mark.parametrize("evaluations", [1, 2, 7])
def test_the_published_formulas(evaluations: int) -> None:
    settings = UtilitySettings(max_evaluations=evaluations)
    found = optimise(ROTATIONS, HAMILTONIAN.diagonal, HAMILTONIAN.spectrum, settings)
    n, missing = found.evaluations, (found.energy_optimised + 5.0) / 12.0
    assert n == evaluations
    assert found.score == pytest.approx(1 / (1 + n) + 1 - missing)
    assert found.schedule_score == pytest.approx(0.8 / n + 0.2 * (1 - missing))
    assert found.free_parameters == 2
    if evaluations == 1:
        assert found.energy_optimised == pytest.approx(start_energy())


def test_the_optimiser_reaches_the_ground_state_of_what_it_can_turn() -> None:
    settings = UtilitySettings(max_evaluations=400)
    found = optimise(ROTATIONS, HAMILTONIAN.diagonal, HAMILTONIAN.spectrum, settings)
    assert found.energy_optimised == pytest.approx(-5.0, abs=1e-6)
    assert found.evaluations < 400
    loose = optimise(
        ROTATIONS,
        HAMILTONIAN.diagonal,
        HAMILTONIAN.spectrum,
        UtilitySettings(max_evaluations=400, tolerance=0.1),
    )
    assert loose.evaluations < found.evaluations


def test_equal_angles_are_turned_together() -> None:
    tied = Circuit(2, (Gate("ry", (0,), (1.0,)), Gate("ry", (1,), (1.0,))))
    settings = UtilitySettings(max_evaluations=60)
    found = optimise(tied, HAMILTONIAN.diagonal, HAMILTONIAN.spectrum, settings)
    assert found.free_parameters == 1
    c = np.cos(np.linspace(0, 2 * np.pi, 20001))
    assert found.energy_optimised == pytest.approx(float((3 * c + 4 * c * c).min()), abs=1e-5)


def test_a_flat_hamiltonian_is_solved_from_the_start() -> None:
    flat = IsingHamiltonian(2, {})
    found = optimise(ROTATIONS, flat.diagonal, flat.spectrum, UtilitySettings(max_evaluations=3))
    assert found.score == pytest.approx(1 / (1 + found.evaluations) + 1)


def context(max_seconds: float | None, feasibility_s: float) -> Context:
    settings = VerifierSettings(utility=UtilitySettings(max_seconds=max_seconds))
    problem = encode(Ising(HAMILTONIAN))
    text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q; ry(1.0) q[0]; ry(2.5) q[1];'
    _, execution = run_text(text, get_engine(), Rules(Limits()))
    assert execution is not None
    facts = ProblemFacts(problem, None, settings)
    return Context(
        facts,
        settings,
        execution,
        utility.time.process_time(),
        cost_s={"feasibility": feasibility_s},
    )


@pytest.mark.parametrize(
    ("max_seconds", "feasibility_s", "runs"),
    [(None, 1e9, True), (100.0, 0.0, True), (100.0, 30.0, True), (100.0, 40.0, False)],
)
def test_it_begins_only_if_three_evaluations_fit(
    max_seconds: float | None, feasibility_s: float, runs: bool
) -> None:
    found = UtilityStage().measure(context(max_seconds, feasibility_s))
    assert isinstance(found, Skipped) is not runs
    if not runs:
        assert found == Skipped("not finished within 100 s")


def test_an_evaluation_that_would_end_too_late_does_not_begin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By a clock of which every look takes a second, so that each evaluation takes one."""
    ticks = iter(range(1000))
    monkeypatch.setattr(utility.time, "process_time", lambda: float(next(ticks)))
    value = utility._until(5.0, lambda theta: 7.0)
    assert [value([0.0]) for _ in range(3)] == [7.0] * 3  # from 0 to 1, 2 to 3, 4 to 5
    with pytest.raises(OutOfTime):
        value([0.0])
    endless = utility._until(None, lambda theta: 7.0)
    assert [endless([0.0]) for _ in range(9)] == [7.0] * 9
