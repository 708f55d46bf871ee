"""Measurements to the table: one row a run, every number a plain JSON value.

Fractions are in [0, 1], not percent. A number is null where nothing defines it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from quasar.core.seeds import generator
from quasar.evaluation.inputs import REFERENCE_RUN, RESERVED, SMALL_ONLY
from quasar.evaluation.paired import differences
from quasar.evaluation.rows import Row
from quasar.evaluation.scores import (
    FloatVector,
    Scores,
    bootstrap_intervals,
    candidate_table,
    count,
    record_scores,
    record_scores_at,
)
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.metrics import Metric, candidate_metrics, record_metrics
from quasar.verifier.settings import EnergyConvention

Table = dict[str, Row]
"""Content of `table.json`: a row by run."""

SREV_OF: dict[EnergyConvention, str] = {
    "physical": "SREV_physical",
    "agent-q": "SREV_bit_reversed",
}
PASS_AT = (1, 2, 5, 10, 20, 50, 100)
"""Numbers of samples at which Pass@k is estimated, where a run has more."""


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
            # KL(q‖q) is 0; rounding may say otherwise.
            r.sample_index: [replace(r.circuit, relative_entropy=0.0)]
            for r in self.references
            if r.circuit is not None
        }
        models = {name: rows for name, rows in self.runs.items() if not is_baseline(name)}
        trivial = {name: rows for name, rows in self.runs.items() if is_baseline(name)}
        if own:
            trivial = {REFERENCE_RUN: own} | trivial
        return replace(self, runs=models | trivial)

    @cached_property
    def candidate_scores(self) -> dict[str, list[Scores]]:
        """Scores of all candidates by run: for each record, metric to array of shape [k]."""
        return {
            run: candidate_table(self.references, rows, small_only=run in SMALL_ONLY)
            for run, rows in self.runs.items()
        }

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """Score of every record by run and metric, `SREV` in the physical convention."""
        return {run: record_scores(table) for run, table in self.candidate_scores.items()}


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
    beyond = any(r.is_large for r in measured.references)
    metrics = record_metrics(beyond=beyond)
    table: Table = {}
    columns: dict[tuple[str, str], FloatVector] = {}
    by_run: dict[str, Scores] = {}
    for run, rows in measured.runs.items():
        scores = measured.scores[run]
        by_run[run] = scores = {**scores, "SREV": scores[chosen]}
        columns |= {(run, metric.name): scores[metric.name] for metric in metrics}
        flat = [m for candidates in rows.values() for m in candidates]
        most = max((len(candidates) for candidates in rows.values()), default=0)
        table[run] = {
            "samples": len(measured.references),
            "energy_convention": energy_convention,
            **_of_records(scores, metrics, every=beyond),
            "no_solution": sum(r.n_ground_states == 0 for r in measured.references),
            "answered": len(rows),
            "candidates": len(flat),
            "candidates_per_record": most,
            **_of_candidates(flat),
            **_beyond(measured.references, flat),
            **measured.extras.get(run, {}),
            "pass_at": {
                str(k): _at(record_scores_at(measured.candidate_scores[run], k), metrics, chosen)
                for k in PASS_AT
                if k < most
            },
        }
    rng = generator(seed, "evaluation", "bootstrap")
    intervals = bootstrap_intervals(columns, rng, resamples=resamples)
    for (run, name), bounds in intervals.items():
        row = table[run].setdefault("intervals", {})
        row[name] = None if bounds is None else list(bounds)
    if against is not None:
        rng = generator(seed, "evaluation", "paired")
        names = [metric.name for metric in metrics]
        found = differences(by_run, against, names, rng, resamples=resamples)
        for run, row in found.items():
            table[run]["difference"] = row
    return table


def _beyond(references: Sequence[Reference], flat: Sequence[Measurement]) -> Row:
    """How the numbers of records beyond 24 qubits are known; nothing where there are none."""
    large = [r.known for r in references if r.known is not None]
    if not large:
        return {}
    usable = [m for m in flat if m.energy_known is not None]
    states = Counter((known["optimum"] or {"status": "unknown"})["status"] for known in large)
    return {
        "beyond_24": {
            "records": len(large),
            "optima": dict(sorted(states.items())),
            "energies": dict(sorted(Counter(m.energy_known for m in usable).items())),
            "sampled": sum(m.p_best_known is not None for m in usable),
        }
    }


def _of_records(scores: Scores, metrics: Sequence[Metric], *, every: bool) -> Row:
    """Means over records, and how many records count where that may be fewer than all.

    Args:
        every: that may be so of every metric.
    """
    row: Row = {}
    for metric in metrics:
        row[metric.name] = metric.summary(scores[metric.name])
        if metric.partial or every:
            row[f"{metric.name}_samples"] = count(scores[metric.name])
    return row


def _of_candidates(flat: Sequence[Measurement]) -> Row:
    """Columns over the usable candidates of a run, and the faults of the others.

    A candidate that never shows an optimum counts as infinitely many shots; a median that falls on
    one is null.
    """
    usable = [m for m in flat if m.feasible]
    faults = Counter(m.fault for m in flat if m.fault is not None)
    return {
        "usable": len(usable),
        **{m.name: m.summary(m.of(one, None) for one in usable) for m in candidate_metrics()},
        "faults": dict(sorted(faults.items(), key=lambda item: (-item[1], item[0]))),
    }


def _at(scores: Scores, metrics: Sequence[Metric], chosen: str) -> Row:
    values = {**scores, "SREV": scores[chosen]}
    return {
        metric.name: metric.summary(values[metric.name])
        for metric in metrics
        if metric.name in values
    }
