"""Measurements to the table: one row a run, every number a plain JSON value.

Shares are fractions, not percent. A number is null where nothing defines it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from quasar.core.seeds import generator
from quasar.evaluation.inputs import REFERENCE_RUN, RESERVED
from quasar.evaluation.metrics import (
    METRICS,
    FloatVector,
    Scores,
    bootstrap_intervals,
    candidate_table,
    count,
    mean,
    record_scores,
    record_scores_at,
)
from quasar.evaluation.paired import differences
from quasar.evaluation.rows import Row
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.settings import EnergyConvention

Table = dict[str, Row]
"""Content of `table.json`: a row by run."""

SREV_OF: dict[EnergyConvention, str] = {
    "physical": "SREV_physical",
    "agent-q": "SREV_bit_reversed",
}
PASS_AT = (1, 2, 5, 10, 20, 50, 100)
"""Numbers of samples at which Pass@k is estimated, where a run has more."""
_INTERVALS = (METRICS[0], "SREV", *METRICS[1:])


@dataclass(frozen=True)
class Measured:
    """Everything a table is computed from.

    Attributes:
        references: the R records.
        runs: by run in order of display, by `sample_index`, the candidates in their order.
        extras: further columns by run, such as `warm_start`.
    """

    references: tuple[Reference, ...]
    runs: Mapping[str, Mapping[int, Sequence[Measurement]]]
    extras: Mapping[str, Row] = field(default_factory=dict)

    def with_reference_run(self) -> Measured:
        """The same with the reference circuits as a run of their own, ahead of the baselines."""
        own = {
            # KL(q‖q) = 0 whatever the rounding.
            r.sample_index: [replace(r.circuit, relative_entropy=0.0)]
            for r in self.references
            if r.circuit is not None
        }
        models = {name: rows for name, rows in self.runs.items() if not is_baseline(name)}
        trivial = {name: rows for name, rows in self.runs.items() if is_baseline(name)}
        if own:
            trivial = {REFERENCE_RUN: own} | trivial
        return replace(self, runs=models | trivial)

    def scores(self) -> dict[str, Scores]:
        """Score of every record by run and metric."""
        return {
            run: record_scores(candidate_table(self.references, rows))
            for run, rows in self.runs.items()
        }


def is_baseline(run: str) -> bool:
    """Whether a run is one of the project's own."""
    return run.startswith(RESERVED) or run == REFERENCE_RUN


def build_table(
    measured: Measured,
    *,
    energy_convention: EnergyConvention = "physical",
    seed: int = 0,
    resamples: int = 2000,
    against: str | None = None,
) -> Table:
    """The table of all runs.

    Args:
        energy_convention: which of the two the column `SREV` follows; both are always given too.
        seed: of the bootstrap.
        resamples: of the bootstrap, for the 95% intervals.
        against: a run whose difference to every other is added, record by record; None: none.

    Raises:
        InputError: `against` names no run.
    """
    chosen = SREV_OF[energy_convention]
    table: Table = {}
    columns: dict[tuple[str, str], FloatVector] = {}
    by_run: dict[str, Scores] = {}
    for run, rows in measured.runs.items():
        per_candidate = candidate_table(measured.references, rows)
        scores = record_scores(per_candidate)
        scores["SREV"] = scores[chosen]
        by_run[run] = scores
        columns |= {(run, name): scores[name] for name in _INTERVALS}
        flat = [m for candidates in rows.values() for m in candidates]
        most = max((len(candidates) for candidates in rows.values()), default=0)
        table[run] = {
            "samples": len(measured.references),
            "SCR": _number(mean(scores["SCR"])),
            "SREV": _number(mean(scores["SREV"])),
            "RE": _number(mean(scores["RE"])),
            "RE_samples": count(scores["RE"]),
            "HQCR": _number(mean(scores["HQCR"])),
            "approximation_ratio": _number(mean(scores["approximation_ratio"])),
            "p_optimal": _number(mean(scores["p_optimal"])),
            "top_is_optimal": _number(mean(scores["top_is_optimal"])),
            "energy_convention": energy_convention,
            "SREV_physical": _number(mean(scores["SREV_physical"])),
            "SREV_bit_reversed": _number(mean(scores["SREV_bit_reversed"])),
            "qaoa_gap": _number(mean(scores["qaoa_gap"])),
            "qaoa_gap_samples": count(scores["qaoa_gap"]),
            "no_solution": sum(r.n_ground_states == 0 for r in measured.references),
            "answered": len(rows),
            "candidates": len(flat),
            "candidates_per_record": most,
            **_of_candidates(flat),
            **measured.extras.get(run, {}),
            "pass_at": {
                str(k): _at(record_scores_at(per_candidate, k), chosen) for k in PASS_AT if k < most
            },
        }
    rng = generator(seed, "evaluation", "bootstrap")
    intervals = bootstrap_intervals(columns, rng, resamples=resamples)
    for (run, name), bounds in intervals.items():
        row = table[run].setdefault("intervals", {})
        row[name] = None if bounds is None else list(bounds)
    if against is not None:
        rng = generator(seed, "evaluation", "paired")
        found = differences(by_run, against, _INTERVALS, rng, resamples=resamples)
        for run, row in found.items():
            table[run]["difference"] = row
    return table


def _of_candidates(flat: Sequence[Measurement]) -> Row:
    """Columns over all candidates of a run: shares of the usable, medians of their size.

    A candidate that never shows an optimum counts as infinitely many shots; a median that falls on
    one is null.
    """
    usable = [m for m in flat if m.feasible]
    faults = Counter(m.fault for m in flat if m.fault is not None)
    return {
        "usable": len(usable),
        "product_state": _share(m.product_state for m in usable),
        "basis_state": _share(m.basis_state for m in usable),
        "dynamic": _share(m.dynamic for m in usable),
        "gates": _median(m.gates for m in usable),
        "two_qubit_gates": _median(m.two_qubit_gates for m in usable),
        "depth": _median(m.depth for m in usable),
        "effective_gates": _median(m.effective_gates for m in usable),
        "effective_two_qubit_gates": _median(m.effective_two_qubit_gates for m in usable),
        "degrees_of_freedom": _mean(m.degrees_of_freedom for m in usable),
        "from_hamiltonian": _share(m.from_hamiltonian for m in usable),
        "shots_to_optimum": _median_shots(usable),
        "never_optimal": sum(m.shots_to_optimum is None for m in usable),
        "p_feasible": _mean(m.p_feasible for m in usable),
        "feasible_ratio": _mean(m.feasible_ratio for m in usable if m.p_feasible is not None),
        "entanglement": _mean(m.entanglement for m in usable),
        "faults": dict(sorted(faults.items(), key=lambda item: (-item[1], item[0]))),
    }


def _at(scores: Scores, chosen: str) -> Row:
    values = {"SREV": scores[chosen], **scores}
    return {name: _number(mean(column)) for name, column in values.items()}


def _share(flags: Iterable[bool | None]) -> float | None:
    seen = [flag for flag in flags if flag is not None]
    return sum(seen) / len(seen) if seen else None


def _median(values: Iterable[int | None]) -> float | None:
    seen = [value for value in values if value is not None]
    return float(np.median(seen)) if seen else None


def _mean(values: Iterable[float | None]) -> float | None:
    return _number(mean(np.array([value for value in values if value is not None], dtype=float)))


def _median_shots(usable: Sequence[Measurement]) -> float | None:
    shots = [math.inf if m.shots_to_optimum is None else m.shots_to_optimum for m in usable]
    median = float(np.median(shots)) if shots else math.inf
    return median if math.isfinite(median) else None


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
