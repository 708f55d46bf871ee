"""Better angles for a finished circuit; its gates stay as they are.

Every angle of a one-angle gate is freed on its own, and L-BFGS runs from the circuit's angles. A
circuit that writes one basis state, right or wrong, sits where the gradient of a diagonal energy
vanishes; so, until the energy is the lowest possible, each further start moves all angles of the
best point so far a little and draws some of them again.

Measured on circuits that write a wrong state (docs/generate.md): this finds the optimum more often,
in fewer evaluations, than small noise on all angles (stuck), entirely random starts, or coordinate
descent with the closed form of one angle. Does not cover dynamic programs and circuits without
angles.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Circuit
from quasar.circuits.emit import emit
from quasar.core.exact import BoolVector
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import PauliSum
from quasar.optimize.minimize import Minimum, cobyla, lbfgs
from quasar.optimize.trace import Budget, BudgetSpent, Trace
from quasar.optimize.vqe import wrap_angles
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector, StateEnergy, probabilities, top_is_optimal
from quasar.simulate.tail_energy import TailEnergy

Method = Literal["lbfgs", "cobyla"]
"""The local optimisers."""
REDRAWN = 0.3
"""Part of the angles drawn again for a further start (measured: 0.2 and 0.5 do worse)."""
NUDGE = 0.05
"""Standard deviation of the move of all other angles, radians: leaves a stationary point."""

_REACHED = 1e-3  # of the energy range: this near to the lowest energy nothing is left to gain
_OF_ACCURACY = 0.01  # of the accuracy that a ground state is asked for: the same
_LEAST_GAIN = 1e-6  # of the energy range: less is no gain
_MANY_DECIMALS = 12
_COBYLA_EVALUATIONS = 50  # for each angle, of one start
_COMMENT = "Angles polished by quasar; the gates are as they were written."


@dataclass(frozen=True, eq=False)
class Polish:
    """What polishing gave.

    Attributes:
        qasm: the circuit with better angles; None where nothing was gained.
        note: why not, a sentence; empty where something was gained.
        energy_before: E of the circuit as it was given, or its CVaR where that was asked for; nan
            where it has no angles to tune.
        energy: E of `qasm`, or as before.
        trace: all energies seen.
        elapsed_s: seconds spent.
        out_of_time: the time limit, or the user, cut it short.
    """

    qasm: str | None
    note: str
    energy_before: float = float("nan")
    energy: float = float("nan")
    trace: Trace = field(default_factory=Trace)
    elapsed_s: float = 0.0
    out_of_time: bool = False


@dataclass(frozen=True, eq=False)
class Levels:
    """What an energy is compared with.

    Attributes:
        width: from the lowest to the highest energy.
        floor: at this energy nothing is left to gain.
        optimal: basis states that are answers, shape [D]; None where quantum states are.
    """

    width: float
    floor: float
    optimal: BoolVector | None

    @classmethod
    def of_diagonal(cls, hamiltonian: IsingHamiltonian) -> Levels:
        """Those of a cost function."""
        spectrum = hamiltonian.spectrum
        width = spectrum.e_max - spectrum.e_min
        return cls(width, spectrum.e_min + _REACHED * width, hamiltonian.ground)

    @classmethod
    def of(cls, problem: EncodedProblem) -> Levels:
        """Those of a problem."""
        if not isinstance(problem, EncodedObservable):
            return cls.of_diagonal(problem.hamiltonian)
        ground = problem.ground
        floor = ground.energy + _OF_ACCURACY * problem.accuracy
        return cls(ground.highest - ground.energy, floor, None)


def free_angles(circuit: Circuit) -> tuple[Ansatz, FloatVector]:
    """The ansatz in which every one-angle gate has a parameter of its own.

    Returns:
        The ansatz and the parameters at which it equals the circuit, shape [P], radians.
    """
    places = [i for i, gate in enumerate(circuit.gates) if len(gate.params) == 1]
    slots = tuple(Slot(place, parameter) for parameter, place in enumerate(places))
    theta = np.array([circuit.gates[place].params[0] for place in places], dtype=np.float64)
    return Ansatz("written", circuit.n_qubits, circuit.gates, slots, len(slots)), theta


def polish(
    circuit: Circuit | None,
    hamiltonian: IsingHamiltonian | PauliSum,
    rng: np.random.Generator,
    *,
    budget: Budget | None = None,
    decimals: int = 4,
    method: Method = "lbfgs",
    levels: Levels | None = None,
    cvar: float | None = None,
    freedom: tuple[Ansatz, FloatVector] | None = None,
) -> Polish:
    """Lower the energy of a circuit by its angles alone.

    Args:
        circuit: on the Hamiltonian's qubits; None for a dynamic program, and for one whose qubits
            and answers are not one to one.
        budget: evaluations and seconds at most; default 600 evaluations.
        decimals: digits of the angles written; more are taken where rounding would cost the gain.
        method: `lbfgs` with gradients, or `cobyla`, which sees energies alone.
        levels: of the problem; default: those of a diagonal Hamiltonian.
        cvar: lower the mean of this fraction of the lowest energies (`simulate.tail_energy`), of a
            diagonal Hamiltonian; None: the mean of all.
        freedom: the circuit with the angles that may change, and their values; default: all may.

    Returns:
        A circuit of lower energy, or none and why; never one of higher energy.
    """
    if circuit is None:
        return Polish(
            None, "only a circuit with one qubit a variable can be tuned; this is none, or dynamic."
        )
    ansatz, given = freedom or free_angles(circuit)
    if not given.size:
        return Polish(None, "the circuit has no angles to tune.")
    budget, trace = budget or Budget(600), Trace()
    known = levels or Levels.of_diagonal(IsingHamiltonian.from_observable(hamiltonian))
    energy: StateEnergy = energy_of(ansatz, hamiltonian)
    if cvar is not None:
        # Where the fraction is optimal already, no angle changes it, whichever state is on top.
        known = replace(known, optimal=None)
        energy = TailEnergy(ansatz, IsingHamiltonian.from_observable(hamiltonian).diagonal, cvar)
    what = "energy" if cvar is None else f"CVaR {cvar:g}"
    search = _AngleSearch(energy, known, budget, trace, method)
    before = search.energy.value(given)
    found = search.run(given, rng)
    done = Polish(
        None,
        "",
        energy_before=before,
        energy=before,
        trace=trace,
        elapsed_s=budget.elapsed_s,
        out_of_time=budget.cut_short,
    )
    if search.reached(given):
        return replace(done, note=f"its {what} is the lowest possible already.")
    for digits in (decimals, _MANY_DECIMALS):
        # Rounded here and not by `emit`, which would round fixed angles of other gates too.
        theta = np.round(wrap_angles(ansatz, found), digits)
        reached = search.energy.value(theta)
        if reached < before - _LEAST_GAIN * search.width:
            return replace(done, qasm=emit(ansatz.bind(theta), comment=_COMMENT), energy=reached)
    return replace(done, note=f"no lower {what} found in {budget.used} evaluations.")


class _AngleSearch:
    """Starts and restarts of the local optimiser."""

    def __init__(
        self,
        energy: StateEnergy,
        levels: Levels,
        budget: Budget,
        trace: Trace,
        method: Method,
    ) -> None:
        self.energy = energy
        self.budget = budget
        self.trace = trace
        self.method = method
        self.width = levels.width
        self.floor = levels.floor
        self.ground = levels.optimal

    def run(self, given: FloatVector, rng: np.random.Generator) -> FloatVector:
        """The best angles found, shape [P]; `given` where the budget is empty.

        Those whose most probable state is optimal take precedence over others of lower energy,
        as long as they are better than what was given.
        """
        if self.reached(given):
            return given
        self.trace.begin("from the written angles")
        best = self._local(given)
        first = best.energy
        answer = best if self._top_is_optimal(best.theta) else None
        restarts = 0
        while not self.budget.spent and not (answer and answer.energy <= self.floor):
            restarts += 1
            self.trace.begin(f"restart {restarts}")
            start = best.theta + rng.normal(0.0, NUDGE, given.size)
            redrawn = rng.random(given.size) < REDRAWN
            redrawn[rng.integers(given.size)] = True
            start[redrawn] = rng.uniform(-np.pi, np.pi, int(redrawn.sum()))
            found = self._local(start)
            if found.energy < best.energy:
                best = found
            optimal = found.energy < first and self._top_is_optimal(found.theta)
            if optimal and (answer is None or found.energy < answer.energy):
                answer = found
        return (answer or best).theta

    def _local(self, start: FloatVector) -> Minimum:
        """Where the local optimiser gets to from some angles, shape [P]."""
        if self.method == "lbfgs":
            return lbfgs(self.energy, start, budget=self.budget, trace=self.trace)
        seen = Trace()

        def value(theta: npt.ArrayLike) -> float:
            self.budget.take()
            energy = self.energy.value(theta)
            self.trace.record(energy, theta)
            seen.record(energy, theta)
            return energy

        with suppress(BudgetSpent):
            cobyla(value, start, max_evaluations=_COBYLA_EVALUATIONS * start.size)
        if not seen.energies:
            return Minimum(start, np.inf, 0)
        return Minimum(seen.best_theta, seen.best_energy, len(seen.energies))

    def reached(self, theta: FloatVector) -> bool:
        """Whether nothing is left to gain."""
        return self.energy.value(theta) <= self.floor and self._top_is_optimal(theta)

    def _top_is_optimal(self, theta: FloatVector) -> bool:
        if self.ground is None:
            return True
        p = probabilities(self.energy.state(theta))
        return top_is_optimal(p, self.ground)
