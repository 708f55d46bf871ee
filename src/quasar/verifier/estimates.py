"""What is known of a circuit whose distribution is too large to be computed, and how it is known.

Energies are exact where the causal cones of the Hamiltonian's terms are narrow, else they are means
of samples. Probabilities come from samples, with their 95% intervals (Wilson). The optimum is that
of `quasar.optima`. Nothing here is a number without a word on how sure it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from quasar.circuits.statistics import Statistics
from quasar.core.bits import index_to_bitstring, index_to_ket
from quasar.core.documented import Documented
from quasar.core.energies import energies_of
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optima.result import BoundedOptimum
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import Counts

FloatVector = npt.NDArray[np.float64]

_CLOSE = 1e-6  # relative: objectives and energies that differ by less are the same number
_Z95 = 1.959963984540054  # quantile of the normal distribution
_FAR = 4.0  # standard errors between sampled and exact mean, from which on samples are doubted
_LISTED = 200  # values of a histogram


class Proportion(Documented):
    """A probability estimated from samples."""

    value: float
    """Share of the samples."""
    low: float
    """Lower end of the 95% interval (Wilson)."""
    high: float
    """Upper end of the 95% interval."""

    @classmethod
    def of(cls, hits: int, shots: int) -> Proportion:
        """Of `hits` among `shots` independent samples."""
        p, z2 = hits / shots, _Z95**2
        middle = (p + z2 / (2 * shots)) / (1 + z2 / shots)
        half = _Z95 / (1 + z2 / shots) * math.sqrt(p * (1 - p) / shots + z2 / (4 * shots**2))
        low, high = max(0.0, middle - half), min(1.0, middle + half)
        return cls(value=p, low=0.0 if not hits else low, high=1.0 if hits == shots else high)


class SampledState(Documented):
    """One measured answer and what it says about the problem."""

    bitstring: str
    """Variable order: character i is variable i, 1 = selected (a qubit measured as 0)."""
    ket: str
    """Raw measured bits, last qubit first, as Qiskit prints counts."""
    energy: float
    """Energy without the constant."""
    solution: Any = None
    """In the user's node and edge names; None when the variables are unknown."""
    feasible: bool | None = None
    """Whether the solution obeys every constraint."""
    objective: float | None = None
    """The user's own number for the solution."""


class Samples(Documented):
    """Measurements of the circuit, simulated."""

    engine: str
    """What drew them."""
    shots: int
    """How many."""
    seed: int
    """Of the draw."""
    bond: int | None
    """Bond dimension of the state that they were drawn from; None for a whole state."""
    fidelity: float
    """Estimate of the sampled state's overlap with the exact one, 0 to 1; no bound."""
    energy: float
    """Their mean energy, without the constant."""
    energy_error: float
    """Its standard error."""
    agrees: bool | None = None
    """Whether that mean is within four standard errors of the exact energy; None where that is not
    known. Where not, do not trust the samples' probabilities."""
    best: SampledState
    """The best valid answer among them; where none is valid, that of lowest energy."""
    p_feasible: Proportion | None = None
    """Probability of a valid solution; None where solutions cannot be decoded."""
    p_best_known: Proportion | None = None
    """Probability of an answer at least as good as the best solution known."""
    histogram: list[tuple[float, int]]
    """How often each objective was measured (each energy where objectives are unknown), in
    ascending order; beyond 200 values they are binned, with the bin's middle."""


class Estimates(Documented):
    """What is known of a circuit too large for its distribution."""

    energy: float
    """Mean energy without the constant, physical convention."""
    energy_error: float
    """Standard error; 0 where the energy is exact."""
    energy_known: Literal["exact", "statistical"]
    """How the energy is known."""
    energy_by: str
    """The engine that gave it."""
    note: str | None = None
    """Why the energy is not exact."""
    samples: Samples | None = None
    """None where no engine could draw them."""
    samples_note: str | None = None
    """Why there are none."""
    optimum: dict[str, Any] | None = None
    """The best solution known and its bound, with `status` (`proven`, `bounded`, `best_known`,
    `infeasible`, `unknown`) and `method`; see `quasar.optimum`."""
    optimum_note: str | None = None
    """Why there is none."""
    e_min: float | None = None
    """Lowest energy, where it follows from a proven optimum."""
    e_max: float | None = None
    """Highest energy, where it is proven."""
    ratio_low: float | None = None
    """The approximation ratio (E_max - E)/(E_max - E_min) is at least this: by proven bounds of
    both ends, and for the energy stated. Equal to `ratio_high` where both ends are proven."""
    ratio_high: float | None = None
    """It is at most this."""
    objective_mean: float | None = None
    """Mean objective of a measurement, where it follows from the energy."""
    statistics: Statistics | None = None
    """Size of the circuit as written."""


@dataclass(frozen=True, eq=False)
class MeasuredStates:
    """Distinct answers of a sample, shape [m] each.

    Attributes:
        indices: basis states.
        counts: how often each was measured.
        energies: theirs.
    """

    indices: list[int]
    counts: npt.NDArray[np.int64]
    energies: FloatVector

    @classmethod
    def of(cls, counts: Counts, hamiltonian: IsingHamiltonian) -> MeasuredStates:
        """With the energies of a Hamiltonian."""
        indices = list(counts)
        weights = np.array(list(counts.values()), dtype=np.int64)
        return cls(indices, weights, energies_of(indices, hamiltonian))

    @property
    def shots(self) -> int:
        """How many measurements that were."""
        return int(self.counts.sum())

    def mean(self) -> tuple[float, float]:
        """Mean energy and its standard error."""
        shots = self.shots
        mean = float(self.counts @ self.energies) / shots
        variance = float(self.counts @ (self.energies - mean) ** 2) / max(shots - 1, 1)
        return mean, math.sqrt(variance / shots)


def samples_of(
    measured: MeasuredStates,
    problem: EncodedProblem,
    optimum: BoundedOptimum | None,
    *,
    engine: str,
    seed: int,
    bond: int | None,
    fidelity: float,
    exact_energy: float | None,
) -> Samples:
    """What a sample says about a problem."""
    mean, error = measured.mean()
    agrees = None
    if exact_energy is not None:
        slack = _CLOSE * max(1.0, abs(exact_energy))
        agrees = abs(mean - exact_energy) <= _FAR * error + slack
    states = [
        read_sample(index, float(energy), problem)
        for index, energy in zip(measured.indices, measured.energies, strict=True)
    ]
    counts = measured.counts.tolist()
    decoded = all(state.objective is not None for state in states)
    best = min(states, key=lambda state: answer_key(state, problem))
    p_feasible = None
    if decoded:
        valid = sum(n for state, n in zip(states, counts, strict=True) if state.feasible)
        p_feasible = Proportion.of(valid, measured.shots)
    return Samples(
        engine=engine,
        shots=measured.shots,
        seed=seed,
        bond=bond,
        fidelity=fidelity,
        energy=mean,
        energy_error=error,
        agrees=agrees,
        best=best,
        p_feasible=p_feasible,
        p_best_known=_as_good(states, counts, problem, optimum),
        histogram=objective_histogram(states, counts, decoded),
    )


def read_sample(index: int, energy: float, problem: EncodedProblem) -> SampledState:
    """A basis state of any number of qubits in the user's terms."""
    decoded = problem.decode(index)
    return SampledState(
        bitstring=index_to_bitstring(index, problem.n_qubits),
        ket=index_to_ket(index, problem.n_qubits),
        energy=energy,
        solution=None if decoded is None else decoded.solution,
        feasible=None if decoded is None else decoded.feasible,
        objective=None if decoded is None else decoded.objective,
    )


def answer_key(state: SampledState, problem: EncodedProblem) -> tuple[float, ...]:
    """Sort key, smaller is better: valid solutions by objective first, all others by energy."""
    if state.feasible and state.objective is not None:
        return (0.0, _sign(problem) * state.objective)
    return (1.0, state.energy)


def _sign(problem: EncodedProblem) -> int:
    return -1 if problem.problem is not None and problem.problem.sense == "max" else 1


def _as_good(
    states: list[SampledState],
    counts: list[int],
    problem: EncodedProblem,
    optimum: BoundedOptimum | None,
) -> Proportion | None:
    if optimum is None or optimum.value is None:
        return None
    sign = _sign(problem)
    most = sign * optimum.value + _CLOSE * max(1.0, abs(optimum.value))
    hits = sum(
        n
        for state, n in zip(states, counts, strict=True)
        if state.feasible and state.objective is not None and sign * state.objective <= most
    )
    return Proportion.of(hits, sum(counts))


def objective_histogram(
    states: Sequence[SampledState], counts: Sequence[int], decoded: bool
) -> list[tuple[float, int]]:
    """How often each objective was measured (each energy unless `decoded`), ascending; binned where
    there are many.
    """
    found: Counter[float] = Counter()
    for state, n in zip(states, counts, strict=True):
        value = state.objective if decoded and state.objective is not None else state.energy
        found[round(value, 9) + 0.0] += n
    if len(found) <= _LISTED:
        return sorted(found.items())
    values = np.array(list(found))
    heights, edges = np.histogram(values, _LISTED // 4, weights=list(found.values()))
    middles = (edges[:-1] + edges[1:]) / 2
    return [(float(m), int(h)) for m, h in zip(middles, heights, strict=True) if h]
