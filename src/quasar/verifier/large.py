"""Judging circuits of more qubits than have a distribution: exact means, samples, bounds.

The same report as for small circuits: feasibility, energy, the answer and remarks, with
`report.estimates` in place of what only a distribution tells. Likeness, the utility stage and
P(opt) are not defined here and say so. Runs in this process, so use it for trusted text; the
sandbox and the service run it within limits.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from quasar.circuits.header import Header
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.statistics import statistics
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.optima.result import BoundedOptimum
from quasar.problems.base import EncodedProblem
from quasar.simulate.cones.engine import ConeOutcome, ConesEngine
from quasar.simulate.engine import SINGLE, Counts, Readout, get_engine
from quasar.verifier import reward as rewards
from quasar.verifier.energy_range import EnergyRange, find_energy_range
from quasar.verifier.estimates import Estimates, MeasuredStates, Samples, samples_of
from quasar.verifier.failures import no_verdict_on_failure
from quasar.verifier.report import Judged, ProblemSummary, Report, Stages
from quasar.verifier.settings import (
    BUILT_IN_STAGES,
    MAX_LARGE_CHARACTERS,
    LargeSettings,
    Limits,
    VerifierSettings,
)
from quasar.verifier.stages.feasibility import (
    Execution,
    Fault,
    Feasibility,
    Rules,
    misfit,
    run_text,
)

if TYPE_CHECKING:
    from quasar.simulate.aer_single import MeasuredState
    from quasar.simulate.mps_engine import MpsOutcome

__all__ = ["LargeSettings", "LargeVerifier"]

MAX_QUBITS = 5_000
"""Of a circuit; as many as problems have variables at most."""


class LargeVerifier:
    """Judges circuits for one problem of any size; the optimum is looked for once.

    Args:
        problem: the problem with its Hamiltonian.
        settings: how circuits are read (`header`, limits on text and gates) and how hard to look
            (`large`).
        large: takes precedence over `settings.large`.
        reference: a reference circuit, of which the energy is compared and nothing else; default:
            the one that came with the problem.
        known: what is known of the problem's energies; default: found when first needed.
        stop: asked now and then whether to end the search for the optimum early.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        settings: VerifierSettings | None = None,
        large: LargeSettings | None = None,
        *,
        reference: str | bytes | None = None,
        known: EnergyRange | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> None:
        self.problem = problem
        self.settings = settings or VerifierSettings()
        self.large = large or self.settings.large
        self.reference_text = problem.reference if reference is None else reference
        self._known = known
        self._stop = stop
        self._measured: tuple[Execution, MeasuredState] | None = None

    @cached_property
    def energies(self) -> EnergyRange:
        """Between which energies the problem's states are, and its optimum."""
        if self._known is not None:
            return self._known
        return find_energy_range(self.problem, self.large, self._stop)

    @property
    def optimum(self) -> BoundedOptimum | None:
        """The best solution known; None where it is not looked for, or no solver is installed."""
        return self.energies.optimum

    @cached_property
    def reference_energy(self) -> float | None:
        """The reference circuit's energy; None without one.

        Raises:
            InputError: it is infeasible, or its energy cannot be computed exactly.
        """
        if self.reference_text is None:
            return None
        first, execution = self._run(self.reference_text, None, {})
        fault = first.fault
        if execution is not None:
            fault = misfit(execution, self.problem.n_qubits)
        if execution is None or fault is not None:
            raise InputError(f"the reference circuit is not usable: {fault}")
        energy, note = self._exact_energy(execution)
        if energy is None:
            raise InputError(f"the reference circuit has no exact energy: {note}")
        return energy

    @property
    def _measures(self) -> bool:
        return self.settings.runs("objective")

    def prepare(self) -> None:
        """Compute now what depends on the problem alone, so that it adds to no circuit's cost.

        Raises:
            InputError: the reference circuit is not usable.
        """
        if self._measures:
            _ = self.energies, self.reference_energy
            if self.large.sample:
                with suppress(ImportError):
                    import quimb.tensor  # noqa: F401 - takes seconds

    def refuse(
        self, fault: Fault, n_qubits: int | None = None, header: Header | None = None
    ) -> Report:
        """The report on a circuit that was stopped from outside; see `Verifier.refuse`."""
        accepted = n_qubits is not None
        first = Feasibility(
            parses=accepted and (header is None or header.published),
            parses_by_language=accepted and (header is None or header.language),
            simulable=False,
            n_qubits=n_qubits,
            fault=fault,
        )
        return self._report(first, fault, usable=False)

    def verify(
        self,
        text: str | bytes,
        on_parsed: Callable[[int], None] | None = None,
        *,
        parameters: Values | None = None,
    ) -> Report:
        """Judge one circuit.

        Args:
            on_parsed: called with the number of qubits once the text has parsed.
            parameters: values of the program's inputs.

        Raises:
            InputError: a parameter that the program does not declare, or that is not a number; the
                reference circuit is not usable.
            InfrastructureError: memory ran out or a library failed; no verdict on the circuit.
        """
        with no_verdict_on_failure():
            values = self.settings.parameters if parameters is None else read_values(parameters)
            return self._verify(text, on_parsed, values)

    def _verify(
        self, text: str | bytes, on_parsed: Callable[[int], None] | None, values: Values
    ) -> Report:
        begun = time.perf_counter()
        first, execution = self._run(text, on_parsed, values)
        fault = first.fault
        if execution is not None:
            fault = misfit(execution, self.problem.n_qubits)
        report = self._report(first, fault, usable=execution is not None)
        report.cost_s["feasibility"] = time.perf_counter() - begun
        if execution is not None and fault is None and self._measures:
            self._add_estimates(report, execution)
        written = text if isinstance(text, str) else text.decode("utf-8", "replace")
        return report.about(Judged(written, self.problem, read_values(values)))

    def _run(
        self, text: str | bytes, on_parsed: Callable[[int], None] | None, values: Values
    ) -> tuple[Feasibility, Execution | None]:
        given = self.settings.limits.model_dump()
        wide = {"max_characters": MAX_LARGE_CHARACTERS, "max_qubits": MAX_QUBITS}
        rules = Rules(
            _Wide.model_validate({**given, **wide}),
            self.settings.header,
            self.problem.n_qubits,
            self.settings.measurement == "all-qubits",
        )
        engine = ConesEngine(self.large.max_width, self.large.energy_seconds)
        return run_text(text, engine, rules, on_parsed, parameters=values)

    def _report(self, first: Feasibility, fault: Fault | None, *, usable: bool) -> Report:
        return Report(
            feasible=fault is None,
            parses=first.parses,
            parses_by_language=first.parses_by_language,
            n_qubits=first.n_qubits,
            fault=fault,
            energy_convention="physical",
            reward=self._reward(rewards.Scores(feasible=usable)),
            stages=Stages(feasibility=first),
            skipped=self.skipped(),
            problem=ProblemSummary.of(self.problem),
        )

    def skipped(self) -> dict[str, str]:
        """Why there is no result of each of the stages after the first."""
        objective = f"exact scores need all 2**n energies, to {MAX_EXACT_QUBITS} qubits"
        if not self._measures:
            objective = "not asked for"
        return {
            "behaviour": "likeness is not defined here: it needs whole distributions",
            "objective": objective,
            "utility": f"the optimiser's stage is for circuits to {MAX_EXACT_QUBITS} qubits",
            **{
                name: f"stages of other packages are for circuits to {MAX_EXACT_QUBITS} qubits"
                for name in self.settings.stage_names
                if name not in BUILT_IN_STAGES
            },
        }

    def _reward(self, scores: rewards.Scores) -> rewards.Reward:
        """The reward by what there is: without likeness, and without the optimiser's stage."""
        weights = self.settings.reward
        if weights.ablation in ("full", "no_re"):
            weights = weights.model_copy(update={"ablation": "no_opt"})
        return rewards.compute(scores, weights)

    def _add_estimates(self, report: Report, execution: Execution) -> None:
        begun = time.perf_counter()
        exact, note = self._exact_energy(execution)
        report.cost_s["energy"] = time.perf_counter() - begun
        begun = time.perf_counter()
        best = self.optimum
        report.cost_s["optimum"] = time.perf_counter() - begun
        begun = time.perf_counter()
        samples, samples_note = self._samples(execution, exact)
        report.cost_s["samples"] = time.perf_counter() - begun
        if exact is None and samples is None:
            report.feasible = False
            second = samples_note or ""
            why = f"{note} {second[:1].upper()}{second[1:]}"
            report.fault = Fault(
                kind="unsimulable",
                message=f"neither its energy nor samples can be computed: {why}",
                hint="Write fewer layers.",
            )
            report.reward = self._reward(rewards.Scores(feasible=False))
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
            energy_by=self._exact_by if exact is not None else "mps",
            note=note,
            samples=samples,
            samples_note=samples_note,
            optimum=None if best is None else best.to_json(),
            optimum_note=self.energies.note,
            statistics=None if circuit is None else statistics(circuit),
        )
        self._add_scale(found)
        report.estimates = found
        report.energy = found.energy
        report.energy_reference = self.reference_energy
        if found.ratio_low is not None and found.ratio_low == found.ratio_high:
            report.approximation_ratio = found.ratio_low
        report.reward = self._reward(rewards.Scores(feasible=True, objective=found.ratio_low))
        report.remarks += _remarks(found)

    def _exact_energy(self, execution: Execution) -> tuple[float | None, str | None]:
        if self.settings.engine == SINGLE:
            return self._by_single_precision(execution).mean, None
        outcome = execution.outcome
        if not isinstance(outcome, ConeOutcome):
            return None, "the engine gives no exact means."
        try:
            return outcome.expectation(self.problem.hamiltonian).value, None
        except (InputError, MemoryError) as error:
            return None, str(error) or "out of memory."

    def _by_single_precision(self, execution: Execution) -> MeasuredState:
        """Mean and samples of the state vector, once for each circuit.

        Raises:
            InputError: more than 28 qubits, too little memory, or Aer is not installed.
        """
        from quasar.simulate.aer_single import SingleOutcome

        if self._measured is None or self._measured[0] is not execution:
            outcome = get_engine(SINGLE).run(execution.program, self._readout)
            if not isinstance(outcome, SingleOutcome):
                raise InputError(f"{SINGLE} is for more than {MAX_EXACT_QUBITS} qubits here.")
            shots = self.large.shots if self.large.sample else 0
            measured = outcome.measure(self.problem.hamiltonian, shots, self.large.seed)
            self._measured = execution, measured
        return self._measured[1]

    @property
    def _exact_by(self) -> str:
        if self.settings.engine != SINGLE:
            return "cones"
        from quasar.simulate.aer_single import TOLERANCE

        sizes = sum(map(abs, self.problem.hamiltonian.terms.values()))
        return f"{SINGLE} to {TOLERANCE * sizes:.1g}"

    @property
    def _readout(self) -> Readout:
        all_qubits = self.settings.measurement == "all-qubits"
        return Readout(self.problem.n_qubits, all_qubits, True, MAX_QUBITS)

    def _samples(
        self, execution: Execution, exact: float | None
    ) -> tuple[Samples | None, str | None]:
        if not self.large.sample:
            return None, "samples were not asked for."
        if self.settings.engine == SINGLE:
            counts = self._by_single_precision(execution).counts
            return self._samples_of(counts, exact, SINGLE, None, 1.0), None
        try:
            outcome = self._sampled(execution)
        except ImportError:
            return None, "samples need quimb: pip install -e '.[mps]' in your clone of quasar."
        except CircuitError as error:
            return None, error.message
        counts = outcome.counts or {}
        return self._samples_of(counts, exact, "mps", outcome.bond, outcome.fidelity), None

    def _samples_of(
        self, counts: Counts, exact: float | None, engine: str, bond: int | None, fidelity: float
    ) -> Samples:
        return samples_of(
            MeasuredStates.of(counts, self.problem.hamiltonian),
            self.problem,
            self.optimum,
            engine=engine,
            seed=self.large.seed,
            bond=bond,
            fidelity=fidelity,
            exact_energy=exact,
        )

    def _sampled(self, execution: Execution) -> MpsOutcome:
        from quasar.simulate.mps_engine import MpsEngine

        engine = MpsEngine(self.large.max_bond, self.large.sample_seconds)
        large = self.large
        return engine.run(execution.program, self._readout, shots=large.shots, seed=large.seed)

    def _add_scale(self, found: Estimates) -> None:
        """Ends of the energy, ratio, and the mean objective where it follows from the energy."""
        known = self.energies
        if known.lowest is not None and known.highest is not None:
            found.e_min, found.e_max = known.lowest.value, known.highest.value
            if found.e_min is None:
                found.e_max = None
        between = known.ratio(found.energy)
        if between is not None:
            found.ratio_low, found.ratio_high = between
            if found.e_min is not None and found.e_max is not None:
                ratio = (found.e_max - found.energy) / (found.e_max - found.e_min)
                found.ratio_low = found.ratio_high = ratio
        if known.sign is not None:
            found.objective_mean = known.sign * (found.energy + known.constant)


class _Wide(Limits):
    """Limits without the one on qubits that are simulated exactly."""

    max_qubits: int = Field(default=5_000, ge=1, le=20_000)


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
