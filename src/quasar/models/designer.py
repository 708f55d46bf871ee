"""The classical designer: picks an ansatz, optimises its angles, writes the circuit.

No language model: the baseline every model is held against, and the default for users until a
model is chosen. Algorithms: QAOA, VQE (templates of Sim et al.), adaptive VQE. Styles: `converged`
optimises as far as the budget goes (interpolated schedules, random restarts, all angles tuned again
after each gate); `agent-q` makes circuits like the benchmark's references, weak ones included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from pydantic import Field

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import ROTATIONS, Circuit
from quasar.circuits.emit import emit
from quasar.circuits.sim19 import sim
from quasar.circuits.subspace_qaoa import SubspaceMixer, SubspaceQaoa
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.optimize.adapt_vqe import optimise_adaptive
from quasar.optimize.qaoa import optimise_qaoa
from quasar.optimize.qaoa_options import AnyStart, QaoaOptions, optimise_exactly
from quasar.optimize.subspace_qaoa import optimise_subspace_qaoa
from quasar.optimize.trace import Budget, Trace, affordable_evaluations
from quasar.optimize.vqe import optimise_vqe, wrap_angles
from quasar.optimize.warm_state import WarmStart
from quasar.problems.kept import KeptConstraints
from quasar.prompts.chat import Style
from quasar.recipes.agent_q.make import AgentQSettings, make_agent_q
from quasar.recipes.spec import ALGORITHMS, Algorithm, sample_spec
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector

VQE_TEMPLATES = (10, 13, 15)
"""Templates tried: RY with CZ, RY with CRZ, RY with CX rings; the others add nothing here."""
_DEFAULT_QAOA_LAYERS = 5
_DEFAULT_EVALUATIONS = 600
_ADAPTIVE_GATES = 3  # a qubit, while the circuit grows and with the search for the next gate

Stop = Callable[[], bool]
"""Whether to end now."""
Mixer = Literal["x", "xy", "xy-complete", "grover"]
"""What mixes in QAOA; all but `x` keep constraints."""


class DesignerSettings(Settings):
    """What to design and how hard to try."""

    style: Style = "converged"
    """`converged`: as good as the budget allows; `agent-q`: like the benchmark's references."""
    algorithm: Algorithm | None = None
    """Algorithm; None tries all three, or in style `agent-q` draws one for each sample."""
    layers: int | None = Field(default=None, ge=1, le=20)
    """Layers p; None: up to 5 for QAOA, 1 for VQE, or in style `agent-q` drawn for each sample.
    Adaptive circuits have none."""
    every_depth: bool = False
    """Give QAOA of 1 to `layers` layers, each a design of its own, not the deepest alone: for a
    device, on which fewer layers may be better."""
    template: int | None = Field(default=None, ge=1, le=19)
    """Sim circuit of VQE; None: a few are tried, or in style `agent-q` one is drawn."""
    seed: int = Field(default=0, ge=0)
    """Root of all randomness."""
    max_evaluations: int | None = Field(default=None, ge=1)
    """Energy evaluations for each algorithm; None: 600, fewer on large circuits (see
    `affordable_evaluations`), or in style `agent-q` the recipe's own limits."""
    max_seconds: float | None = Field(default=None, gt=0)
    """Wall-clock seconds for each algorithm; None: no limit. Results that it cut short can differ
    between runs, and say so."""
    start: AnyStart | None = None
    """First angles of QAOA: `table`, `transfer`, `ramp` or `nano`, or for `labs` `fixed` ones,
    which are not optimised; None: a search, or beyond 24 qubits as
    `optimize.qaoa_large.default_starts` has it. See docs/large.md."""
    warm_start: WarmStart | None = None
    """First state of QAOA: from `relaxation` or `annealing`; None: the uniform superposition."""
    cvar: float | None = Field(default=None, gt=0, le=1)
    """QAOA lowers the mean of this fraction of the lowest energies; None: the mean of all."""
    mixer: Mixer | None = None
    """Mixer of QAOA: `x`, or one that keeps fixed sums of variables (one-hot blocks, budgets), `xy`
    on rings, `xy-complete` on all pairs, or `grover`; None: `x`. See docs/mixers.md."""
    restarts: int = Field(default=5, ge=1)
    """Random starts for each VQE template; the `agent-q` recipe has a number of its own."""
    decimals: int = Field(default=4, ge=1, le=15)
    """Digits of the angles written."""


@dataclass(frozen=True, eq=False)
class Design:
    """One finished circuit.

    Attributes:
        qasm: OpenQASM 3 text.
        algorithm: how it was made.
        ansatz: family and layers, e.g. `qaoa p=3`.
        layers: layers, None for adaptive circuits.
        theta: optimised parameters, shape [P], radians; before rounding in style `converged`.
        energy: energy reached; before rounding in style `converged`.
        trace: all energies seen on the way.
        max_evaluations: the budget; None: the recipe's own limits.
        elapsed_s: seconds spent.
        out_of_time: the time limit, or the user, cut the optimisation short.
        keeps: which constraints the mixer keeps (`describe` of these); empty where it is `x`.
        within: the circuit with those angles free that may change without leaving what the mixer
            keeps, and their values; None where all may.
    """

    qasm: str
    algorithm: Algorithm
    ansatz: str
    layers: int | None
    theta: FloatVector
    energy: float
    trace: Trace
    max_evaluations: int | None
    elapsed_s: float
    out_of_time: bool
    keeps: str = ""
    within: tuple[Ansatz, FloatVector] | None = field(default=None, repr=False)


def design(
    hamiltonian: IsingHamiltonian,
    settings: DesignerSettings | None = None,
    *,
    sample: int = 0,
    stop: Stop | None = None,
    kept: KeptConstraints | None = None,
) -> Iterator[Design]:
    """Yield the designs of each algorithm asked for; at least one each.

    Args:
        kept: what a mixer keeps of the problem, for one that does.
        sample: number of the sample; each has random starts of its own.
        stop: asked before every evaluation whether to end with the best so far; no further
            algorithm is begun then.

    Raises:
        InputError: layers asked for with adaptive VQE, a template without VQE, options of QAOA that
            do not go together, or a mixer that keeps constraints without `kept`.
        ProblemError: more qubits than can be simulated exactly.
    """
    settings = settings or DesignerSettings()
    if settings.algorithm == "adaptive_vqe" and settings.layers is not None:
        raise InputError("adaptive_vqe grows gate by gate and takes no --layers.")
    if settings.template is not None and settings.algorithm not in (None, "vqe"):
        raise InputError(f"{settings.algorithm} takes no template; templates are for vqe.")
    if not qaoa_options(settings).plain or settings.mixer is not None:
        check_qaoa_options(settings)
        settings = settings.model_copy(update={"algorithm": "qaoa"})
    if (mixer := subspace_mixer(settings)) is not None:
        if kept is None:
            raise InputError(
                f"mixer {mixer} keeps constraints, and a bare Hamiltonian states none: "
                "give the problem."
            )
        yield from _in_subspace(hamiltonian, kept, mixer, settings, stop)
        return
    if settings.style == "agent-q":
        yield _agent_q(hamiltonian, settings, sample, stop)
        return
    makers = {"qaoa": _qaoa, "vqe": _vqe, "adaptive_vqe": _adaptive}
    for algorithm in ALGORITHMS:
        if settings.algorithm not in (None, algorithm):
            continue
        for made in makers[algorithm](hamiltonian, settings, sample, stop):
            yield made
            if stop is not None and stop():
                return


def qaoa_options(settings: DesignerSettings) -> QaoaOptions:
    """What QAOA starts from and lowers."""
    from quasar.models.nano_angles import nano_angles

    return QaoaOptions(
        settings.start, settings.warm_start, settings.cvar, settings.seed, nano_angles
    )


def check_qaoa_options(settings: DesignerSettings) -> None:
    """Refuse starts, objectives and mixers of QAOA beside another algorithm or style.

    Raises:
        InputError: there are both, or a start together with a mixer that has its own.
    """
    if subspace_mixer(settings) and (settings.start or settings.warm_start):
        raise InputError(
            f"mixer {settings.mixer} has a start of its own: leave start and warm_start out, or "
            "take mixer x."
        )
    if settings.algorithm not in (None, "qaoa") or settings.style != "converged":
        other = settings.algorithm if settings.style == "converged" else f"style {settings.style}"
        raise InputError(
            "start, warm_start, cvar and mixer are for qaoa as good as can be, not for "
            f"{other}: leave them out, or ask for qaoa."
        )


def subspace_mixer(settings: DesignerSettings) -> SubspaceMixer | None:
    """The mixer that keeps constraints, where one is asked for."""
    return None if settings.mixer == "x" else settings.mixer


def without_idle_rotations(circuit: Circuit, decimals: int) -> Circuit:
    """The circuit less the rotations whose angle is written as zero."""
    kept = tuple(
        gate
        for gate in circuit.gates
        if gate.name not in ROTATIONS or round(gate.params[0], decimals) != 0.0
    )
    return replace(circuit, gates=kept)


def _budget(settings: DesignerSettings, n_qubits: int, gates: int, stop: Stop | None) -> Budget:
    most = settings.max_evaluations
    if most is None:
        most = affordable_evaluations(n_qubits, gates, _DEFAULT_EVALUATIONS)
    return Budget(most, settings.max_seconds, stop=stop)


def finish(
    ansatz: Ansatz,
    theta: FloatVector,
    energy: float,
    algorithm: Algorithm,
    layers: int | None,
    trace: Trace,
    budget: Budget,
    settings: DesignerSettings,
) -> Design:
    """The design as text: angles nearest zero, rounded, and no rotation by zero."""
    theta = wrap_angles(ansatz, theta)
    circuit = without_idle_rotations(ansatz.bind(theta), settings.decimals)
    return Design(
        qasm=emit(circuit, decimals=settings.decimals),
        algorithm=algorithm,
        ansatz=ansatz.name,
        layers=layers,
        theta=theta,
        energy=energy,
        trace=trace,
        max_evaluations=budget.max_evaluations,
        elapsed_s=budget.elapsed_s,
        out_of_time=budget.cut_short,
    )


def _qaoa(
    hamiltonian: IsingHamiltonian, settings: DesignerSettings, sample: int, stop: Stop | None
) -> Iterator[Design]:
    layers = settings.layers or _DEFAULT_QAOA_LAYERS
    n = hamiltonian.n_qubits
    # The price of the scan at one layer, whose cost is one pass and whose mixers are cheap.
    budget, trace = _budget(settings, n, 3 * (n + 1) // 4, stop), Trace()
    options = qaoa_options(settings)
    if not options.plain:
        budget.max_evaluations = settings.max_evaluations or affordable_evaluations(
            n, layers * (n + 1), _DEFAULT_EVALUATIONS
        )
        ansatz, found = optimise_exactly(hamiltonian, layers, options, budget, trace)
        yield finish(ansatz, found.theta, found.energy, "qaoa", layers, trace, budget, settings)
        return
    depths = optimise_qaoa(hamiltonian, layers, budget=budget, trace=trace)
    first = 1 if settings.every_depth else len(depths)
    for p, (energy, minimum) in enumerate(depths[first - 1 :], start=first):
        yield finish(
            energy.ansatz, minimum.theta, minimum.energy, "qaoa", p, trace, budget, settings
        )


def _in_subspace(
    hamiltonian: IsingHamiltonian,
    kept: KeptConstraints,
    mixer: SubspaceMixer,
    settings: DesignerSettings,
    stop: Stop | None,
) -> Iterator[Design]:
    """QAOA with a mixer that keeps constraints."""
    layers = settings.layers or _DEFAULT_QAOA_LAYERS
    n = hamiltonian.n_qubits
    inside = max(1, kept.subspace.size.bit_length() - 1)  # amplitudes as if of so many qubits
    budget, trace = _budget(settings, inside, layers * (n + 1), stop), Trace()
    depths = optimise_subspace_qaoa(
        hamiltonian, kept, mixer, layers, budget=budget, trace=trace, cvar=settings.cvar
    )
    first = 1 if settings.every_depth else len(depths)
    for p, (energy, found) in enumerate(depths[first - 1 :], start=first):
        ansatz = energy.ansatz
        assert isinstance(ansatz, SubspaceQaoa)
        made = finish(ansatz, found.theta, found.energy, "qaoa", p, trace, budget, settings)
        yield replace(made, keeps=kept.describe(), within=ansatz.freed(made.theta))


def _vqe(
    hamiltonian: IsingHamiltonian, settings: DesignerSettings, sample: int, stop: Stop | None
) -> Iterator[Design]:
    layers = settings.layers or 1
    spectrum = hamiltonian.spectrum
    target = spectrum.e_min + 1e-3 * (spectrum.e_max - spectrum.e_min)
    for template in VQE_TEMPLATES if settings.template is None else (settings.template,):
        energy = energy_of(sim(template, hamiltonian.n_qubits, layers), hamiltonian)
        gates = len(energy.ansatz.gates)
        budget, trace = _budget(settings, hamiltonian.n_qubits, gates, stop), Trace()
        rng = generator(settings.seed, "designer", "vqe", template, sample)
        minimum = optimise_vqe(
            energy,
            rng,
            restarts=settings.restarts,
            target=target,
            budget=budget,
            trace=trace,
            label=f"sim-{template}",
        )
        yield finish(
            energy.ansatz, minimum.theta, minimum.energy, "vqe", layers, trace, budget, settings
        )
        if minimum.energy <= target:
            break


def _adaptive(
    hamiltonian: IsingHamiltonian, settings: DesignerSettings, sample: int, stop: Stop | None
) -> Iterator[Design]:
    n = hamiltonian.n_qubits
    budget, trace = _budget(settings, n, _ADAPTIVE_GATES * n, stop), Trace()
    rng = generator(settings.seed, "designer", "adaptive", sample)
    ansatz, minimum = optimise_adaptive(hamiltonian, rng=rng, budget=budget, trace=trace)
    theta = np.asarray(minimum.theta)
    yield finish(ansatz, theta, minimum.energy, "adaptive_vqe", None, trace, budget, settings)


def _agent_q(
    hamiltonian: IsingHamiltonian, settings: DesignerSettings, sample: int, stop: Stop | None
) -> Design:
    """One circuit; what the settings leave open is drawn as in the published data."""
    # The problem names the stream too: a seed must not give all problems the same draw.
    rng = generator(settings.seed, "designer", "agent-q", hamiltonian.to_text(), sample)
    choice = sample_spec(
        rng, algorithm=settings.algorithm, layers=settings.layers, template=settings.template
    )
    budget, trace = Budget.unlimited(settings.max_seconds), Trace()
    budget.stop = stop
    if settings.max_evaluations is not None:
        budget.max_evaluations = settings.max_evaluations
    found = make_agent_q(
        hamiltonian,
        choice,
        rng,
        settings=AgentQSettings(decimals=settings.decimals),
        budget=budget,
        trace=trace,
    )
    return Design(
        qasm=emit(found.circuit, decimals=settings.decimals),
        algorithm=choice.algorithm,
        ansatz=found.ansatz,
        layers=None if choice.algorithm == "adaptive_vqe" else choice.layers,
        theta=found.theta,
        energy=found.energy,
        trace=trace,
        max_evaluations=settings.max_evaluations,
        elapsed_s=budget.elapsed_s,
        out_of_time=budget.cut_short,
    )
