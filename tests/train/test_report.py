"""Curves of a reinforcement run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.train.report import running_mean

VALUES = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60)


@given(VALUES)
def test_a_running_mean_stays_between_the_extremes(values: list[float]) -> None:
    means = running_mean(values)
    assert len(means) == len(values)
    assert all(min(values) - 1e-9 <= mean <= max(values) + 1e-9 for mean in means)


def test_a_running_mean_takes_out_what_alternates_and_keeps_a_slope() -> None:
    wave = [(-1.0) ** i for i in range(41)]
    assert max(map(abs, running_mean(wave)[5:-5])) < 0.1
    slope = [0.5 * i for i in range(41)]
    assert running_mean(slope)[5:-5] == pytest.approx(slope[5:-5])
