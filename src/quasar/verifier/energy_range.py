"""Between which energies the states of a large problem are, and how each end is known.

The lowest energy follows from the optimum of `quasar.optima`, proven or between a solution and a
bound; the highest from that of the negated Hamiltonian. So the approximation ratio is a number
where both are proven, and an interval otherwise. Computed once for a problem, in one process, and
handed to those that judge its circuits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from quasar.core.energies import energies_of
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.optima.result import BoundedOptimum
from quasar.optima.solve import optimum
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.ising import Ising
from quasar.verifier.settings import LargeSettings

_CLOSE = 1e-6
_PROBED = 8  # sampled states that show how energy and objective are related
_QUICK_S = 2.0  # for the highest energy, where nothing is gained by a proof


@dataclass(frozen=True)
class End:
    """One end of the energies: it is between two numbers, without the constant.

    Attributes:
        proven: both are the same.
    """

    low: float
    high: float

    @property
    def proven(self) -> bool:
        """Whether it is known."""
        return self.high - self.low <= _CLOSE * max(1.0, abs(self.low))

    @property
    def value(self) -> float | None:
        """The energy, where it is known."""
        return self.high if self.proven else None


@dataclass(frozen=True)
class EnergyRange:
    """What is known of a problem's energies before any circuit is judged.

    Attributes:
        optimum: the best solution known; None where it was not looked for, or no solver is there.
        note: why there is none.
        lowest: the lowest energy; None where nothing was looked for.
        highest: the highest energy.
        sign: the objective of every state is so many times energy plus constant; None where it is
            not, as with penalties.
        constant: of the problem's own Hamiltonian; one that is given as text leaves it out.
    """

    optimum: BoundedOptimum | None = None
    note: str | None = None
    lowest: End | None = None
    highest: End | None = None
    sign: float | None = None
    constant: float = 0.0

    def ratio(self, energy: float) -> tuple[float, float] | None:
        """Least and greatest approximation ratio of an energy, each in [0, 1]; None where the ends
        are not known at all.

        (E_max - E)/(E_max - E_min) grows with both ends.
        """
        if self.lowest is None or self.highest is None:
            return None
        ends = ((self.highest.low, self.lowest.low), (self.highest.high, self.lowest.high))
        if any(top - bottom <= 0 for top, bottom in ends):
            return None
        low, high = ((top - energy) / (top - bottom) for top, bottom in ends)
        return max(0.0, min(low, 1.0)), max(0.0, min(high, 1.0))

    def to_json(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EnergyRange:
        """As it was stored."""
        given = dict(data)
        if given["optimum"] is not None:
            given["optimum"] = BoundedOptimum(**given["optimum"])
        for name in ("lowest", "highest"):
            given[name] = None if given[name] is None else End(**given[name])
        return cls(**given)


def find_energy_range(
    problem: EncodedProblem, settings: LargeSettings, stop: Callable[[], bool] | None = None
) -> EnergyRange:
    """Solve a problem, as far as the time allows, from both ends.

    Args:
        stop: asked now and then whether to end early.
    """
    h, source = problem.hamiltonian, problem.problem
    sense = -1.0 if source is not None and source.sense == "max" else 1.0
    constant = _constant(problem)
    one_scale = source is None or _one_scale(problem, sense, constant)
    sign = sense if one_scale else None
    if not settings.solve:
        return EnergyRange(sign=sign, constant=constant)
    search = _Search(settings, stop)
    best = search.solve(source or Ising(h))
    if best is None:
        return EnergyRange(note=search.note, sign=sign, constant=constant)
    span = sum(map(abs, h.terms.values()))
    bare = Ising(IsingHamiltonian(h.n_qubits, dict(h.terms)))
    negated = Ising(IsingHamiltonian(h.n_qubits, {t: -c for t, c in h.terms.items()}))
    if source is None or problem.encoding == "exact":
        lowest = _end(best, sense, -constant, span)
    else:  # the encoding has ground states of its own
        lowest = _end(search.solve(bare), 1.0, 0.0, span)
    worth = one_scale and lowest.proven
    top = _end(search.solve(negated, quick=not worth), 1.0, 0.0, span)
    return EnergyRange(best, search.note, lowest, End(-top.high, -top.low), sign, constant)


class _Search:
    def __init__(self, settings: LargeSettings, stop: Callable[[], bool] | None) -> None:
        self.settings = settings
        self.stop = stop
        self.note: str | None = None

    def solve(self, source: Problem, *, quick: bool = False) -> BoundedOptimum | None:
        """The optimum; None, and a note, where no solver can be had.

        Args:
            quick: by annealing, without a proof.
        """
        settings = self.settings
        try:
            return optimum(
                source,
                time_limit=min(settings.time_limit, _QUICK_S) if quick else settings.time_limit,
                method="annealing" if quick else "auto",
                seed=settings.seed,
                workers=settings.solver_threads,
                stop=self.stop,
            )
        except InputError as error:
            if not quick:
                self.note = str(error)
            return None


def _end(found: BoundedOptimum | None, sign: float, shift: float, span: float) -> End:
    """The lowest energy from an optimum: `sign` times it, plus `shift`. Energies have the mean 0
    over all states, and none is further from it than the sum of the coefficients' sizes.
    """
    low, high = -span, 0.0
    if found is not None and found.value is not None:
        high = min(high, sign * found.value + shift)
    if found is not None and found.bound is not None:
        low = max(low, sign * found.bound + shift)
    return End(min(low, high), high)


def _constant(problem: EncodedProblem) -> float:
    """Of the Hamiltonian, also where it came as a record's text, which leaves it out."""
    source = problem.problem
    if source is None or problem.encoding != "exact" or problem.hamiltonian.constant:
        return problem.hamiltonian.constant
    return encode(source, "exact", problem.variable_order, problem.penalty).hamiltonian.constant


def _one_scale(problem: EncodedProblem, sign: float, constant: float) -> bool:
    """Whether the objective of every state is plus or minus its energy with the constant: random
    states tell.
    """
    random = generator(0, "one scale")
    h = problem.hamiltonian
    indices = [int.from_bytes(random.bytes(h.n_qubits // 8 + 1), "little") for _ in range(_PROBED)]
    indices = [index % (1 << h.n_qubits) for index in indices]
    for index, energy in zip(indices, energies_of(indices, h), strict=True):
        decoded = problem.decode(index)
        if decoded is None or not decoded.feasible:
            return False
        value = sign * (float(energy) + constant)
        if abs(value - decoded.objective) > _CLOSE * max(1.0, abs(value)):
            return False
    return True
