"""Numbers as a small model writes them: few values, each a single token.

A magnitude is rounded to the nearest of a few hundred, fine near 0 and coarse where it does not
matter: 0.001 below 0.01, 0.005 below 0.1, 0.01 below 1, 0.05 below 4, 0.1 below 8, 0.25 up to 16.
A larger one becomes 16. An angle so rounded is off by at most 0.025 rad below 4.
"""

from __future__ import annotations

import math
from bisect import bisect_left

_STEPS = ((0.001, 0.01), (0.005, 0.1), (0.01, 1.0), (0.05, 4.0), (0.1, 8.0), (0.25, 16.0))


def _grid() -> tuple[float, ...]:
    values = [0.0]
    for step, end in _STEPS:
        first, last = round(values[-1] / step) + 1, round(end / step)
        values += [round(i * step, 3) for i in range(first, last + 1)]
    return tuple(values)


MAGNITUDES = _grid()
"""All magnitudes, ascending."""

QUARTER_TURNS = {"pi": math.pi, "-pi": -math.pi, "pi/2": math.pi / 2, "-pi/2": -math.pi / 2}
_EXACT = 2e-4  # radians: records have four decimals


def rounded(value: float) -> float:
    """The nearest number that can be written; of two equally near, the smaller magnitude."""
    size = abs(value)
    place = bisect_left(MAGNITUDES, size)
    if place == len(MAGNITUDES):
        nearest = MAGNITUDES[-1]
    elif place and size - MAGNITUDES[place - 1] <= MAGNITUDES[place] - size:
        nearest = MAGNITUDES[place - 1]
    else:
        nearest = MAGNITUDES[place]
    return math.copysign(nearest, value) if nearest else 0.0


def number_text(value: float) -> str:
    """The nearest number as text, e.g. `-0.25`, `1.0`; always with a point, never `-0.0`."""
    return repr(rounded(value))


def angle_text(angle: float) -> str:
    """An angle (radians) as text: quarter turns by name, all others as `number_text`."""
    for text, value in QUARTER_TURNS.items():
        if abs(angle - value) < _EXACT:
            return text
    return number_text(angle)


NUMBER_TEXTS = tuple(number_text(v) for v in MAGNITUDES) + tuple(
    number_text(-v) for v in MAGNITUDES if v
)
"""Every text that `number_text` gives."""
