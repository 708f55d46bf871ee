"""The registry of metrics: what is said of circuits, and how it is averaged and written.

Every table, report, terminal, picture and training log iterates over `METRICS`, so a new metric is
one entry here. A metric is a number of one candidate (`of`); nan where nothing defines it. Those
over `records` then take the best of a record's candidates and average over records; those over
`usable` candidates average over them.

Likeness to the reference circuit (RE, HQCR, SREV) follows the published definitions (QUASAR, arXiv
2510.00967). A record without a reference counts in none of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quasar.core.numerals import share
from quasar.verifier.measurement import Measurement, Reference

HQCR_BITS = 0.1
SREV_ENERGY = 0.2

Kind = Literal["fraction", "ratio", "bits", "number", "count"]
"""How a value is written: as percent, in [0, 1] with three decimals, with two, one or none."""
Place = Literal[
    "results", "terminal", "differences", "overview", "by_type", "by_qubits", "circuits", "training"
]
"""Where a metric is shown: the report's main table, the terminal, differences between runs, the
pictures, the report's table of circuits, the logs of reinforcement learning."""

_PLACES: dict[str, tuple[Place, ...]] = {
    "records": ("results", "terminal", "differences", "overview"),
    "usable": ("circuits", "training"),
}
_DECIMALS: dict[Kind, int] = {"bits": 2, "number": 1}


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes:
        name: key in `table.json`, the same everywhere.
        title: heading of its column.
        kind: how its values are written.
        of: of one candidate, nan where it is not defined. The reference is None where nothing is
            known of the record, as in training.
        meaning: what it is, for the report.
        lower_is_better: which of a record's candidates is the best.
        over: `records`: the best candidate of each; `usable`: every usable candidate.
        average: over what counts; an infinite median is undefined.
        partial: over `records`: some do not count; their number is shown beside it.
        places: where it is shown; None: everywhere that fits.
        beyond: only of records beyond 24 qubits, and shown only where there are some.
        short: heading where there is little room; default `title`.
        label: name in pictures; default `title`.
    """

    name: str
    title: str
    kind: Kind
    of: Callable[[Measurement, Reference | None], float]
    meaning: str = ""
    lower_is_better: bool = False
    over: Literal["records", "usable"] = "records"
    average: Literal["mean", "median", "sum"] = "mean"
    partial: bool = False
    places: tuple[Place, ...] | None = None
    short: str = ""
    label: str = ""
    beyond: bool = False

    def is_shown(self, place: Place) -> bool:
        """Whether it is shown there."""
        return place in (_PLACES[self.over] if self.places is None else self.places)

    def summary(self, values: Iterable[float]) -> float | None:
        """The average of what is defined; None where nothing is."""
        defined = [value for value in values if not math.isnan(value)]
        if self.average == "sum":
            return round(sum(defined))
        if not defined:
            return None
        found = float(np.median(defined) if self.average == "median" else np.mean(defined))
        return found if math.isfinite(found) else None

    def text(self, value: float | None, *, brief: bool = False) -> str:
        """A value as it is written; a dash where there is none.

        Args:
            brief: percentages with one decimal, not two.
        """
        return written(value, self.kind, brief=brief)

    def change(self, value: float) -> str:
        """A difference of two values, with its sign; of fractions in percentage points."""
        if self.kind == "fraction":
            return f"{100 * value:+.1f}"
        if self.kind == "count":
            return f"{value:+g}"
        return f"{value:+.{3 if self.kind == 'ratio' else _DECIMALS[self.kind]}f}"


def written(value: float | None, kind: Kind, *, brief: bool = False) -> str:
    """A value of that kind; a dash where there is none. See `Metric.text`."""
    if value is None:
        return "-"
    if kind == "fraction":
        return percent(value, 1 if brief else 2)
    if kind == "ratio":
        return share(value, 3)
    return f"{value:g}" if kind == "count" else f"{value:.{_DECIMALS[kind]}f}"


def percent(value: float | None, decimals: int = 2) -> str:
    """A fraction as a percentage; a dash where it is not defined."""
    return "-" if value is None else f"{share(100 * value, decimals, whole=100.0)}%"


def _field(name: str) -> Callable[[Measurement, Reference | None], float]:
    """A field of the measurement, as a number."""

    def of(measured: Measurement, _: Reference | None) -> float:
        value = getattr(measured, name)
        return math.nan if value is None else float(value)

    return of


def _field_or_0(name: str) -> Callable[[Measurement, Reference | None], float]:
    """The same; 0 where the circuit is not usable. Not defined beyond exact enumeration."""

    def of(measured: Measurement, record: Reference | None) -> float:
        if measured.energy_known is not None or (record is not None and record.is_large):
            return math.nan
        return float(getattr(measured, name) or 0.0)

    return of


def _ratio(measured: Measurement, record: Reference | None) -> float:
    """0 where the circuit is not usable; not defined where the ends of the energies are not."""
    if record is not None and record.width is None:
        return math.nan
    if measured.energy_known is not None and measured.approximation_ratio is None:
        return math.nan
    return measured.approximation_ratio or 0.0


def _beyond(name: str) -> Callable[[Measurement, Reference | None], float]:
    """A field of records beyond exact enumeration; 0 where the circuit is not usable."""

    def of(measured: Measurement, record: Reference | None) -> float:
        if record is None or not record.is_large:
            return math.nan
        value = getattr(measured, name)
        if value is None:
            return math.nan if measured.feasible else 0.0
        return float(value)

    return of


def _relative_entropy(measured: Measurement, record: Reference | None) -> float:
    if record is None or record.circuit is None or measured.relative_entropy is None:
        return math.nan
    return measured.relative_entropy


def _hqcr(measured: Measurement, record: Reference | None) -> float:
    if record is None or record.circuit is None or record.is_large:
        return math.nan
    return float(_relative_entropy(measured, record) < HQCR_BITS)


def _srev(field: str) -> Callable[[Measurement, Reference | None], float]:
    """Whether an energy is within SREV_ENERGY of the reference circuit's."""

    def of(measured: Measurement, record: Reference | None) -> float:
        if record is None or record.circuit is None:
            return math.nan
        if record.is_large and (field != "energy" or _uncertain(measured, record.circuit)):
            return math.nan
        own, wanted = getattr(measured, field), getattr(record.circuit, field)
        return float(None not in (own, wanted) and abs(own - wanted) <= SREV_ENERGY)

    return of


def _uncertain(*measured: Measurement) -> bool:
    """Whether an energy is a mean of samples, which says too little for so small a difference."""
    return any(one.energy_known == "statistical" for one in measured)


def _qaoa_gap(measured: Measurement, record: Reference | None) -> float:
    if record is None or record.qaoa_energy is None or measured.energy is None:
        return math.nan
    if not record.width:
        return math.nan
    return (measured.energy - record.qaoa_energy) / record.width


def _feasible_ratio(measured: Measurement, _: Reference | None) -> float:
    """Of constrained problems only: elsewhere every state is valid, and it says nothing new."""
    if measured.p_feasible is None or measured.feasible_ratio is None:
        return math.nan
    return measured.feasible_ratio


def _shots(measured: Measurement, _: Reference | None) -> float:
    if measured.energy_known is not None:
        return math.nan
    return math.inf if measured.shots_to_optimum is None else measured.shots_to_optimum


def _never_optimal(measured: Measurement, _: Reference | None) -> float:
    known = measured.energy_known is None
    return float(measured.shots_to_optimum is None) if known else math.nan


_ALL: tuple[Place, ...] = (
    "results", "terminal", "differences", "overview", "by_type", "by_qubits"
)  # fmt: skip
_CIRCUITS: tuple[Place, ...] = ("circuits",)

METRICS: tuple[Metric, ...] = (
    Metric("SCR", "SCR", "fraction", _field("parses"), "parses.",
           places=("results", "terminal", "differences")),
    Metric("SREV", "SREV", "fraction", _srev("energy"),
           f"energy within {SREV_ENERGY} of the reference's, in the energy convention chosen."),
    Metric("RE", "RE", "bits", _relative_entropy,
           "relative entropy to the reference in bits, lowest candidate, mean over the records "
           "that have one.",
           lower_is_better=True, partial=True,
           places=("results", "terminal", "differences")),
    Metric("HQCR", "HQCR", "fraction", _hqcr, f"RE under {HQCR_BITS}.",
           places=("results", "terminal", "differences", "overview", "by_qubits")),
    Metric("approximation_ratio", "ratio", "ratio", _ratio,
           "(E_max - E)/(E_max - E_min), 1 at the optimum; 0 where no candidate is usable.",
           places=_ALL, label="approximation ratio"),
    Metric("p_optimal", "P(opt)", "ratio", _field_or_0("p_optimal"),
           "probability of measuring an optimum; 0 where no candidate is usable.", places=_ALL),
    Metric("top_is_optimal", "top optimal", "fraction", _field_or_0("top_is_optimal"),
           "the most probable state is an optimum.",
           places=("results", "terminal", "overview"),
           short="top opt.", label="most probable state optimal"),
    Metric("qaoa_gap", "QAOA gap", "ratio", _qaoa_gap,
           "distance to the best energy known for QAOA at the record's depth, as a fraction of the "
           "energy range, over the records that ask for QAOA. Negative: better than QAOA at that "
           "depth.",
           lower_is_better=True, partial=True, places=("results",)),
    Metric("ratio_low", "ratio at least", "ratio", _beyond("ratio_low"),
           "beyond 24 qubits, a proven lower bound of the ratio at the energy stated, where the "
           "optimum is proven or between bounds; 0 where no candidate is usable.",
           partial=True, places=("results",), beyond=True, short="ratio >="),
    Metric("p_best_known", "P(best)", "ratio", _beyond("p_best_known"),
           "beyond 24 qubits, probability of an answer as good as the best solution known, from "
           "samples; 0 where no candidate is usable. `candidates.jsonl` has its 95% interval.",
           partial=True, places=("results",), beyond=True),
    Metric("product_state", "product state", "fraction", _field("product_state"),
           "no qubit of the final state is entangled, so a classical computer could have written "
           "the answer, whatever gates surround it.", over="usable"),
    Metric("basis_state", "basis state", "fraction", _field("basis_state"),
           "one bit string has probability at least 1 - 1e-6.", over="usable"),
    Metric("dynamic", "dynamic", "fraction", _field("dynamic"),
           "measures, resets or branches on the way.", over="usable"),
    Metric("gates", "gates", "count", _field("gates"), "gates as written, median.",
           over="usable", average="median"),
    Metric("two_qubit_gates", "two-qubit gates", "count", _field("two_qubit_gates"),
           "gates on two or more qubits, median.", over="usable", average="median"),
    Metric("depth", "depth", "count", _field("depth"), "longest path, median.",
           over="usable", average="median"),
    Metric("effective_gates", "effective gates", "count", _field("effective_gates"),
           "without the gates that change nothing of the distribution.",
           over="usable", average="median"),
    Metric("effective_two_qubit_gates", "effective two-qubit gates", "count",
           _field("effective_two_qubit_gates"), "those on two or more qubits among them.",
           over="usable", average="median"),
    Metric("degrees_of_freedom", "degrees of freedom", "number", _field("degrees_of_freedom"),
           "number of different free angles, 2p for QAOA.", over="usable"),
    Metric("from_hamiltonian", "from the Hamiltonian", "fraction", _field("from_hamiltonian"),
           "structure and angles follow from the Hamiltonian (QAOA). Other circuits carry numbers "
           "of their own, which can write down an answer found classically.", over="usable"),
    Metric("shots_to_optimum", "shots to optimum", "count", _shots,
           "shots that show an optimum with probability 0.99, median.",
           lower_is_better=True, over="usable", average="median", places=_CIRCUITS),
    Metric("never_optimal", "never optimal", "count",
           _never_optimal,
           "candidates that never show an optimum; infinitely many shots in that median.",
           lower_is_better=True, over="usable", average="sum", places=_CIRCUITS),
    Metric("p_feasible", "P(valid)", "ratio", _field("p_feasible"),
           "probability of a solution that obeys every constraint, for constrained problems.",
           over="usable"),
    Metric("feasible_ratio", "ratio among valid", "ratio", _feasible_ratio,
           "(C_max - <C>)/(C_max - C_min) of the cost over valid solutions alone, given that one "
           "is measured: no penalty counts.", over="usable"),
    Metric("entanglement", "entanglement", "ratio", _field("entanglement"),
           "mean Meyer-Wallach measure of the final state.", over="usable"),
    Metric("SREV_physical", "SREV physical", "fraction", _srev("energy"),
           "SREV with the Hamiltonian as it is.", places=_CIRCUITS),
    Metric("SREV_bit_reversed", "SREV agent-q", "fraction", _srev("energy_bit_reversed"),
           "SREV with the Hamiltonian's qubits in reversed order, as in the paper's tables.",
           places=_CIRCUITS),
)  # fmt: skip
"""All metrics, in the order in which they are shown."""


def record_metrics(*, beyond: bool = True) -> list[Metric]:
    """Those of the best candidate of each record.

    Args:
        beyond: also those of records beyond 24 qubits.
    """
    return [m for m in METRICS if m.over == "records" and (beyond or not m.beyond)]


def candidate_metrics() -> list[Metric]:
    """Those of every usable candidate."""
    return [metric for metric in METRICS if metric.over == "usable"]


def shown(place: Place, *, beyond: bool = False) -> list[Metric]:
    """Those shown there, in order.

    Args:
        beyond: also those of records beyond 24 qubits.
    """
    return [m for m in METRICS if m.is_shown(place) and (beyond or not m.beyond)]
