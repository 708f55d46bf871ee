"""More attempts and polished angles beyond exact enumeration, by exact energies of causal cones.

A further attempt moves the designer's angles and lets them settle again. Polishing frees every
angle of the best circuits, so that each gate has its own; the gates stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from quasar.agent.candidate import Candidate
from quasar.agent.polish import Polish, free_angles
from quasar.agent.refine import RefineSettings, Standing, Step
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.core.hamiltonian import FloatVector, IsingHamiltonian
from quasar.core.interrupt import Interrupt
from quasar.core.seeds import generator
from quasar.models.designer import Design, DesignerSettings
from quasar.optimize.minimize import lbfgs
from quasar.optimize.qaoa_large import affordable_evaluations
from quasar.optimize.trace import Budget, Trace
from quasar.simulate.cones.energy import ConeEnergy
from quasar.verifier.large import LargeVerifier

_EVALUATIONS = 200
"""Energies of one attempt or of all polishing, where no limit is asked for; fewer where they are
expensive."""
_MOVE = 0.3
"""Standard deviation of the relative move of the angles of a further attempt."""
_LEAST_GAIN = 1e-6  # of the sum of the coefficients' sizes: less is no gain
_COMMENT = "Angles polished by quasar; the gates are as they were written."


def rounded(theta: FloatVector, decimals: int) -> FloatVector:
    """Angles to `decimals` digits after the point, small ones to as many that are not zero.

    An angle of QAOA is multiplied by coefficients, which may be large: then it is itself tiny.
    """
    small = 10.0 ** (2 - decimals)
    return np.array(
        [float(f"{a:.{decimals}g}") if abs(a) < small else round(float(a), decimals) for a in theta]
    )


def more_designs(
    first: Design,
    hamiltonian: IsingHamiltonian,
    settings: DesignerSettings,
    numbers: Sequence[int],
    ending: Interrupt,
) -> Iterator[Design]:
    """Further attempts, each from angles of its own; number 0 is `first` itself.

    Raises:
        InputError: the first is no plain QAOA, whose angles are the only ones that are drawn again.
    """
    if any(numbers) and first.ansatz != f"qaoa p={first.layers}":
        raise InputError(
            f"several attempts are for QAOA with one angle pair a layer, not for {first.ansatz}: "
            "leave samples out."
        )
    energy = None
    for number in numbers:
        if number == 0 or first.layers is None:
            yield first
            continue
        if ending.requested:
            return
        energy = energy or ConeEnergy(qaoa(hamiltonian, first.layers), hamiltonian)
        rng = generator(settings.seed, "designer", "attempt", number)
        start = first.theta * (1.0 + _MOVE * rng.standard_normal(first.theta.size))
        most = settings.max_evaluations or affordable_evaluations(energy, _EVALUATIONS)
        budget = Budget(most, settings.max_seconds, stop=lambda: ending.requested)
        trace = Trace()
        trace.begin(f"{first.ansatz}, attempt {number + 1}")
        found = lbfgs(energy, start, budget=budget, trace=trace, gradient_tolerance=1e-4)
        theta = rounded(found.theta, settings.decimals)
        yield replace(
            first,
            qasm=emit(energy.bind(theta.tolist())),
            ansatz=f"{first.ansatz}, attempt {number + 1}",
            theta=found.theta,
            energy=found.energy,
            trace=trace,
            elapsed_s=budget.elapsed_s,
            out_of_time=budget.cut_short,
        )


def polish_large(
    candidates: Sequence[Candidate],
    verifier: LargeVerifier,
    settings: RefineSettings,
    ending: Interrupt,
) -> tuple[list[Candidate], list[Step], int]:
    """Polish the best few, each with an even part of the evaluations that are left.

    Args:
        candidates: best first.

    Returns:
        Those that became better, a step for each that was tried, and the evaluations allowed.
    """
    found: list[Candidate] = []
    steps: list[Step] = []
    distinct = {candidate.qasm: candidate for candidate in reversed(candidates)}
    best = [c for c in list(distinct.values())[::-1] if c.report.energy is not None]
    best = best[: settings.polished]
    total, used = settings.max_evaluations or _EVALUATIONS, 0
    for number, candidate in enumerate(best):
        if ending.requested:
            break
        seconds = None if settings.max_seconds is None else settings.max_seconds / len(best)
        budget = Budget(
            (total - used) // (len(best) - number), seconds, stop=lambda: ending.requested
        )
        done = _polish(candidate.qasm, verifier, budget, settings)
        used += len(done.trace.energies)
        after = candidate
        if done.qasm is not None:
            after = Candidate(
                name=f"{candidate.name}, polished",
                origin="polished",
                qasm=done.qasm,
                report=verifier.verify(done.qasm),
                design=candidate.design,
                polish=done,
                written=candidate.qasm,
            )
            found.append(after)
        steps.append(
            Step(
                kind="polished",
                candidate=after.name,
                before=Standing.of(candidate.report),
                after=Standing.of(after.report),
                evaluations=len(done.trace.energies),
                elapsed_s=done.elapsed_s,
                note=done.note,
                out_of_time=done.out_of_time,
            )
        )
    return found, steps, total


def _polish(text: str, verifier: LargeVerifier, budget: Budget, settings: RefineSettings) -> Polish:
    circuit, hamiltonian = parse(text).circuit, verifier.problem.hamiltonian
    if circuit is None:
        return Polish(None, "a dynamic program has no fixed angles to tune.")
    ansatz, given = free_angles(circuit)
    if not given.size:
        return Polish(None, "the circuit has no angles to tune.")
    trace = Trace()
    trace.begin("from the written angles")
    try:
        energy = ConeEnergy(ansatz, hamiltonian, max_width=verifier.large.max_width)
    except InputError as error:
        return Polish(None, f"its exact energy cannot be computed: {error}")
    if settings.max_evaluations is None:
        budget.max_evaluations = affordable_evaluations(energy, budget.max_evaluations)
    before = energy.value(given)
    found = lbfgs(energy, given, budget=budget, trace=trace, gradient_tolerance=1e-4)
    theta = rounded(found.theta, settings.decimals)
    after = energy.value(theta)
    done = Polish(
        None,
        "",
        energy_before=before,
        energy=before,
        trace=trace,
        elapsed_s=budget.elapsed_s,
        out_of_time=budget.cut_short,
    )
    if after >= before - _LEAST_GAIN * sum(map(abs, hamiltonian.terms.values())):
        return replace(done, note=f"no lower energy found in {budget.used} evaluations.")
    return replace(done, qasm=emit(ansatz.bind(theta), comment=_COMMENT), energy=after)
