"""What a run on a device says: the answers in the user's terms, and the counts beside predictions.

Probabilities come with 95% intervals (Wilson), the energy with its standard error.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PrivateAttr

from quasar.core.documented import Documented
from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.presented import Kept
from quasar.hardware.agreement import Agreement, agreement
from quasar.hardware.prepare import CompiledSize
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import Counts, FloatVector
from quasar.verifier.estimates import (
    MeasuredStates,
    Proportion,
    SampledState,
    answer_key,
    objective_histogram,
    read_sample,
)
from quasar.verifier.report import ProblemSummary

_LISTED = 12  # answers of a report


class MeasuredAnswer(SampledState):
    """An answer and how often it was measured."""

    count: int
    """Measurements."""
    optimal: bool | None = None
    """Whether it is optimal; None where the optimum is not known."""


class Prediction(Documented):
    """What a simulation says of the same circuit, and how the counts are to that."""

    kind: Literal["ideal", "noisy"]
    """`ideal`: of the circuit without noise; `noisy`: of the compiled circuit with the device's."""
    by: str
    """What simulated it."""
    energy: float
    """Mean energy without the constant."""
    p_optimal: float | None = None
    """Probability of an optimum."""
    p_feasible: float | None = None
    """Probability of a valid solution."""
    energy_deviation: float
    """Measured minus predicted energy, in standard errors of the measured one."""
    agreement: Agreement
    """Distances of the counts, and what chance does."""


class HardwareReport(Kept, Documented):
    """What came back from a device."""

    _problem: EncodedProblem | None = PrivateAttr(default=None)

    schema_version: int = 1
    """Raised when a key changes its meaning."""
    backend: str
    """Name of the backend."""
    simulated: bool
    """Whether it was simulated on this machine."""
    job_id: str | None
    """Id of the job."""
    shots: int
    """Measurements that came back."""
    problem: ProblemSummary
    """What the circuit is for."""
    compiled: CompiledSize
    """What was sent."""
    best: MeasuredAnswer
    """The best valid answer measured; where none is valid, that of lowest energy."""
    answers: list[MeasuredAnswer]
    """The most frequent answers, the most frequent first."""
    distinct: int
    """Different answers measured."""
    energy: float
    """Mean energy without the constant."""
    energy_error: float
    """Its standard error."""
    p_feasible: Proportion | None = None
    """Fraction of valid solutions; None where solutions cannot be decoded."""
    p_optimal: Proportion | None = None
    """Fraction of optimal answers; None where the optimum is not known."""
    top_is_optimal: bool | None = None
    """Whether the most frequent answer is optimal."""
    histogram: list[tuple[float, int]]
    """How often each objective was measured (each energy where objectives are unknown)."""
    predictions: list[Prediction] = Field(default_factory=list)
    """Simulations of the same circuit."""
    notes: list[str] = Field(default_factory=list)
    """Plain sentences on what is missing or worth knowing."""

    @property
    def judged_problem(self) -> EncodedProblem | None:
        """The problem, where the report knows it."""
        return self._problem

    def about(self, problem: EncodedProblem) -> HardwareReport:
        """This report, which from now on knows its problem."""
        self._problem = problem
        return self

    def prediction(self, kind: Literal["ideal", "noisy"]) -> Prediction | None:
        """The prediction of a kind; None where there is none."""
        return next((found for found in self.predictions if found.kind == kind), None)


def read_counts(
    counts: Counts,
    problem: EncodedProblem,
    compiled: CompiledSize,
    *,
    backend: str,
    simulated: bool,
    job_id: str | None,
) -> HardwareReport:
    """Counts of answers in the user's terms, without predictions.

    Args:
        counts: by index of the basis state: bit i is variable i, see `core.bits`.
    """
    measured = MeasuredStates.of(counts, problem.hamiltonian)
    mean, error = measured.mean()
    optimal = _optimal(problem)
    states = [
        MeasuredAnswer(
            **dict(read_sample(index, float(energy), problem)),
            count=int(count),
            optimal=None if optimal is None else bool(optimal[index]),
        )
        for index, energy, count in zip(
            measured.indices, measured.energies, measured.counts, strict=True
        )
    ]
    shots = measured.shots
    frequent = sorted(states, key=lambda state: (-state.count, state.ket))
    decoded = all(state.objective is not None for state in states)
    highest = frequent[0].count
    top = [state.optimal for state in frequent if state.count == highest]
    return HardwareReport(
        backend=backend,
        simulated=simulated,
        job_id=job_id,
        shots=shots,
        problem=ProblemSummary.of(problem),
        compiled=compiled,
        best=min(states, key=lambda state: (*answer_key(state, problem), -state.count)),
        answers=frequent[:_LISTED],
        distinct=len(states),
        energy=mean,
        energy_error=error,
        p_feasible=_share(states, shots, "feasible") if decoded else None,
        p_optimal=None if optimal is None else _share(states, shots, "optimal"),
        top_is_optimal=None if optimal is None else all(top),
        histogram=objective_histogram(states, [state.count for state in states], decoded),
    ).about(problem)


def compare(
    report: HardwareReport,
    counts: Counts,
    kind: Literal["ideal", "noisy"],
    by: str,
    distribution: FloatVector,
    *,
    seed: int = 0,
) -> Prediction:
    """A predicted distribution of the answers (shape [D]) beside the counts.

    Raises:
        ValueError: the report knows no problem.
    """
    problem = report.judged_problem
    if problem is None:
        raise ValueError("the report knows no problem")
    energy = float(distribution @ problem.hamiltonian.diagonal)
    optimality = problem.optimality
    feasible = optimality.feasible
    return Prediction(
        kind=kind,
        by=by,
        energy=energy,
        p_optimal=float(distribution[optimality.optimal].sum()),
        p_feasible=None if feasible is None else float(distribution[feasible].sum()),
        energy_deviation=(report.energy - energy) / max(report.energy_error, 1e-12),
        agreement=agreement(counts, distribution, seed=seed),
    )


def _share(states: list[MeasuredAnswer], shots: int, name: str) -> Proportion:
    return Proportion.of(sum(state.count for state in states if getattr(state, name)), shots)


def _optimal(problem: EncodedProblem) -> BoolVector | None:
    if problem.n_qubits > MAX_EXACT_QUBITS or problem.optimality.status == "infeasible":
        return None
    return problem.optimality.optimal
