"""Metrics against cases worked out by hand, and properties that hold for any scores."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.evaluation.scores import (
    bootstrap_intervals,
    candidate_table,
    count,
    expected_best,
    mean,
    record_scores,
    record_scores_at,
)
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.metrics import METRICS, record_metrics

BROKEN = Measurement(parses=False, feasible=False, fault="syntax")
WRONG_SIZE = Measurement(parses=True, feasible=False, n_qubits=3, fault="qubits")


def usable(**values: Any) -> Measurement:
    default = {
        "relative_entropy": 1.0,
        "energy": 0.0,
        "energy_bit_reversed": 0.0,
        "approximation_ratio": 0.5,
        "p_optimal": 0.1,
        "top_is_optimal": False,
    }
    return Measurement(parses=True, feasible=True, n_qubits=2, **{**default, **values})


def reference(index: int = 0, **values: Any) -> Reference:
    default = {
        "problem_type": "vertex_cover",
        "algorithm": "qaoa",
        "n_qubits": 2,
        "layers": 1,
        "e_min": -2.0,
        "e_max": 2.0,
        "n_ground_states": 1,
        "qaoa_energy": -1.0,
        "circuit": usable(energy=-0.5, energy_bit_reversed=0.5),
    }
    return Reference(sample_index=index, **{**default, **values})


def scores(references: list[Reference], candidates: dict[int, list[Measurement]]) -> dict[str, Any]:
    return record_scores(candidate_table(references, candidates))


def test_one_usable_candidate_by_hand() -> None:
    found = scores(
        [reference()],
        {0: [usable(relative_entropy=0.05, energy=-0.4, approximation_ratio=0.6, p_optimal=0.2)]},
    )
    beyond = {metric.name for metric in METRICS if metric.beyond}
    assert all(np.isnan(found[name][0]) for name in beyond)
    assert {name: c[0] for name, c in found.items() if name not in beyond} == pytest.approx(
        {
            "SCR": 1.0,
            "SREV": 1.0,
            "SREV_physical": 1.0,  # |-0.4 + 0.5| <= 0.2
            "SREV_bit_reversed": 0.0,  # |0.0 - 0.5| > 0.2
            "RE": 0.05,
            "HQCR": 1.0,
            "approximation_ratio": 0.6,
            "p_optimal": 0.2,
            "top_is_optimal": 0.0,
            "qaoa_gap": (-0.4 + 1.0) / 4.0,
        }
    )


def test_every_metric_takes_its_own_best_candidate() -> None:
    found = scores(
        [reference()],
        {
            0: [
                BROKEN,
                usable(relative_entropy=3.0, approximation_ratio=0.9, energy=-1.6),
                usable(relative_entropy=0.01, approximation_ratio=0.2, top_is_optimal=True),
            ]
        },
    )
    assert found["RE"][0] == 0.01
    assert found["HQCR"][0] == 1.0
    assert found["approximation_ratio"][0] == 0.9
    assert found["top_is_optimal"][0] == 1.0
    assert found["qaoa_gap"][0] == pytest.approx(-0.15)


@pytest.mark.parametrize("candidates", [[], [BROKEN], [WRONG_SIZE], [BROKEN, WRONG_SIZE]])
def test_a_record_without_a_usable_candidate_counts_as_failed(
    candidates: list[Measurement],
) -> None:
    found = scores([reference()], {0: candidates} if candidates else {})
    assert found["SCR"][0] == float(WRONG_SIZE in candidates)
    for name in ("SREV_physical", "SREV_bit_reversed", "HQCR", "approximation_ratio", "p_optimal"):
        assert found[name][0] == 0.0
    assert math.isnan(found["RE"][0])
    assert math.isnan(found["qaoa_gap"][0])


def test_relative_entropy_averages_over_the_records_that_have_one() -> None:
    found = scores(
        [reference(0), reference(1), reference(2)],
        {0: [usable(relative_entropy=2.0)], 1: [BROKEN], 2: [usable(relative_entropy=4.0)]},
    )
    assert mean(found["RE"]) == 3.0
    assert count(found["RE"]) == 2
    assert mean(found["SCR"]) == pytest.approx(2 / 3)


def test_a_record_without_reference_counts_in_no_likeness() -> None:
    bare = reference(1, circuit=None)
    lone = usable(relative_entropy=None)
    found = scores([reference(0), bare], {0: [usable(relative_entropy=0.0)], 1: [lone]})
    assert mean(found["HQCR"]) == 1.0
    assert count(found["HQCR"]) == count(found["SREV_physical"]) == 1
    assert mean(found["approximation_ratio"]) == 0.5
    alone = scores([bare], {1: [lone]})
    assert all(math.isnan(mean(alone[name])) for name in ("RE", "HQCR", "SREV_bit_reversed"))


def test_thresholds_are_those_of_the_paper() -> None:
    at = usable(relative_entropy=0.1, energy=-0.25, energy_bit_reversed=0.75)
    near = usable(relative_entropy=0.0999, energy=-0.375, energy_bit_reversed=0.625)
    exact = scores([reference()], {0: [at]})
    assert (exact["HQCR"][0], exact["SREV_physical"][0]) == (0.0, 0.0)
    inside = scores([reference()], {0: [near]})
    assert (inside["HQCR"][0], inside["SREV_bit_reversed"][0]) == (1.0, 1.0)


def test_a_flat_problem_has_no_gap() -> None:
    flat = reference(e_min=0.0, e_max=0.0, qaoa_energy=0.0)
    assert math.isnan(scores([flat], {0: [usable()]})["qaoa_gap"][0])


# --- fewer samples -------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7), st.integers(1, 9))
def test_expected_best_is_the_mean_over_all_draws(values: list[float], k: int) -> None:
    k_drawn = min(k, len(values))
    draws = [max(chosen) for chosen in combinations(values, k_drawn)]
    found = expected_best(np.array(values), k)
    assert found == pytest.approx(sum(draws) / len(draws))


def test_expected_best_of_hits_is_the_unbiased_pass_at_k() -> None:
    n, c, k = 10, 3, 4
    values = np.array([1.0] * c + [0.0] * (n - c))
    assert expected_best(values, k) == pytest.approx(1 - math.comb(n - c, k) / math.comb(n, k))


def test_one_sample_is_the_mean_over_candidates() -> None:
    table = candidate_table(
        [reference()],
        {0: [usable(approximation_ratio=0.2, relative_entropy=1.0), usable(), BROKEN]},
    )
    found = record_scores_at(table, 1)
    assert found["approximation_ratio"][0] == pytest.approx(0.7 / 3)
    assert found["SCR"][0] == pytest.approx(2 / 3)
    assert found["RE"][0] == pytest.approx(1.0)
    everything = record_scores_at(table, 3)
    best = record_scores(table)
    for name, values in everything.items():
        assert values == pytest.approx(best[name], nan_ok=True)


# --- properties ----------------------------------------------------------------------------------

CANDIDATES = st.builds(
    lambda parses, feasible, re, e, rev, r, p, top: (
        Measurement(parses=parses, feasible=False)
        if not (parses and feasible)
        else usable(
            relative_entropy=re,
            energy=e,
            energy_bit_reversed=rev,
            approximation_ratio=r,
            p_optimal=p,
            top_is_optimal=top,
        )
    ),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(0, 50),
    st.floats(-2, 2),
    st.floats(-2, 2),
    st.floats(0, 1),
    st.floats(0, 1),
    st.booleans(),
)


@given(st.lists(CANDIDATES, min_size=1, max_size=5), CANDIDATES, st.randoms())
def test_a_further_candidate_never_hurts_and_order_is_irrelevant(
    candidates: list[Measurement], further: Measurement, random: Any
) -> None:
    before = scores([reference()], {0: candidates})
    shuffled = [*candidates, further]
    random.shuffle(shuffled)
    after = scores([reference()], {0: shuffled})
    for metric in record_metrics():
        old, new = before[metric.name][0], after[metric.name][0]
        if math.isnan(old):
            continue
        assert new <= old if metric.lower_is_better else new >= old


@given(st.lists(CANDIDATES, min_size=1, max_size=5))
def test_shares_imply_each_other(candidates: list[Measurement]) -> None:
    found = {name: column[0] for name, column in scores([reference()], {0: candidates}).items()}
    assert found["HQCR"] <= found["SCR"]
    assert found["SREV_physical"] <= found["SCR"]
    assert (found["HQCR"] == 1.0) == (found["RE"] < 0.1)


# --- intervals -----------------------------------------------------------------------------------

COLUMNS = st.lists(st.floats(-5, 5) | st.just(math.nan), min_size=1, max_size=20)


@given(COLUMNS, st.integers(0, 3))
def test_an_interval_lies_between_the_extremes_and_is_seeded(
    values: list[float], seed: int
) -> None:
    column = {"x": np.array(values)}
    found = bootstrap_intervals(column, np.random.default_rng(seed), resamples=200)["x"]
    defined = [v for v in values if not math.isnan(v)]
    if not defined:
        assert found is None
        return
    assert found is not None
    low, high = found
    assert min(defined) - 1e-9 <= low <= high <= max(defined) + 1e-9
    again = bootstrap_intervals(column, np.random.default_rng(seed), resamples=200)["x"]
    assert again == found


def test_intervals_match_the_normal_approximation() -> None:
    values = np.random.default_rng(1).normal(3.0, 2.0, 400)
    found = bootstrap_intervals({"x": values}, np.random.default_rng(2), resamples=4000)["x"]
    assert found is not None
    half = 1.96 * values.std() / 20.0
    assert found == pytest.approx((values.mean() - half, values.mean() + half), abs=0.02)


def test_intervals_of_equal_columns_are_equal() -> None:
    values = np.arange(12.0)
    found = bootstrap_intervals({"a": values, "b": values}, np.random.default_rng(0))
    assert found["a"] == found["b"]


def test_blocks_of_draws_change_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"x": np.random.default_rng(3).random(50)}
    whole = bootstrap_intervals(values, np.random.default_rng(4), resamples=1000)
    monkeypatch.setattr("quasar.evaluation.scores._DRAWN_AT_ONCE", 700)
    blocks = bootstrap_intervals(values, np.random.default_rng(4), resamples=1000)
    assert blocks["x"] == pytest.approx(whole["x"], rel=1e-12)


def test_no_columns_and_no_records_give_no_intervals() -> None:
    rng = np.random.default_rng(0)
    assert bootstrap_intervals({}, rng) == {}
    assert bootstrap_intervals({"x": np.zeros(0)}, rng) == {"x": None}
