"""Metrics of a run, from raw measurements (SPEC: metrics); pure functions, no files.

Per record with k candidates, a record counts when any candidate does:

* SCR: share of records with a candidate that parses.
* RE: relative entropy KL(p‖q) in bits, the lowest of a record's candidates; mean over the records
  that have one.
* HQCR: share of records with RE < 0.1.
* SREV: share of records with |E_p - E_q| <= 0.2, in either energy convention.
* approximation_ratio, p_optimal, top_is_optimal: the best candidate's, 0 where none is usable.
* qaoa_gap: (E_p - E_QAOA)/(E_max - E_min) of the best candidate, E_QAOA the lowest energy known for
  QAOA at the record's depth; over records that ask for QAOA and have a usable candidate.

Records without a reference circuit count in none of RE, HQCR and SREV. Scores are arrays of shape
[R], one number a record, nan where the record does not count; every metric is the mean of the rest.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from quasar.verifier.measurement import Measurement, Reference

K = TypeVar("K", bound=Hashable)

FloatVector = npt.NDArray[np.float64]
Scores = dict[str, FloatVector]
"""Score of every record by metric, each of shape [R]."""

HQCR_BITS = 0.1
SREV_ENERGY = 0.2
CONFIDENCE = 0.95
_DRAWN_AT_ONCE = 1 << 22  # 32 MiB of bootstrap counts

METRICS = (
    "SCR",
    "SREV_physical",
    "SREV_bit_reversed",
    "RE",
    "HQCR",
    "approximation_ratio",
    "p_optimal",
    "top_is_optimal",
    "qaoa_gap",
)
LOWER_IS_BETTER = frozenset({"RE", "qaoa_gap"})
UNBIASED = (
    "SCR",
    "SREV_physical",
    "SREV_bit_reversed",
    "HQCR",
    "approximation_ratio",
    "p_optimal",
    "top_is_optimal",
)
"""Metrics whose value at fewer samples is estimated without bias by `expected_best`."""


def candidate_scores(measured: Measurement, reference: Reference) -> dict[str, float]:
    """What one candidate scores by itself, nan where it is not defined."""
    known = reference.circuit
    entropy = math.nan if measured.relative_entropy is None else measured.relative_entropy
    return {
        "SCR": float(measured.parses),
        "SREV_physical": _alike(measured.energy, known, "energy"),
        "SREV_bit_reversed": _alike(measured.energy_bit_reversed, known, "energy_bit_reversed"),
        "RE": entropy if known is not None else math.nan,
        "HQCR": math.nan if known is None else float(entropy < HQCR_BITS),
        "approximation_ratio": measured.approximation_ratio or 0.0,
        "p_optimal": measured.p_optimal or 0.0,
        "top_is_optimal": float(bool(measured.top_is_optimal)),
        "qaoa_gap": _qaoa_gap(measured, reference),
    }


def _alike(energy: float | None, known: Measurement | None, field: str) -> float:
    """Whether the energy is within SREV_ENERGY of the reference's; nan without a reference."""
    if known is None:
        return math.nan
    target: float | None = getattr(known, field)
    if energy is None or target is None:
        return 0.0
    return float(abs(energy - target) <= SREV_ENERGY)


def _qaoa_gap(measured: Measurement, reference: Reference) -> float:
    if reference.qaoa_energy is None or measured.energy is None or reference.width <= 0:
        return math.nan
    return (measured.energy - reference.qaoa_energy) / reference.width


def unanswered_scores(reference: Reference) -> dict[str, float]:
    """What a record without any candidate scores: a failure in everything that is a share."""
    return candidate_scores(Measurement(parses=False, feasible=False), reference)


def candidate_table(
    references: Sequence[Reference], candidates: Mapping[int, Sequence[Measurement]]
) -> list[dict[str, FloatVector]]:
    """Scores of all candidates: for each record, metric to array of shape [k], k >= 1.

    Args:
        references: the R records.
        candidates: measurements by `sample_index`; a record without any counts as failed.
    """
    out = []
    for reference in references:
        rows = [candidate_scores(m, reference) for m in candidates.get(reference.sample_index, ())]
        rows = rows or [unanswered_scores(reference)]
        out.append({name: np.array([row[name] for row in rows]) for name in METRICS})
    return out


def record_scores(table: Sequence[Mapping[str, FloatVector]]) -> Scores:
    """The best candidate of every record, metric by metric, shape [R]."""
    return {
        name: np.array([_best(row[name], lower=name in LOWER_IS_BETTER) for row in table])
        for name in METRICS
    }


def _best(values: FloatVector, *, lower: bool) -> float:
    defined = values[~np.isnan(values)]
    if defined.size == 0:
        return math.nan
    return float(defined.min() if lower else defined.max())


def record_scores_at(table: Sequence[Mapping[str, FloatVector]], k: int) -> Scores:
    """Expected best of k candidates drawn from those of a record, without replacement.

    For k = 1 also RE, as the mean over a record's candidates that have one.
    """
    scores = {name: np.array([expected_best(row[name], k) for row in table]) for name in UNBIASED}
    if k == 1:
        scores["RE"] = np.array([mean(row["RE"]) for row in table])
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
