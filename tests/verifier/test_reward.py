"""The reward's formulas, branch by branch, against the schedule written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.verifier.reward import Scores, compute, mismatch_penalty
from quasar.verifier.settings import Reward

unit = st.floats(0, 1)


def test_infeasible_costs_one_in_paper_and_a_half_in_gated() -> None:
    scores = Scores(feasible=False)
    assert compute(scores, Reward()).value == -1.0
    assert compute(scores, Reward(scheme="gated")).value == -0.5


@pytest.mark.parametrize(
    ("difference", "active", "penalty"),
    [(0, 0, 0.0), (1, 0, -0.25), (-2, 0, -0.3), (1, 1, -0.35), (3, 3, -0.65), (20, 20, -1.0)],
)
def test_mismatch(difference: int, active: int, penalty: float) -> None:
    assert mismatch_penalty(difference, active) == pytest.approx(penalty)


@given(unit, unit, st.floats(0, 2))
def test_paper_is_the_weighted_sum(s2: float, s3: float, s4: float) -> None:
    settings = Reward(w2=0.2, w3=0.5, w4=0.3)
    scores = Scores(feasible=True, s2=s2, s3=s3, s4=s4, has_reference=True)
    assert compute(scores, settings).value == pytest.approx(0.2 * s2 + 0.5 * s3 + 0.3 * s4)


@given(unit, st.floats(0, 2))
def test_without_a_reference_the_weights_renormalise(s3: float, s4: float) -> None:
    scores = Scores(feasible=True, s3=s3, s4=s4)
    found = compute(scores, Reward(w2=0.5, w3=0.3, w4=0.2))
    assert found.value == pytest.approx((0.3 * s3 + 0.2 * s4) / 0.5)
    assert found.s2 is None


@pytest.mark.parametrize(
    ("s2", "s3", "u", "value"),
    [
        (0.95, 0.2, 0.5, 0.6 * 0.95 + 0.4 * 0.5),
        (0.9, 0.2, 0.5, 0.9),
        (0.5, 0.99, 0.5, 0.5),
        (0.1, 0.99, 0.5, 0.1),
        (0.05, 0.8, 0.5, 0.3 * 0.05 + 0.3 * 0.8),
        (0.05, 0.95, 0.5, 0.3 * 0.05 + 0.3 * 0.95 + 0.4 * 0.5),
    ],
)
def test_gated_schedule(s2: float, s3: float, u: float, value: float) -> None:
    scores = Scores(feasible=True, s2=s2, s3=s3, u=u, has_reference=True)
    assert compute(scores, Reward(scheme="gated")).value == pytest.approx(value)


def test_gated_pays_the_mismatch_too() -> None:
    scores = Scores(
        feasible=True, s2=0.4, has_reference=True, qubit_difference=1, active_extra_qubits=1
    )
    assert compute(scores, Reward(scheme="gated")).value == pytest.approx(0.4 - 0.35)


@pytest.mark.parametrize("scheme", ["paper", "gated"])
def test_each_ablation_ignores_exactly_its_signal(scheme: str) -> None:
    low = {"s2": 0.05, "s3": 0.95, "s4": 1.0, "u": 0.5}
    ignored = {"no_re": {"s2"}, "no_ev": {"s3"}, "no_opt": {"s4", "u"}, "validity_only": set(low)}
    for ablation, names in ignored.items():
        settings = Reward(scheme=scheme, ablation=ablation)
        base = compute(Scores(feasible=True, has_reference=True, **low), settings).value
        for name in low:
            changed = {**low, name: low[name] + 0.01}
            value = compute(Scores(feasible=True, has_reference=True, **changed), settings).value
            relevant = name not in names and name != ("u" if scheme == "paper" else "s4")
            # Without s3 the gated schedule has no "good energy" under which utility is paid.
            if scheme == "gated" and ablation == "no_ev" and name == "u":
                continue
            assert (value != base) is relevant, (ablation, name)


@given(st.one_of(st.none(), unit), st.one_of(st.none(), unit), st.one_of(st.none(), unit))
def test_rewards_are_finite_and_bounded(
    s2: float | None, s3: float | None, u: float | None
) -> None:
    for has_reference in (True, False):
        scores = Scores(feasible=True, s2=s2, s3=s3, s4=u, u=u, has_reference=has_reference)
        for scheme in ("paper", "gated"):
            for ablation in ("full", "no_ev", "no_re", "no_opt", "validity_only"):
                value = compute(scores, Reward(scheme=scheme, ablation=ablation)).value
                assert -1.0 <= value <= 1.0 + 1e-12
