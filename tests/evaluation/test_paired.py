"""Differences of runs on the same records, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.evaluation.paired import differences

RNG = generator(0, "tests", "paired")
DIFFICULTY = RNG.random(400)
BETTER = DIFFICULTY + 0.02 + 0.05 * RNG.standard_normal(400)


def compared(scores: dict[str, dict[str, np.ndarray]], against: str) -> dict[str, dict]:
    names = next(iter(scores.values())).keys()
    return differences(scores, against, list(names), generator(1), resamples=4000)


def test_what_the_means_hide_the_pairs_show() -> None:
    found = compared({"a": {"ratio": DIFFICULTY}, "b": {"ratio": BETTER}}, "a")["b"]["ratio"]
    assert found["mean"] == pytest.approx(float((BETTER - DIFFICULTY).mean()))
    assert found["records"] == 400
    low, high = found["interval"]
    assert 0 < low < found["mean"] < high
    # the interval of a mean alone is many times as wide
    assert high - low < 0.3 * 2 * 1.96 * DIFFICULTY.std() / 20


def test_the_interval_agrees_with_the_t_test() -> None:
    found = compared({"a": {"ratio": DIFFICULTY}, "b": {"ratio": BETTER}}, "a")["b"]["ratio"]
    expected = stats.ttest_rel(BETTER, DIFFICULTY).confidence_interval(0.95)
    assert found["interval"] == pytest.approx([expected.low, expected.high], abs=4e-4)


def test_a_record_counts_where_it_counts_in_both() -> None:
    nan = np.nan
    scores = {
        "a": {"RE": np.array([1.0, nan, 3.0, 4.0]), "HQCR": np.full(4, nan)},
        "b": {"RE": np.array([2.0, 2.0, nan, 6.0]), "HQCR": np.ones(4)},
    }
    row = compared(scores, "a")["b"]
    assert row["from"] == "a"
    assert (row["RE"]["mean"], row["RE"]["records"]) == (1.5, 2)
    assert (row["RE"]["of_from"], row["RE"]["of_run"]) == (2.5, 4.0)
    assert row["HQCR"] is None


def test_equal_runs_do_not_differ_and_unknown_ones_are_named() -> None:
    scores = {"a": {"ratio": DIFFICULTY}, "b": {"ratio": DIFFICULTY}}
    assert compared(scores, "b")["a"]["ratio"]["interval"] == [0.0, 0.0]
    with pytest.raises(InputError, match=r"no run 'c'.*'a', 'b'"):
        compared(scores, "c")
