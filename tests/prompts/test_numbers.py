"""Numbers of the compact style: rounding, text, and back."""

import math

from hypothesis import given
from hypothesis import strategies as st

from quasar.prompts.numbers import (
    MAGNITUDES,
    NUMBER_TEXTS,
    QUARTER_TURNS,
    angle_text,
    number_text,
    rounded,
)


@given(st.floats(-20, 20))
def test_nearest_of_the_grid(value):
    best = min(abs(abs(value) - m) for m in MAGNITUDES)
    assert abs(abs(rounded(value)) - abs(value)) <= best + 1e-12
    assert rounded(value) * value >= 0


@given(st.floats(-20, 20))
def test_text_is_of_the_vocabulary_and_reads_back(value):
    text = number_text(value)
    assert text in NUMBER_TEXTS
    assert float(text) == rounded(value)
    assert "." in text
    assert text != "-0.0"


@given(st.floats(-4, 4))
def test_error_of_an_angle(value):
    assert abs(rounded(value) - value) <= 0.025 + 1e-9
    if abs(value) <= 1:
        assert abs(rounded(value) - value) <= 0.005 + 1e-9


def test_grid_is_ascending_and_rounding_is_idempotent():
    assert list(MAGNITUDES) == sorted(set(MAGNITUDES))
    assert all(rounded(m) == m for m in MAGNITUDES)
    assert len(set(NUMBER_TEXTS)) == len(NUMBER_TEXTS)


def test_quarter_turns_have_names():
    assert angle_text(math.pi) == "pi"
    assert angle_text(-math.pi / 2) == "-pi/2"
    assert angle_text(1.5708) == "pi/2"  # as records write it
    assert angle_text(1.6) == "1.6"
    assert {angle_text(v) for v in QUARTER_TURNS.values()} == set(QUARTER_TURNS)
