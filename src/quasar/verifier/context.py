"""What stages measure with: facts of the problem, computed once, and one circuit's execution."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import BaseModel

from quasar.circuits.circuit import Circuit
from quasar.core.bits import reverse_qubits
from quasar.core.errors import InputError
from quasar.core.hamiltonian import Spectrum
from quasar.core.observable import PauliSum
from quasar.problems.base import EncodedProblem
from quasar.simulate.engine import TIE, FloatVector, Outcome, get_engine
from quasar.simulate.small_state import EnergyReader, LikenessReader
from quasar.verifier import quality
from quasar.verifier.remarks import problem_remarks
from quasar.verifier.settings import VerifierSettings
from quasar.verifier.solutions import PenaltyWeight, SolutionScale, penalty_weight
from quasar.verifier.stages.feasibility import Execution, Rules, misfit, run_text


class ProblemFacts:
    """What depends on the problem and its reference alone; computed when first needed.

    Arrays of all energies and of the reference's probabilities have shape [D], D = 2**n.
    """

    def __init__(
        self,
        problem: EncodedProblem,
        reference_text: str | bytes | None,
        settings: VerifierSettings,
    ) -> None:
        self.problem = problem
        self.reference_text = reference_text
        self._settings = settings
        self.spectrum: Spectrum = self._spectrum()

    def _spectrum(self) -> Spectrum:
        return self.problem.hamiltonian.spectrum

    @cached_property
    def diagonal(self) -> FloatVector:
        """Energies of the problem, shape [D]."""
        return self.problem.hamiltonian.diagonal

    @cached_property
    def diagonal_reversed(self) -> FloatVector:
        """Energies with the Hamiltonian's qubits in reversed order, shape [D]."""
        return reverse_qubits(self.diagonal)

    def observable_of(self, outcome: Outcome) -> FloatVector | PauliSum:
        """What the energies of the circuit that was run are computed from."""
        return outcome.by_state(self.diagonal)

    @cached_property
    def reference_execution(self) -> Execution | None:
        """The reference and its outcome; None without a reference.

        Raises:
            InputError: it is infeasible.
        """
        if self.reference_text is None:
            return None
        engine = get_engine(self._settings.reference_engine)
        rules = Rules.of(self._settings, self.problem.n_qubits)
        stage, execution = run_text(self.reference_text, engine, rules)
        fault = stage.fault
        if execution is not None and execution.outcome.answer.bits is not None:
            fault = misfit(execution, self.problem.n_qubits)
        if execution is None or fault is not None:
            raise InputError(f"the reference circuit is not usable: {fault}")
        return execution

    @cached_property
    def reference(self) -> FloatVector | None:
        """The reference's distribution, shape [2**m]; None without a reference.

        Raises:
            InputError: it is infeasible.
        """
        execution = self.reference_execution
        return None if execution is None else execution.distribution

    @cached_property
    def reference_energies(self) -> tuple[float, float] | None:
        """The reference's energy, physical and with reversed qubits."""
        if self.reference is None or self.reference.size != self.diagonal.size:
            return None
        return (
            float(self.reference @ self.diagonal),
            float(self.reference @ self.diagonal_reversed),
        )

    @cached_property
    def energy_reader(self) -> EnergyReader:
        """Reads energies and optima off distributions."""
        optimal = self.problem.optimality.optimal
        return EnergyReader(self.diagonal, self.diagonal_reversed, optimal, TIE)

    @cached_property
    def likeness_reader(self) -> LikenessReader | None:
        """Compares with the reference; None without one.

        Raises:
            InputError: it is infeasible.
        """
        return None if self.reference is None else LikenessReader(self.reference)

    @cached_property
    def optimum(self) -> quality.Optimum | None:
        """The exact optimum, for reports."""
        return quality.read_optimum(self.problem, self.spectrum)

    @cached_property
    def known_states(self) -> quality.KnownStates:
        """Its basis states in the user's terms, those that were read."""
        return quality.KnownStates(self.problem)

    @cached_property
    def scale(self) -> SolutionScale | None:
        """Costs and objectives of all states, for what only valid solutions count in."""
        return SolutionScale(self.problem)

    @cached_property
    def penalty(self) -> PenaltyWeight | None:
        """The weight of the constraints in the Hamiltonian, for reports."""
        return penalty_weight(self.problem)

    @cached_property
    def remarks(self) -> list[str]:
        """What is worth knowing about the problem itself."""
        return problem_remarks(self.problem)

    def prepare(self) -> None:
        """Compute all that the settings ask for.

        Raises:
            InputError: the reference circuit is infeasible.
        """
        settings = self._settings
        _ = self.diagonal_reversed, self.problem.optimality
        if settings.stage_names:
            _ = self.reference
        if settings.quality and settings.decode_top_states:
            _ = self.optimum, self.remarks
        if settings.quality:
            _ = self.scale and self.scale.reader, self.penalty


@dataclass(eq=False)
class Context:
    """What a stage is given.

    Attributes:
        facts: of the problem.
        settings: of the verifier.
        execution: the program and its outcome.
        begun_s: processor time at which the verification began, see `time.process_time`.
        found: results of the stages before, by name.
        skipped: why a stage, or a part of one, has no result.
        cost_s: seconds that each stage took.
    """

    facts: ProblemFacts
    settings: VerifierSettings
    execution: Execution
    begun_s: float
    found: dict[str, BaseModel] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    cost_s: dict[str, float] = field(default_factory=dict)

    @property
    def problem(self) -> EncodedProblem:
        """The problem with its Hamiltonian."""
        return self.facts.problem

    @property
    def outcome(self) -> Outcome:
        """What the run gave: ask it for expectations, probabilities and samples."""
        return self.execution.outcome

    @property
    def distribution(self) -> FloatVector:
        """Probabilities of all answers of w bits, shape [2**w]."""
        return self.execution.distribution

    @property
    def circuit(self) -> Circuit | None:
        """The static circuit that was run; None for a dynamic program."""
        return self.outcome.circuit

    @property
    def fits(self) -> bool:
        """Whether the answer has one bit for each variable."""
        return self.outcome.answer.width == self.problem.n_qubits

    def score(self, stage: str) -> float | None:
        """The `score` of a stage before, None without one."""
        score: float | None = getattr(self.found.get(stage), "score", None)
        return score

    @property
    def used_s(self) -> float:
        """Processor seconds of this verification so far."""
        return time.process_time() - self.begun_s
