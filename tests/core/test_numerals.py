"""No probability is printed as 0 or 1 that is neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.numerals import about_seconds, share


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0, 3, "0.000"),
        (1.0, 4, "1.0000"),
        (0.37124, 3, "0.371"),
        (3.8e-4, 3, "3.8e-04"),
        (3.8e-4, 4, "0.0004"),
        (2e-5, 4, "2.0e-05"),
        (9.96e-4, 3, "1.0e-03"),
        (0.9999996, 4, ">0.9999"),
        (0.99996, 4, ">0.9999"),
        (0.9996, 3, ">0.999"),
        (0.9994, 3, "0.999"),
        (1 - 1e-14, 4, "1.0000"),
        (1 + 1e-12, 4, "1.0000"),
        (3e-33, 4, "<1e-12"),
        (-2e-5, 3, "-2.0e-05"),
        (None, 3, "-"),
    ],
)
def test_examples(value: float | None, decimals: int, text: str) -> None:
    assert share(value, decimals) == text


def test_percentages() -> None:
    assert share(99.996, 2, whole=100.0) == ">99.99"
    assert share(99.9999996, 1, whole=100.0) == ">99.9"
    assert share(0.004, 2, whole=100.0) == "4.0e-03"
    assert share(100.0, 1, whole=100.0) == "100.0"
    assert share(12.34, 1, whole=100.0) == "12.3"


@given(st.floats(1e-12, 1 - 1e-11), st.integers(1, 6))
def test_what_is_between_0_and_1_is_shown_between_them(value: float, decimals: int) -> None:
    shown = float(share(value, decimals).removeprefix(">"))
    assert 0 < shown < 1
    assert shown == pytest.approx(value, rel=0.06, abs=1.01 * 10.0**-decimals)


@pytest.mark.parametrize(
    ("value", "text"), [(0.0374, "0.037 s"), (1.26, "1.3 s"), (9.2, "9.2 s"), (1234.5, "1,234 s")]
)
def test_a_predicted_time_is_never_0(value: float, text: str) -> None:
    assert about_seconds(value) == text
