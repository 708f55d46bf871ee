"""Scores of records, from raw measurements; pure functions, no files.

What is measured is in `verifier.metrics`. Per record with k candidates, the best candidate counts,
metric by metric. Scores are arrays of shape [R], one number a record, nan where the record does not
count; the value of a metric is the mean of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.metrics import record_metrics

K = TypeVar("K", bound=Hashable)

FloatVector = npt.NDArray[np.float64]
Scores = dict[str, FloatVector]
"""Score of every record by metric, each of shape [R]."""

CONFIDENCE = 0.95
_DRAWN_AT_ONCE = 1 << 22  # 32 MiB of bootstrap counts


_UNANSWERED = Measurement(parses=False, feasible=False)


def candidate_table(
    references: Sequence[Reference],
    candidates: Mapping[int, Sequence[Measurement]],
    *,
    small_only: bool = False,
) -> list[dict[str, FloatVector]]:
    """Scores of all candidates: for each record, metric to array of shape [k], k >= 1.

    Args:
        references: the R records.
        candidates: measurements by `sample_index`; a record without any counts as failed.
        small_only: those beyond 24 qubits without any do not count.
    """
    out = []
    for reference in references:
        rows = candidates.get(reference.sample_index) or [_UNANSWERED]
        if small_only and reference.is_large and rows[0] is _UNANSWERED:
            out.append({m.name: np.array([math.nan]) for m in record_metrics()})
            continue
        out.append(
            {m.name: np.array([m.of(row, reference) for row in rows]) for m in record_metrics()}
        )
    return out


def record_scores(table: Sequence[Mapping[str, FloatVector]]) -> Scores:
    """The best candidate of every record, metric by metric, shape [R]."""
    return {
        m.name: np.array([_best(row[m.name], lower=m.lower_is_better) for row in table])
        for m in record_metrics()
    }


def _best(values: FloatVector, *, lower: bool) -> float:
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return math.nan
    return float(defined.min() if lower else defined.max())


def record_scores_at(table: Sequence[Mapping[str, FloatVector]], k: int) -> Scores:
    """Expected best of k candidates drawn from those of a record, without replacement.

    Of metrics where lower is better only k = 1 is known, as the mean over a record's candidates
    that have one.
    """
    scores = {}
    for metric in record_metrics():
        columns = [row[metric.name] for row in table]
        if not metric.lower_is_better:
            scores[metric.name] = np.array([expected_best(column, k) for column in columns])
        elif k == 1:
            scores[metric.name] = np.array([mean(column) for column in columns])
    return scores


def expected_best(values: FloatVector, k: int) -> float:
    """E[max of k of the n values drawn without replacement]; k is cut at n.

    With values 0 and 1 this is the unbiased Pass@k of Chen et al. (arXiv 2107.03374, eq. 1).
    """
    n = values.size
    if np.isnan(values).any():
        return math.nan
    k = min(k, n)
    ordered = np.sort(values)  # the i-th smallest is the largest drawn in C(i, k-1) draws
    total = math.comb(n, k)
    return float(sum(v * (math.comb(i, k - 1) / total) for i, v in enumerate(ordered.tolist())))


def mean(values: FloatVector) -> float:
    """Mean of what is defined; nan where nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if defined.size else math.nan


def count(values: FloatVector) -> int:
    """Records that count."""
    return int((~np.isnan(values)).sum())


def bootstrap_intervals(
    columns: Mapping[K, FloatVector],
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
    confidence: float = CONFIDENCE,
) -> dict[K, tuple[float, float] | None]:
    """Percentile intervals of means over records (Efron 1979, Annals of Statistics 7, 1).

    Records are drawn with replacement; all columns share the draws, so that intervals of one call
    can be compared.

    Args:
        columns: scores of shape [R] each, nan where a record does not count.

    Returns:
        (low, high) of each column; None where no record counts.
    """
    if not columns:
        return {}
    values = np.stack(list(columns.values()), axis=1)
    defined = ~np.isnan(values)
    filled = np.where(defined, values, 0.0)
    n_records = len(values)
    if n_records == 0:
        return dict.fromkeys(columns)
    means = np.empty((resamples, values.shape[1]))
    block = max(1, _DRAWN_AT_ONCE // n_records)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        draws = rng.multinomial(n_records, np.full(n_records, 1.0 / n_records), size).astype(float)
        counts = draws @ defined.astype(float)
        with np.errstate(invalid="ignore"):  # a resample without any record that counts: nan
            means[start : start + size] = (draws @ filled) / counts
    tail = 50.0 * (1.0 - confidence)
    out: dict[K, tuple[float, float] | None] = {}
    for column, name in enumerate(columns):
        seen = means[~np.isnan(means[:, column]), column]
        bounds = np.percentile(seen, [tail, 100.0 - tail]) if defined[:, column].any() else None
        out[name] = None if bounds is None else (float(bounds[0]), float(bounds[1]))
    return out
