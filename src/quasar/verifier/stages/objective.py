"""Stage 3: how good is the energy, on the scale from the worst to the best basis state?"""

from __future__ import annotations

import math

from quasar.core.documented import Documented
from quasar.core.errors import InputError
from quasar.core.hamiltonian import Spectrum
from quasar.simulate.engine import top_is_optimal
from quasar.verifier.context import Context
from quasar.verifier.observable_facts import ObservableFacts
from quasar.verifier.stages.stage import Need, Skipped

MISSED = 0.01
"""Probability of seeing no optimum that `shots_to_optimum` allows."""
_MOST_SHOTS = 2**63 - 1  # the largest integer that every reader of a report can hold


class Objective(Documented):
    """Raw result of stage 3, for the Hamiltonian without its constant."""

    score: float
    """s3 = 1 - (E - E_min)/(E_max - E_min), which is the approximation ratio r."""
    energy: float
    """E_p = Σ_k p_k h_k, physical convention."""
    energy_bit_reversed: float | None = None
    """The same with the Hamiltonian's qubits in reversed order (the paper's tables); None for
    problems that ask for a ground state."""
    p_optimal: float | None = None
    """Probability of measuring an optimal state; None where no basis state is the answer."""
    shots_to_optimum: int | None = None
    """See the function of that name."""
    top_is_optimal: bool | None = None
    """Whether the most probable state is optimal (all of them, when tied); None likewise."""


class ObjectiveStage:
    """Needs the probabilities of all answers, for the reversed convention and the optimum."""

    name = "objective"
    needs: frozenset[Need] = frozenset({"answer"})

    def measure(self, context: Context) -> Objective | Skipped:
        """Energy and probability of the optimum; of quantum states the energy alone."""
        facts, p = context.facts, context.distribution
        if isinstance(facts, ObservableFacts):
            return self._of_state(context, facts)
        if context.outcome.probabilities is not None:
            sums = facts.energy_reader.read(p)
            return Objective.whole(
                {
                    "score": energy_ratio(sums.energy, facts.spectrum),
                    "energy": sums.energy,
                    "energy_bit_reversed": sums.reversed,
                    "p_optimal": sums.p_optimal,
                    "shots_to_optimum": shots_to_optimum(sums.p_optimal),
                    "top_is_optimal": sums.top_is_optimal,
                }
            )
        optimal = context.problem.optimality.optimal
        energy = context.outcome.expectation(context.problem.hamiltonian).value
        p_optimal = float(p[optimal].sum())
        return Objective.made(
            score=energy_ratio(energy, facts.spectrum),
            energy=energy,
            energy_bit_reversed=float(p @ facts.diagonal_reversed),
            p_optimal=p_optimal,
            shots_to_optimum=shots_to_optimum(p_optimal),
            top_is_optimal=top_is_optimal(p, optimal),
        )

    def _of_state(self, context: Context, facts: ObservableFacts) -> Objective | Skipped:
        try:
            energy = context.outcome.expectation(facts.problem.hamiltonian).value
        except InputError as error:
            return Skipped(str(error))
        # Outside the wanted sector energies may lie beyond its ends.
        return Objective.made(
            score=min(max(energy_ratio(energy, facts.spectrum), 0.0), 1.0), energy=energy
        )


def energy_ratio(energy: float, spectrum: Spectrum) -> float:
    """R = 1 - (E - E_min)/(E_max - E_min); 1 where all energies are equal."""
    if spectrum.width == 0.0:
        return 1.0
    return 1.0 - (energy - spectrum.e_min) / spectrum.width


def shots_to_optimum(p_optimal: float) -> int | None:
    """ceil(ln 0.01 / ln(1 - P)): shots after which an optimum was seen with probability 0.99.

    None where P is 0, or so small that 2**63 shots are too few.
    """
    if not p_optimal > 0.0:
        return None
    if p_optimal >= 1.0 - MISSED:
        return 1
    shots = math.log(MISSED) / math.log1p(-p_optimal)
    if shots > _MOST_SHOTS:
        return None
    return math.ceil(shots - 1e-9)  # rounding must not ask for one more: P = 0.9 takes 2
