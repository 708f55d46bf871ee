"""QAOA circuits for problems of more qubits than are enumerated: designed, then judged.

Angles start from a table and are polished on exact energies, as deep as the causal cones allow;
other starts and objectives are options (`optimize.qaoa_options`). The verdict is that of
`verifier.large`. Language models write no circuits here: the packaged model has learnt problems of
up to 24 variables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from quasar.agent.candidate import Candidate
from quasar.agent.large_refine import more_designs, rounded
from quasar.circuits.emit import emit
from quasar.core.errors import InputError, ProblemError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.interrupt import Interrupt
from quasar.models.designer import (
    Design,
    DesignerSettings,
    check_qaoa_options,
    qaoa_options,
    subspace_mixer,
)
from quasar.optimize.minimize import Minimum
from quasar.optimize.qaoa_options import optimise_by_cones
from quasar.optimize.recursive_qaoa import covers, recursive_qaoa
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.cones.energy import ConeEnergy
from quasar.simulate.cones.expectation import TooWide
from quasar.verifier.estimates import SampledState, read_sample
from quasar.verifier.large import LargeVerifier
from quasar.verifier.settings import LargeSettings, VerifierSettings

NOT_FOR_MODELS = (
    "language models write nothing for ground states and beyond 24 qubits: this is the designer's."
)
_RECURSIVE_QUBITS = 1_000
"""Recursive QAOA removes one variable after the other: 500 take about ten seconds."""
_EVALUATIONS = 200
"""Energies computed at most, where no limit is asked for; fewer where they are expensive."""


def is_large(problem: EncodedProblem) -> bool:
    """Whether it is beyond the qubits of which everything is computed."""
    return not problem.is_exact


def is_designed(problem: EncodedProblem) -> bool:
    """Whether no language model writes for it, so that the designer does."""
    return is_large(problem) or isinstance(problem, EncodedObservable)


def large_candidates(
    problem: EncodedProblem,
    settings: DesignerSettings | None = None,
    judging: VerifierSettings | None = None,
    large: LargeSettings | None = None,
    *,
    numbers: Sequence[int] = (0,),
    seen: Callable[[Candidate], None] = lambda _: None,
    interrupt: Interrupt | None = None,
    verifier: LargeVerifier | None = None,
) -> list[Candidate]:
    """QAOA circuits of one or several depths, judged; lowest energy first.

    Args:
        numbers: of the attempts; those after 0 start from angles of their own.
        verifier: what judges them; default: one by the settings.

    Raises:
        InputError: another algorithm than QAOA, a template, or the depth asked for is too wide to
            compute.
        ProblemError: nothing to decide: the Hamiltonian has no terms.
    """
    settings = settings or DesignerSettings()
    _check(problem, settings)
    ending = interrupt or Interrupt()
    verifier = verifier or LargeVerifier(problem, judging, large, stop=lambda: ending.requested)
    found = []
    for trace, energy, minimum, elapsed, cut in _designs(problem, settings, ending):
        circuit = energy.bind(rounded(minimum.theta, settings.decimals).tolist())
        layers = minimum.theta.size // 2
        design = Design(
            qasm=emit(circuit),
            algorithm="qaoa",
            ansatz=energy.ansatz.name,
            layers=layers,
            theta=minimum.theta,
            energy=minimum.energy,
            trace=trace,
            max_evaluations=settings.max_evaluations,
            elapsed_s=elapsed,
            out_of_time=cut,
        )
        for made in more_designs(design, problem.hamiltonian, settings, numbers, ending):
            report = verifier.verify(made.qasm)
            found.append(Candidate(made.ansatz, "designer", made.qasm, report, design=made))
            seen(found[-1])
    return sorted(found, key=energy_key)


def recursive_answer(
    problem: EncodedProblem, interrupt: Interrupt | None = None
) -> SampledState | None:
    """The solution of recursive QAOA; None where it does not apply or the user ended it."""
    hamiltonian = problem.hamiltonian
    if not covers(hamiltonian) or hamiltonian.n_qubits > _RECURSIVE_QUBITS:
        return None
    ending = interrupt or Interrupt()
    try:
        found = recursive_qaoa(hamiltonian, stop=lambda: ending.requested)
    except InputError:  # so dense that not even one layer is computed
        return None
    return None if found is None else read_sample(found.state, found.energy, problem)


def _check(problem: EncodedProblem, settings: DesignerSettings) -> None:
    if settings.algorithm not in (None, "qaoa"):
        raise InputError(
            f"{settings.algorithm} is for problems of up to {MAX_EXACT_QUBITS} qubits, this one "
            f"has {problem.n_qubits}: leave --algorithm out, or use qaoa."
        )
    check_qaoa_options(settings)
    if subspace_mixer(settings):
        raise InputError(
            f"mixer {settings.mixer} is for problems of up to {MAX_EXACT_QUBITS} qubits, this one "
            f"has {problem.n_qubits}: leave the mixer out, or use a smaller problem."
        )
    if settings.template is not None:
        raise InputError("qaoa takes no template; templates are for vqe.")
    if settings.style != "converged":
        raise InputError(
            f"style {settings.style} is for problems of up to {MAX_EXACT_QUBITS} qubits, this one "
            f"has {problem.n_qubits}: leave --style out."
        )
    if not any(problem.hamiltonian.terms.values()):
        raise ProblemError("the Hamiltonian has no terms: every answer is optimal.")


_Designed = tuple[Trace, ConeEnergy, Minimum, float, bool]


def _designs(
    problem: EncodedProblem, settings: DesignerSettings, ending: Interrupt
) -> list[_Designed]:
    """The deepest circuit that is affordable; the one depth that is asked for."""
    hamiltonian, trace, begun = problem.hamiltonian, Trace(), time.monotonic()

    def stop() -> bool:
        return ending.requested

    budget = Budget(settings.max_evaluations or _EVALUATIONS, settings.max_seconds, stop=stop)
    layers, fewer = settings.layers, settings.layers is not None and not settings.max_evaluations
    try:
        energy, minimum = optimise_by_cones(
            hamiltonian, layers, qaoa_options(settings), budget, trace, fewer=fewer
        )
    except TooWide as wide:
        asked = "one layer" if layers is None else f"{layers} layers"
        raise InputError(f"qaoa with {asked}: {wide}") from wide
    return [(trace, energy, minimum, time.monotonic() - begun, budget.cut_short)]


def energy_key(candidate: Candidate) -> float:
    """Sort key: the energy, infinite where there is none."""
    energy = candidate.report.energy
    return float("inf") if energy is None else energy
