"""Means with 95% bootstrap intervals over problems, and how rows show them.

A row holds a measurement as three keys, `NAME`, `NAME_low` and `NAME_high`; a printed table has one
column for the three.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from quasar.core.seeds import generator

Row = dict[str, Any]
RESAMPLES = 2000


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95% bootstrap interval; NaN where there are no values."""
    x = np.asarray(values, dtype=np.float64)
    if not x.size:
        return (math.nan,) * 3
    draws = generator(0, "nano").integers(x.size, size=(RESAMPLES, x.size))
    low, high = np.quantile(x[draws].mean(axis=1), [0.025, 0.975])
    return float(x.mean()), float(low), float(high)


def measured(name: str, values: Sequence[float]) -> Row:
    """Keys of one measurement; None where there are no values."""
    if not values:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    mean, low, high = interval(values)
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def median(values: Sequence[float | None]) -> float | None:
    """Median where None stands for infinity; None if it is infinite, or there are no values."""
    if not values:
        return None
    found = statistics.median_low([math.inf if v is None else v for v in values])
    return None if math.isinf(found) else found


def shown(row: Mapping[str, Any]) -> Row:
    """The row as it is printed: a mean and its interval in one cell, in few characters."""
    out: Row = {}
    for key, value in row.items():
        stem, _, end = key.rpartition("_")
        if end in ("low", "high") and stem in row:
            continue
        if f"{key}_low" in row and value is not None:
            out[key] = _cell(value, row[f"{key}_low"], row[f"{key}_high"])
        else:
            out[key] = round(value, 4) if isinstance(value, float) else value
    return out


def _cell(mean: float, low: float, high: float) -> str:
    if low == high:
        return f"{mean:.3f}"
    return f"{mean:.3f} [{low:.2f}, {high:.2f}]"
