"""Judging circuits of more qubits than have a distribution: exact means, samples, bounds.

The same report as for small circuits: feasibility, energy, the answer and remarks, with
`report.estimates` in place of what only a distribution tells. Likeness, the utility stage and
P(opt) are not defined here and say so. Runs in this process, so use it for trusted text.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from quasar.circuits.parameters import Values, read_values
from quasar.circuits.statistics import statistics
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, IsingHamiltonian
from quasar.core.settings import Settings
from quasar.optima.result import BoundedOptimum
from quasar.optima.solve import optimum
from quasar.problems.base import EncodedProblem, Problem
from quasar.problems.ising import Ising
from quasar.simulate.cones.engine import ConeOutcome, ConesEngine
from quasar.simulate.engine import Readout
from quasar.verifier import reward as rewards
from quasar.verifier.estimates import Estimates, MeasuredStates, Samples, energies_of, samples_of
from quasar.verifier.pipeline import summary_of
from quasar.verifier.report import Judged, Report, Stages
from quasar.verifier.settings import Limits, VerifierSettings
from quasar.verifier.stages.feasibility import (
    Execution,
    Fault,
    Feasibility,
    Rules,
    misfit,
    run_text,
)

if TYPE_CHECKING:
    from quasar.simulate.mps_engine import MpsOutcome

MAX_QUBITS = 5_000
"""Of a circuit; as many as problems have variables at most."""
_MAX_CHARACTERS = 20_000_000
_CLOSE = 1e-6
_PROBED = 8  # sampled states that show how energy and objective are related


class LargeSettings(Settings):
    """How hard to look at a circuit beyond exact enumeration."""

    shots: int = Field(default=1024, ge=1, le=1_000_000)
    """Samples drawn."""
    max_bond: int = Field(default=64, ge=1, le=4096)
    """Bond dimension of the matrix product state that they are drawn from."""
    max_width: int = Field(default=24, ge=1, le=28)
    """Variables of the largest tensor of an exact mean; memory is 16 bytes times 2 to this."""
    time_limit: float = Field(default=15.0, gt=0)
    """Seconds for the optimum and its bound."""
    seed: int = Field(default=0, ge=0)
    """Of samples and solvers."""
    sample_seconds: float = Field(default=20.0, gt=0)
    """Seconds that the samples may take, about; the bond dimension is lowered to keep to it."""
    solve: bool = True
    """Look for the optimum."""
    sample: bool = True
    """Draw samples, where quimb is installed."""


class LargeVerifier:
    """Judges circuits for one problem of any size; the optimum is looked for once.

    Args:
        problem: the problem with its Hamiltonian.
        settings: how circuits are read (`header`, limits on text and gates).
        large: how hard to look.
        stop: asked now and then whether to end the search for the optimum early.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        settings: VerifierSettings | None = None,
        large: LargeSettings | None = None,
        *,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self.problem = problem
        self.settings = settings or VerifierSettings()
        self.large = large or LargeSettings()
        self._stop = stop
        self._optimum_note: str | None = None

    @cached_property
    def optimum(self) -> BoundedOptimum | None:
        """The best solution known; None where it is not looked for, or no solver is installed."""
        if not self.large.solve:
            return None
        source = self.problem.problem or Ising(self.problem.hamiltonian)
        return self._solved(source)

    @cached_property
    def e_max(self) -> float | None:
        """The highest energy, where it is proven in time."""
        if not self.large.solve:
            return None
        h = self.problem.hamiltonian
        negated = IsingHamiltonian(h.n_qubits, {t: -c for t, c in h.terms.items()})
        found = self._solved(Ising(negated))
        return -found.value if found and found.status == "proven" and found.value else None

    def _solved(self, source: Problem) -> BoundedOptimum | None:
        try:
            return optimum(
                source,
                time_limit=self.large.time_limit,
                seed=self.large.seed,
                stop=self._stop,
            )
        except InputError as error:
            self._optimum_note = str(error)
            return None

    def refuse(self, fault: Fault) -> Report:
        """The report on a text that was stopped before it was read."""
        first = Feasibility(parses=False, simulable=False, fault=fault)
        return self._report(first, fault, usable=False)

    def verify(self, text: str | bytes, *, parameters: Values | None = None) -> Report:
        """Judge one circuit.

        Raises:
            InputError: a parameter that the program does not declare, or that is not a number.
        """
        begun = time.perf_counter()
        given = self.settings.limits.model_dump()
        wide = {"max_characters": _MAX_CHARACTERS, "max_qubits": MAX_QUBITS}
        rules = Rules(
            _Wide.model_validate({**given, **wide}),
            self.settings.header,
            self.problem.n_qubits,
            self.settings.measurement == "all-qubits",
        )
        engine = ConesEngine(self.large.max_width)
        values = read_values(parameters or {})
        first, execution = run_text(text, engine, rules, parameters=values)
        fault = first.fault
        if execution is not None:
            fault = misfit(execution, self.problem.n_qubits)
        report = self._report(first, fault, usable=execution is not None)
        report.cost_s["feasibility"] = time.perf_counter() - begun
        if execution is not None and fault is None:
            self._add_estimates(report, execution)
        written = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return report.about(Judged(written, self.problem, values))

    def _report(self, first: Feasibility, fault: Fault | None, *, usable: bool) -> Report:
        return Report(
            feasible=fault is None,
            parses=first.parses,
            parses_by_language=first.parses_by_language,
            n_qubits=first.n_qubits,
            fault=fault,
            energy_convention="physical",
            reward=rewards.compute(rewards.Scores(feasible=usable), self.settings.reward),
            stages=Stages(feasibility=first),
            skipped={
                "behaviour": "likeness is not defined here: it needs whole distributions",
                "objective": f"exact scores need all 2**n energies, to {MAX_EXACT_QUBITS} qubits",
                "utility": f"the optimiser's stage is for circuits to {MAX_EXACT_QUBITS} qubits",
            },
            problem=summary_of(self.problem),
        )

    def _add_estimates(self, report: Report, execution: Execution) -> None:
        begun = time.perf_counter()
        exact, note = self._exact_energy(execution.outcome)
        report.cost_s["energy"] = time.perf_counter() - begun
        begun = time.perf_counter()
        best = self.optimum
        report.cost_s["optimum"] = time.perf_counter() - begun
        begun = time.perf_counter()
        samples, samples_note = self._samples(execution, exact)
        report.cost_s["samples"] = time.perf_counter() - begun
        if exact is None and samples is None:
            report.feasible = False
            report.fault = Fault(
                kind="unsimulable",
                message=f"neither its energy nor samples can be computed: {note} {samples_note}",
                hint="Write fewer layers.",
            )
            return
        circuit = execution.outcome.circuit
        energy, error = (
            (exact, 0.0)
            if exact is not None or samples is None
            else (samples.energy, samples.energy_error)
        )
        found = Estimates(
            energy=energy if energy is not None else math.nan,
            energy_error=error,
            energy_known="exact" if exact is not None else "statistical",
            energy_by="cones" if exact is not None else "mps",
            note=note,
            samples=samples,
            samples_note=samples_note,
            optimum=None if best is None else best.to_json(),
            optimum_note=self._optimum_note,
            statistics=None if circuit is None else statistics(circuit),
        )
        self._relate(found, best)
        report.estimates = found
        report.energy = found.energy
        if found.e_min is not None and found.e_max is not None and found.e_max > found.e_min:
            report.approximation_ratio = (found.e_max - found.energy) / (found.e_max - found.e_min)
        report.remarks += _remarks(found)

    def _exact_energy(self, outcome: object) -> tuple[float | None, str | None]:
        if not isinstance(outcome, ConeOutcome):
            return None, "the engine gives no exact means."
        try:
            return outcome.expectation(self.problem.hamiltonian).value, None
        except (InputError, MemoryError) as error:
            return None, str(error)

    def _samples(
        self, execution: Execution, exact: float | None
    ) -> tuple[Samples | None, str | None]:
        if not self.large.sample:
            return None, "samples were not asked for."
        try:
            outcome = self._sampled(execution)
        except ImportError:
            return None, "samples need quimb: pip install -e '.[mps]' in your clone of quasar."
        except CircuitError as error:
            return None, error.message
        measured = MeasuredStates.of(outcome.counts or {}, self.problem.hamiltonian)
        return samples_of(
            measured,
            self.problem,
            self.optimum,
            engine="mps",
            seed=self.large.seed,
            bond=outcome.bond,
            fidelity=outcome.fidelity,
            exact_energy=exact,
        ), None

    def _sampled(self, execution: Execution) -> MpsOutcome:
        from quasar.simulate.mps_engine import MpsEngine

        readout = Readout(
            self.problem.n_qubits, self.settings.measurement == "all-qubits", True, MAX_QUBITS
        )
        engine = MpsEngine(self.large.max_bond, self.large.sample_seconds)
        large = self.large
        return engine.run(execution.program, readout, shots=large.shots, seed=large.seed)

    def _relate(self, found: Estimates, best: BoundedOptimum | None) -> None:
        """Ends of the energy and the mean objective, where objective and energy are one scale."""
        problem, h = self.problem, self.problem.hamiltonian
        sign, encoded = 1.0, problem.encoding == "exact" or problem.problem is None
        if problem.problem is not None and problem.problem.sense == "max":
            sign = -1.0
        proven = best is not None and best.status == "proven"
        if encoded and proven and best is not None and best.value is not None:
            found.e_min = sign * best.value - h.constant
        if problem.problem is None or _one_scale(problem, sign):
            found.objective_mean = sign * (found.energy + h.constant)
            if found.e_min is not None:
                found.e_max = self.e_max


class _Wide(Limits):
    """Limits without the one on qubits that are simulated exactly."""

    max_qubits: int = Field(default=5_000, ge=1, le=20_000)


def _one_scale(problem: EncodedProblem, sign: float) -> bool:
    """Whether the objective of every state is plus or minus its energy with the constant: of free
    forms it is; of others random states tell.
    """
    from quasar.core.seeds import generator

    random = generator(0, "one scale")
    h = problem.hamiltonian
    indices = [int.from_bytes(random.bytes(h.n_qubits // 8 + 1), "little") for _ in range(_PROBED)]
    indices = [index % (1 << h.n_qubits) for index in indices]
    for index, energy in zip(indices, energies_of(indices, h), strict=True):
        decoded = problem.decode(index)
        if decoded is None or not decoded.feasible:
            return False
        value = sign * (float(energy) + h.constant)
        if abs(value - decoded.objective) > _CLOSE * max(1.0, abs(value)):
            return False
    return True


def _remarks(found: Estimates) -> list[str]:
    said = []
    if found.energy_known == "statistical":
        said.append(f"The energy is a mean of samples, not exact: {found.note}")
    if found.optimum is None and found.optimum_note is not None:
        said.append(f"The optimum was not looked for: {found.optimum_note}")
    if found.samples is None:
        said.append(f"There are no samples: {found.samples_note}")
    elif found.samples.agrees is False:
        said.append(
            f"The samples' mean energy {found.samples.energy:.6g} is far from the exact "
            f"{found.energy:.6g}: the circuit entangles more than bond dimension "
            f"{found.samples.bond} holds, so do not trust their probabilities. In Python, "
            "LargeSettings(max_bond=..., sample_seconds=...) allows more."
        )
    return said
