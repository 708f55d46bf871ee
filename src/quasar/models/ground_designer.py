"""The classical designer for ground states: which ansatz, from which start, tuned how far.

The algorithms have the names that they have for cost functions: `qaoa` is the Hamiltonian-
variational ansatz, layer by layer; `vqe` the hardware-efficient ansatz and, where there are
electrons, UCCSD; `adaptive_vqe` is ADAPT-VQE with the fermionic and the qubit pool, or with strings
on pairs of spins. Each ends as soon as the energy is within the problem's accuracy,
and without an algorithm asked for the search ends with the first family that gets there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import networkx as nx
import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Gate
from quasar.circuits.excitations import (
    Generator,
    generalised_excitations,
    occupied_start,
    qubit_pool,
    two_local_pool,
    uccsd,
)
from quasar.circuits.hamiltonian_variational import (
    commuting_groups,
    hamiltonian_variational,
    hardware_efficient,
    product_start,
    singlets,
)
from quasar.core.errors import InputError
from quasar.core.ground_space import MAX_LANCZOS_QUBITS
from quasar.core.local_bounds import product_state
from quasar.core.observable import PauliSum
from quasar.core.pauli_algebra import ComplexTerms, times
from quasar.core.seeds import generator
from quasar.models.designer import (
    Design,
    DesignerSettings,
    Stop,
    design,
    finish,
    subspace_mixer,
)
from quasar.optimize.adapt_observable import grow
from quasar.optimize.minimize import Minimum, lbfgs
from quasar.optimize.trace import Budget, Trace
from quasar.problems.base import EncodedProblem
from quasar.problems.kept import kept_constraints
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.quantum.spin_models import (
    Heisenberg,
    LatticeModel,
    TransverseFieldIsing,
    Xxz,
)
from quasar.recipes.spec import Algorithm
from quasar.simulate.energy import energy_of
from quasar.simulate.engine import FloatVector

_EVALUATIONS = 4000  # for each ansatz family, where no limit is asked for
_MOST_LAYERS = {"qaoa": 10, "vqe": 5}
_MOST_ROTATIONS = 80
_LEAST_GAIN = 1e-3  # of the accuracy: the optimiser ends with steps that gain less
_REACHED = 0.9  # of the accuracy: nearer is not asked for
_SMALL = 0.1  # radians: spread of first angles around a reference determinant
_FIRST_ANGLE = 0.4  # radians, of a single layer
_PENALTY = 0.5  # of the energy range, for each squared unit off the sector
_LARGEST_POOL = 12  # qubits of electrons with generalised excitations


def check_designable(problem: EncodedObservable, *, by_model: bool) -> None:
    """Refuse what nobody writes a circuit for.

    Raises:
        InputError: a language model is asked for, or more qubits than the designer takes.
    """
    if by_model:
        raise InputError(
            "language models write for problems whose answers are bit strings; circuits for "
            "ground states are the designer's: leave the model out."
        )
    if not problem.is_exact:
        raise InputError(
            f"circuits for ground states are designed up to {MAX_LANCZOS_QUBITS} qubits, this "
            f"problem has {problem.n_qubits}; `quasar verify` takes any size."
        )


def design_any(
    problem: EncodedProblem, settings: DesignerSettings | None, sample: int, stop: Stop
) -> Iterator[Design]:
    """The designs for any problem; see `design` and `design_ground`."""
    if isinstance(problem, EncodedObservable):
        return design_ground(problem, settings, sample=sample, stop=stop)
    kept = None
    if settings is not None and subspace_mixer(settings):
        kept = kept_constraints(problem)
    return design(problem.hamiltonian, settings, sample=sample, stop=stop, kept=kept)


def design_ground(
    problem: EncodedObservable,
    settings: DesignerSettings | None = None,
    *,
    sample: int = 0,
    stop: Stop | None = None,
) -> Iterator[Design]:
    """Yield the designs of each family asked for.

    Raises:
        InputError: the benchmark's style, a template, a start or objective of QAOA on cost
            functions, or layers asked for with adaptive VQE.
    """
    settings = settings or DesignerSettings()
    if settings.style != "converged":
        raise InputError(f"style {settings.style} is for graph problems: leave --style out.")
    given = (settings.start, settings.warm_start, settings.cvar, settings.mixer)
    if any(option is not None for option in given):
        raise InputError(
            "start, warm_start, cvar and mixer are for cost functions, and this is a ground state: "
            "leave them out."
        )
    if settings.template is not None:
        raise InputError("templates are for graph problems: leave the template out.")
    if settings.algorithm == "adaptive_vqe" and settings.layers is not None:
        raise InputError("adaptive_vqe grows gate by gate and takes no --layers.")
    work = _Work(problem, settings, sample, stop)
    makers = {"qaoa": _variational, "vqe": _vqe, "adaptive_vqe": _adaptive}
    for algorithm in work.order if settings.algorithm is None else (settings.algorithm,):
        if not work.is_solved_otherwise:
            for made in makers[algorithm](work):
                work.lowest = min(work.lowest, made.energy)
                yield made
                if stop is not None and stop():
                    return


@dataclass(eq=False)
class _Work:
    """What every family needs.

    Attributes:
        lowest: energy of the designs so far.
    """

    problem: EncodedObservable
    settings: DesignerSettings
    sample: int
    stop: Stop | None
    lowest: float = math.inf

    @property
    def target(self) -> float:
        """Energy at which to end, without the constant."""
        return self.problem.ground.energy + _REACHED * self.problem.accuracy

    @property
    def tolerance(self) -> float:
        """Of the optimiser, relative to the energy: what one of its steps must gain."""
        accuracy = self.problem.accuracy
        return _LEAST_GAIN * accuracy / max(abs(self.problem.ground.energy), accuracy)

    @property
    def is_solved_otherwise(self) -> bool:
        """Whether another family has solved it, and this one was not asked for by name: those with
        many evaluations are then left out.
        """
        return self.settings.algorithm is None and self.lowest <= self.target

    @property
    def order(self) -> tuple[Algorithm, ...]:
        """Families, those with the shortest circuits first; no single string has a slope at the
        singlets of a Heisenberg model.
        """
        if self.has_singlets:
            return "qaoa", "adaptive_vqe", "vqe"
        return "adaptive_vqe", "vqe", "qaoa"

    @property
    def has_singlets(self) -> bool:
        """Whether neighbours form singlets to begin with."""
        source = self.problem.problem
        return isinstance(source, Heisenberg | Xxz) and source.numbers["J"] > 0

    @cached_property
    def penalised(self) -> tuple[PauliSum, float]:
        """The observable, raised outside the wanted sector for ansätze that leave it, and the
        constant that its energies lack.
        """
        h, wanted = self.problem.hamiltonian, self.problem.problem.sector()
        if not wanted:
            return h, 0.0
        ground = self.problem.ground
        weight = _PENALTY * (ground.highest - ground.energy)
        terms: ComplexTerms = dict(h.pauli_terms())
        for name, symmetry in self.problem.problem.symmetries():
            if name not in wanted:
                continue
            off: ComplexTerms = dict(symmetry.pauli_terms())
            off[()] = symmetry.constant - wanted[name]
            for pauli, c in times(off, off).items():
                terms[pauli] = terms.get(pauli, 0.0) + weight * c
        constant = float(np.real(terms.pop((), 0.0)))
        return PauliSum(h.n_qubits, {p: float(c.real) for p, c in terms.items()}), constant

    @property
    def electrons(self) -> Sequence[int] | None:
        """Spin orbitals that are occupied at first; None where there are no electrons."""
        return self.problem.problem.occupied()

    def budget(self) -> Budget:
        """Of one family."""
        most = self.settings.max_evaluations or _EVALUATIONS
        return Budget(most, self.settings.max_seconds, stop=self.stop)

    def start(self) -> tuple[Gate, ...]:
        """Gates of a state to begin with: the reference determinant, singlets on neighbouring
        pairs, |+> in a transverse field, else the best product state.
        """
        source, n = self.problem.problem, self.problem.n_qubits
        if self.electrons is not None:
            return occupied_start(self.electrons)
        if isinstance(source, TransverseFieldIsing):
            return product_start([(math.pi / 2, 0.0)] * n)
        if self.has_singlets and isinstance(source, LatticeModel):
            graph = nx.Graph((u, v) for u, v, _ in source.lattice.bonds)
            return singlets(n, sorted(map(tuple, map(sorted, nx.maximal_matching(graph)))))
        return product_start(self.product())

    def product(self) -> list[tuple[float, float]]:
        """Polar and azimuthal angles of the best product state's Bloch vectors."""
        _, spins = product_state(self.problem.hamiltonian, self.settings.seed)
        return [
            (math.acos(min(max(z, -1.0), 1.0)), math.atan2(y, x) if abs(x) + abs(y) > 1e-9 else 0.0)
            for x, y, z in spins.tolist()
        ]

    def finish(
        self,
        ansatz: Ansatz,
        minimum: Minimum,
        algorithm: Algorithm,
        layers: int | None,
        trace: Trace,
        budget: Budget,
    ) -> Design:
        """The design as text, its energies those of the problem."""
        theta, energy = np.asarray(minimum.theta), minimum.energy
        return finish(ansatz, theta, energy, algorithm, layers, trace, budget, self.settings)

    def shifted(
        self,
        ansatz: Ansatz,
        minimum: Minimum,
        algorithm: Algorithm,
        layers: int | None,
        trace: Trace,
        budget: Budget,
        lacking: float,
    ) -> Design:
        """The same of a search whose energies lack a constant, and may hold a penalty."""
        trace.energies = [energy + lacking for energy in trace.energies]
        trace.best_energy += lacking
        energy = energy_of(ansatz, self.problem.hamiltonian).value(minimum.theta)
        moved = replace(minimum, energy=energy)
        return self.finish(ansatz, moved, algorithm, layers, trace, budget)


def _variational(work: _Work) -> Iterator[Design]:
    """Layers are added until the energy is near enough, from interpolated angles."""
    h, asked = work.problem.hamiltonian, work.settings.layers
    budget, trace = work.budget(), Trace()
    start, groups = work.start(), len(commuting_groups(h))
    theta = np.full(groups, _FIRST_ANGLE)
    best: tuple[Ansatz, Minimum] | None = None
    for layers in range(1, (asked or _MOST_LAYERS["qaoa"]) + 1):
        if best is not None:
            theta = _interpolated(best[1].theta.reshape(-1, groups)).reshape(-1)
        ansatz = hamiltonian_variational(h, layers, start)
        trace.begin(ansatz.name)
        found = lbfgs(
            energy_of(ansatz, h),
            theta,
            budget=budget,
            trace=trace,
            relative_tolerance=work.tolerance,
        )
        if not np.isfinite(found.energy):
            break
        best = ansatz, found
        if budget.spent or (asked is None and found.energy <= work.target):
            break
    if best is not None:
        layers = best[1].theta.size // groups
        yield work.finish(*best, "qaoa", layers, trace, budget)


def _interpolated(angles: FloatVector) -> FloatVector:
    """Angles of one more layer, shape [p + 1, groups] from [p, groups] (Zhou et al., PRX 10, 021067
    (2020), INTERP).
    """
    p = angles.shape[0]
    padded = np.vstack([np.zeros_like(angles[:1]), angles, np.zeros_like(angles[:1])])
    share = np.arange(p + 1)[:, None] / p
    return np.asarray(share * padded[:-1] + (1.0 - share) * padded[1:])


def _vqe(work: _Work) -> Iterator[Design]:
    """UCCSD where there are electrons, and the hardware-efficient ansatz."""
    n, asked = work.problem.n_qubits, work.settings.layers
    if work.electrons is not None and n <= _LARGEST_POOL:
        budget, trace = work.budget(), Trace()
        coupled = uccsd(n, work.electrons)
        trace.begin(coupled.name)
        own = energy_of(coupled, work.problem.hamiltonian)
        found = lbfgs(
            own,
            np.zeros(coupled.n_parameters),
            budget=budget,
            trace=trace,
            relative_tolerance=work.tolerance,
        )
        yield work.finish(coupled, found, "vqe", 1, trace, budget)
    budget, trace = work.budget(), Trace()
    rng = generator(work.settings.seed, "designer", "hardware-efficient", work.sample)
    terms = work.problem.hamiltonian.pauli_terms()
    real = all(sum(axis == "Y" for _, axis in pauli) % 2 == 0 for pauli in terms)
    start = () if work.electrons is None else occupied_start(work.electrons)
    if work.is_solved_otherwise:
        return
    observable, lacking = work.penalised
    target, spread = work.target - lacking, _SMALL if start else math.pi / 2
    best: tuple[Ansatz, Minimum, int] | None = None
    for layers in [asked] if asked else range(1, _MOST_LAYERS["vqe"] + 1):
        ansatz = hardware_efficient(n, layers, real=real, start=start)
        energy = energy_of(ansatz, observable)
        for attempt in range(work.settings.restarts):
            trace.begin(f"{ansatz.name} start {attempt + 1}")
            theta = rng.normal(0.0, spread, ansatz.n_parameters)
            found = lbfgs(
                energy, theta, budget=budget, trace=trace, relative_tolerance=work.tolerance
            )
            if best is None or found.energy < best[1].energy:
                best = ansatz, found, layers
            if budget.spent or best[1].energy <= target:
                break
        if budget.spent or (best is not None and best[1].energy <= target):
            break
    if best is not None:
        yield work.shifted(*best[:2], "vqe", best[2], trace, budget, lacking)


def _adaptive(work: _Work) -> Iterator[Design]:
    """With each pool."""
    n = work.problem.n_qubits
    pools: dict[str, Sequence[Generator]]
    if work.electrons is None:
        start = work.start()
        if work.has_singlets:
            start = product_start(work.product())  # see `order`
        pools = {"adapt": two_local_pool(n, list(combinations(range(n), 2)))}
    else:
        start = occupied_start(work.electrons)
        if n > _LARGEST_POOL:
            return
        fermionic = generalised_excitations(n)
        pools = {"adapt qubit pool": qubit_pool(fermionic), "adapt fermionic pool": fermionic}
    for name, pool in pools.items():
        budget, trace = work.budget(), Trace()
        leaves = "qubit" in name  # single strings do not keep the number of electrons
        observable, lacking = work.penalised if leaves else (work.problem.hamiltonian, 0.0)
        ansatz, found = grow(
            observable,
            start,
            pool,
            target=work.target - lacking,
            max_rotations=_MOST_ROTATIONS,
            tolerance=work.tolerance,
            name=name,
            budget=budget,
            trace=trace,
        )
        yield work.shifted(ansatz, found, "adaptive_vqe", None, trace, budget, lacking)
