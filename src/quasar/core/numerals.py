"""Probabilities, ratios and predicted times as text: never a 0 or a 1 that is none.

Covers numbers of [0, 1] (or [0, 100]) in terminals, tables and messages, and seconds in sentences.
Energies and counts are formatted where they are shown.
"""

from __future__ import annotations

_NOISE = 1e-12  # what simulation cannot tell from 0 or 1


def share(value: float | None, decimals: int = 4, whole: float = 1.0) -> str:
    """A probability or ratio: `0.3712`, `3.8e-04`, `>0.9999`; a dash where there is none.

    Args:
        decimals: of numbers that are neither close to 0 nor to `whole`.
        whole: the number that stands for all: 1, or 100 for percentages.
    """
    if value is None:
        return "-"
    fixed = f"{value:.{decimals}f}"
    if 0 < abs(value) < 10.0**-decimals:
        return f"{value:.1e}" if abs(value) >= _NOISE * whole else f"<{_NOISE * whole:.0e}"
    if float(fixed) == whole and (whole - value) / whole > _NOISE:
        return f">{whole - 10.0**-decimals:.{decimals}f}"
    return fixed


def about_seconds(value: float) -> str:
    """A predicted time: whole seconds from 10 on, else two digits: `1,200 s`, `0.037 s`."""
    return f"{value:,.0f} s" if value >= 10.0 else f"{value:.2g} s"
