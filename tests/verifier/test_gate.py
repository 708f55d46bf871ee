"""The gate: which stages run, rule by rule and at the thresholds themselves."""

from __future__ import annotations

from typing import Any

import pytest

import quasar
from quasar.simulate.engine import get_engine
from quasar.verifier.context import Context, ProblemFacts
from quasar.verifier.gate import OverBudget, closed
from quasar.verifier.settings import Limits, StageGate, VerifierSettings
from quasar.verifier.stages.behaviour import Behaviour
from quasar.verifier.stages.feasibility import Rules, run_text
from quasar.verifier.stages.objective import Objective

PROBLEM = quasar.load_problem({"hamiltonian": "Z(0)"})
_, EXECUTION = run_text("OPENQASM 3.0; qubit[1] q;", get_engine(), Rules(Limits()))


def context(
    likeness: float | None = None, ratio: float | None = None, cost: float = 0.5, **gate: Any
) -> Context:
    settings = VerifierSettings(gate=StageGate(**gate))
    found: dict[str, Any] = {}
    if likeness is not None:
        found["behaviour"] = Behaviour(
            score=likeness, js_divergence=0.0, relative_entropy=None, compared_qubits=1
        )
    if ratio is not None:
        found["objective"] = Objective(
            score=ratio, energy=0.0, energy_bit_reversed=0.0, p_optimal=0.0, top_is_optimal=False
        )
    assert EXECUTION is not None
    facts = ProblemFacts(PROBLEM, None, settings)
    return Context(facts, settings, EXECUTION, 0.0, found, cost_s={"a": cost, "b": cost})


PUBLISHED = [
    # likeness, ratio, objective runs, utility runs
    (None, None, True, False),
    (None, 0.95, True, True),
    (None, 0.9, True, False),
    (0.05, None, True, False),
    (0.05, 0.95, True, True),
    (0.05, 0.9, True, False),
    (0.1, 0.95, False, False),
    (0.5, 0.95, False, False),
    (0.9, 0.95, False, False),
    (0.95, None, False, True),
    (0.95, 0.2, False, True),
]


@pytest.mark.parametrize(("likeness", "ratio", "objective", "utility"), PUBLISHED)
def test_published(
    likeness: float | None, ratio: float | None, objective: bool, utility: bool
) -> None:
    given = context(likeness, ratio, mode="published")
    assert (closed("objective", given) is None) is objective
    assert (closed("utility", given) is None) is utility
    assert closed("behaviour", given) is None
    assert closed("another", given) is None
    assert closed("utility", context(likeness, ratio)) is None  # off


THRESHOLDS = [
    (None, None, True, False),
    (0.3, 0.6, True, True),
    (0.29, 0.59, False, False),
    (0.5, 0.7, True, True),
]


@pytest.mark.parametrize(("likeness", "ratio", "objective", "utility"), THRESHOLDS)
def test_thresholds(
    likeness: float | None, ratio: float | None, objective: bool, utility: bool
) -> None:
    given = context(
        likeness, ratio, mode="thresholds", behaviour_threshold=0.3, objective_threshold=0.6
    )
    why = {name: closed(name, given) for name in ("behaviour", "objective", "utility", "another")}
    assert (why["objective"] is None) is objective
    assert (why["utility"] is None) is utility
    assert why["behaviour"] is None
    assert why["another"] is None
    if not objective:
        assert why["objective"].why == "s2 is under 0.3"
    if not utility:
        assert why["utility"].why == "s3 is under 0.6 or was not computed"


@pytest.mark.parametrize(("cost", "spent"), [(0.25, False), (0.5, True), (0.6, True)])
@pytest.mark.parametrize("mode", ["thresholds", "published"])
def test_the_budget_is_the_sum_of_all_stages(cost: float, spent: bool, mode: str) -> None:
    given = context(None, 0.95, cost, mode=mode, budget_s=1.0)
    assert isinstance(closed("objective", given), OverBudget) is spent
    assert isinstance(closed("another", given), OverBudget) is spent
    assert closed("behaviour", given) is None
    assert closed("objective", context(cost=cost, budget_s=1.0)) is None  # off
