"""The stage of problems that ask for a ground state: how near the state is, and what it costs.

Energy and its error, fidelity with the ground space, variance, symmetries, and what measuring the
energy on a device takes. Runs with the objective stage; problems whose answers are bit strings do
not have it.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from quasar.circuits.statistics import Statistics
from quasar.core.documented import Documented
from quasar.core.ground_space import MAX_DEGENERACY
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.engine import ComplexVector
from quasar.verifier.context import Context
from quasar.verifier.observable_facts import ObservableFacts, group_variances
from quasar.verifier.stages.stage import Need, Skipped

_INSIDE = 0.999  # probability of the sector from which on energies compare
_MOST_SHOTS = 2**63 - 1


class SymmetryValue(Documented):
    """What a state has of a symmetry."""

    name: str
    """`particles`: number of electrons; `sz`: total spin along z."""
    value: float
    """Its mean."""
    spread: float
    """Its standard deviation; 0 where the state has one value."""
    conserved: bool
    """Whether it commutes with the observable."""
    wanted: float | None = None
    """Value of the sector whose ground state is asked for; None: any."""


class Ground(Documented):
    """Raw result of the stage. Energies are without the constant unless they say `total`."""

    unit: str
    """Of energies: `hartree`, or empty for the observable's own."""
    energy: float
    """Of the state."""
    energy_total: float
    """With the constant."""
    status: Literal["proven", "bounded"]
    """Whether the ground energy is known."""
    method: str
    """How it, or its bounds, are known: `dense` or `eigsh`; beyond, `windows` for the lower end."""
    low: float
    """The ground energy is at least this."""
    high: float
    """The ground energy is at most this."""
    ground_energy: float | None
    """Lowest energy, of the problem's sector; None where only bounds are known."""
    ground_energy_total: float | None
    """With the constant."""
    degeneracy: int | None = None
    """Number of independent ground states, 64 standing for that many or more; None likewise."""
    gap: float | None = None
    """From the ground energy to the next level."""
    energy_error: float | None
    """Energy less ground energy; None likewise."""
    relative_error: float | None
    """The error by the size of the total ground energy; None also where that is 0."""
    accuracy: float | None
    """Error at which the state counts as a solution: chemical accuracy for molecules, else a
    thousandth of the ground energy."""
    accurate: bool | None
    """Whether it does: the error is not larger, and the state is in the wanted sector."""
    chemical_accuracy: bool | None
    """The same for molecules (1.6 mHa); None for all else."""
    fidelity: float | None
    """Probability of the ground space in the state; None also where it has more than 63 states."""
    variance: float | None
    """<H²> - <H>², 0 for eigenstates; None where the state is not known."""
    symmetries: list[SymmetryValue]
    """Those that the problem names."""
    sector_probability: float | None = None
    """Probability of the wanted sector in the state; None where any state is wanted."""
    measurement_groups: int
    """Bases to measure in: sets of terms that commute qubit by qubit, found greedily."""
    precision: float | None
    """Standard error of the energy that `shots` is for; default: `accuracy`."""
    shots: int | None
    """Shots for it, all bases together, spent in proportion to each group's standard deviation."""
    statistics: Statistics | None = None
    """Size of a circuit whose state is not computed; of others it is in `quality`."""


class GroundStage:
    """Needs a state whose qubits are the problem's."""

    name = "ground"
    needs: frozenset[Need] = frozenset({"answer"})

    def measure(self, context: Context) -> Ground | Skipped:
        """See `measure_ground`; skipped where no state is known."""
        facts, outcome = context.facts, context.outcome
        if not isinstance(facts, ObservableFacts):
            return Skipped("the problem's answers are bit strings")
        objective = context.found.get("objective")
        if objective is None:
            return Skipped(context.skipped.get("objective", "the energy is not known"))
        rows = None
        if outcome.state is not None:
            rows = outcome.state.reshape(-1, 1 << facts.problem.n_qubits)
        energy: float = objective.energy  # type: ignore[attr-defined]
        return measure_ground(facts, energy, rows, context.settings.precision)


def measure_ground(
    facts: ObservableFacts, energy: float, rows: ComplexVector | None, precision: float | None
) -> Ground:
    """The stage's result.

    Args:
        energy: of the state.
        rows: its amplitudes, shape [E, D], see `group_variances`; None where they are not known.
        precision: wanted standard error of the energy; None: the accuracy of the problem.
    """
    problem, ground = facts.problem, facts.problem.ground
    constant = problem.hamiltonian.constant
    total = ground.energy + constant
    error = energy - ground.energy
    accuracy = problem.accuracy
    inside = None if rows is None else _sector_probability(problem, rows)
    accurate = abs(error) <= accuracy and (inside is None or inside >= _INSIDE)
    wanted = precision or accuracy or None
    fidelity = variance = shots = None
    if rows is not None:
        if ground.degeneracy < MAX_DEGENERACY:
            fidelity = min(sum(map(ground.fidelity, rows)), 1.0)
        applied = sum(float(np.vdot(v, v).real) for v in map(problem.hamiltonian.apply, rows))
        variance = max(applied - energy * energy, 0.0)
        if wanted is not None:
            spent = float(np.sqrt(group_variances(rows, facts.groups)).sum()) / wanted
            shots = max(math.ceil(spent**2), 1) if spent**2 < _MOST_SHOTS else None
    symmetries = [] if rows is None else symmetry_values(facts, rows)
    return Ground(
        unit=problem.problem.unit,
        energy=energy,
        energy_total=energy + constant,
        status="proven",
        method=ground.method,
        low=ground.energy,
        high=ground.energy,
        ground_energy=ground.energy,
        ground_energy_total=total,
        degeneracy=ground.degeneracy,
        gap=ground.gap,
        energy_error=error,
        relative_error=None if total == 0.0 else error / abs(total),
        accuracy=accuracy,
        accurate=accurate,
        chemical_accuracy=accurate if problem.problem.unit == "hartree" else None,
        fidelity=fidelity,
        variance=variance,
        symmetries=symmetries,
        sector_probability=inside,
        measurement_groups=len(facts.groups),
        precision=wanted,
        shots=shots,
    )


def symmetry_values(facts: ObservableFacts, rows: ComplexVector) -> list[SymmetryValue]:
    """The problem's symmetries in a state; they are diagonal."""
    p = (rows.real**2 + rows.imag**2).sum(axis=0)
    wanted = facts.problem.problem.sector()
    out = []
    for name, observable in facts.problem.problem.symmetries():
        values = IsingHamiltonian.from_observable(observable).diagonal + observable.constant
        mean = float(p @ values)
        spread = math.sqrt(max(float(p @ (values - mean) ** 2), 0.0))
        conserved = facts.conserved[name]
        found = SymmetryValue(
            name=name, value=mean, spread=spread, conserved=conserved, wanted=wanted.get(name)
        )
        out.append(found)
    return out


def _sector_probability(problem: EncodedObservable, rows: ComplexVector) -> float | None:
    """Probability of the wanted sector; None where any state is wanted."""
    states = problem.sector_states
    if states is None:
        return None
    inside = rows[:, states]
    return min(float((inside.real**2 + inside.imag**2).sum()), 1.0)


def ground_remarks(found: Ground, *, product_state: bool | None) -> list[str]:
    """Plain sentences on what is likely wrong, or worth knowing."""
    said = []
    inside = found.sector_probability
    if inside is not None and inside < _INSIDE:
        wanted = (f"{s.name} = {s.wanted:g}" for s in found.symmetries if s.wanted is not None)
        said.append(
            f"The state is in the sector {', '.join(wanted)} with probability {inside:.4g} only: "
            "its energy does not compare with that sector's ground energy."
        )
    if product_state:
        said.append("The final state is a product state: a mean-field answer without correlation.")
    if found.status == "bounded":
        said.append(
            "The ground energy is not computed beyond 20 qubits: only bounds are known, from below "
            "by the ground energies of overlapping parts, from above by the best energy known."
        )
    return said
