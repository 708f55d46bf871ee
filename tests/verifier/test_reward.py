"""The reward's formulas, branch by branch, against the schedule written out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.verifier.reward import (
    PhysicalScores,
    RankingWeights,
    Reward,
    RewardWeights,
    Scores,
    compute,
    mismatch_penalty,
    ranking_reward,
)
from quasar.verifier.settings import VerifierSettings

unit = st.floats(0, 1)


def test_infeasible_costs_one_in_paper_and_a_half_in_gated() -> None:
    scores = Scores(feasible=False)
    assert compute(scores, RewardWeights()).value == -1.0
    assert compute(scores, RewardWeights(scheme="gated")).value == -0.5


@pytest.mark.parametrize(
    ("difference", "active", "penalty"),
    [(0, 0, 0.0), (1, 0, -0.25), (-2, 0, -0.3), (1, 1, -0.35), (3, 3, -0.65), (20, 20, -1.0)],
)
def test_mismatch(difference: int, active: int, penalty: float) -> None:
    assert mismatch_penalty(difference, active) == pytest.approx(penalty)


@given(unit, unit, st.floats(0, 2))
def test_paper_is_the_weighted_sum(s2: float, s3: float, s4: float) -> None:
    settings = RewardWeights(behaviour_weight=0.2, objective_weight=0.5, utility_weight=0.3)
    scores = Scores(feasible=True, behaviour=s2, objective=s3, utility=s4, has_reference=True)
    assert compute(scores, settings).value == pytest.approx(0.2 * s2 + 0.5 * s3 + 0.3 * s4)


@given(unit, st.floats(0, 2))
def test_without_a_reference_the_weights_renormalise(s3: float, s4: float) -> None:
    scores = Scores(feasible=True, objective=s3, utility=s4)
    found = compute(scores, RewardWeights.parse({"w2": 0.5, "w3": 0.3, "w4": 0.2}))
    assert found.value == pytest.approx((0.3 * s3 + 0.2 * s4) / 0.5)
    assert found.behaviour is None


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
    scores = Scores(
        feasible=True, behaviour=s2, objective=s3, schedule_utility=u, has_reference=True
    )
    assert compute(scores, RewardWeights(scheme="gated")).value == pytest.approx(value)


def test_gated_pays_the_mismatch_too() -> None:
    scores = Scores(
        feasible=True, behaviour=0.4, has_reference=True, qubit_difference=1, active_extra_qubits=1
    )
    assert compute(scores, RewardWeights(scheme="gated")).value == pytest.approx(0.4 - 0.35)


@pytest.mark.parametrize("scheme", ["paper", "gated"])
def test_each_ablation_ignores_exactly_its_signal(scheme: str) -> None:
    low = {"behaviour": 0.05, "objective": 0.95, "utility": 1.0, "schedule_utility": 0.5}
    ignored = {
        "no_re": {"behaviour"},
        "no_ev": {"objective"},
        "no_opt": {"utility", "schedule_utility"},
        "validity_only": set(low),
    }
    for ablation, names in ignored.items():
        settings = RewardWeights(scheme=scheme, ablation=ablation)
        base = compute(Scores(feasible=True, has_reference=True, **low), settings).value
        for name in low:
            changed = {**low, name: low[name] + 0.01}
            value = compute(Scores(feasible=True, has_reference=True, **changed), settings).value
            relevant = name not in names and name != (
                "schedule_utility" if scheme == "paper" else "utility"
            )
            # Without an objective the gated schedule knows no good energy to pay utility for.
            if scheme == "gated" and ablation == "no_ev" and name == "schedule_utility":
                continue
            assert (value != base) is relevant, (ablation, name)


@given(st.one_of(st.none(), unit), st.one_of(st.none(), unit), st.one_of(st.none(), unit))
def test_rewards_are_finite_and_bounded(
    s2: float | None, s3: float | None, u: float | None
) -> None:
    for has_reference in (True, False):
        scores = Scores(
            feasible=True,
            behaviour=s2,
            objective=s3,
            utility=u,
            schedule_utility=u,
            has_reference=has_reference,
        )
        for scheme in ("paper", "gated"):
            for ablation in ("full", "no_ev", "no_re", "no_opt", "validity_only"):
                value = compute(scores, RewardWeights(scheme=scheme, ablation=ablation)).value
                assert -1.0 <= value <= 1.0 + 1e-12


def test_files_and_requests_know_weights_and_scores_by_their_old_names() -> None:
    settings = VerifierSettings.parse({"reward": {"w2": 0.7, "objective_weight": 0.2}})
    assert (settings.reward.behaviour_weight, settings.reward.objective_weight) == (0.7, 0.2)
    written = settings.model_dump(mode="json")["reward"]
    assert written.keys() == {"scheme", "ablation", "w2", "w3", "w4"}
    assert VerifierSettings.parse({"reward": written}) == settings
    scores = Scores(feasible=True, behaviour=0.5, objective=0.25, has_reference=True)
    found = compute(scores, settings.reward)
    assert found.model_dump().keys() >= {"s2", "s3", "s4"}
    assert Reward.model_validate_json(found.model_dump_json()) == found


def of_ranking(r: float, p: float, entanglement: float | None, n: int = 4) -> float:
    scores = PhysicalScores(n, r, p, None, 3, entanglement, 1.0, basis_state=False)
    return ranking_reward(scores, RankingWeights(energy=0.25, p_optimal=0.75))


@given(unit, unit, unit, unit)
def test_in_the_ranking_what_entangles_comes_first(r: float, p: float, s: float, q: float) -> None:
    assert of_ranking(r, p, 0.5) >= of_ranking(s, q, 0.0)
    better = 0.25 * r + 0.75 * p
    assert of_ranking(r, p, 0.5) == pytest.approx((1 + better) / 2)
    for classical in (None, 0.0, 0.9e-3):
        assert of_ranking(r, p, classical) == pytest.approx(better / 2)
    assert of_ranking(r, p, 1e-3) == of_ranking(r, p, 1.0)
    assert of_ranking(r, p, 0.0, n=1) == pytest.approx((1 + better) / 2)


def test_the_ranking_needs_something_to_go_by() -> None:
    with pytest.raises(InputError, match="above 0"):
        RankingWeights.parse({"energy": 0, "p_optimal": 0})
