"""The verifier's report: raw measurements, the reward beside them, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import (
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from quasar.circuits.exports import Exportable, ProgramText
from quasar.core.documented import Documented
from quasar.core.labels import to_json
from quasar.core.presented import Kept
from quasar.problems.base import EncodedProblem
from quasar.verifier.device_report import DeviceReport
from quasar.verifier.estimates import Estimates
from quasar.verifier.quality import Optimum, Quality, ShotStatistics
from quasar.verifier.reward import Reward
from quasar.verifier.solutions import PenaltyWeight, Solutions
from quasar.verifier.stages.behaviour import Behaviour
from quasar.verifier.stages.feasibility import Fault, Feasibility
from quasar.verifier.stages.ground import Ground
from quasar.verifier.stages.objective import Objective
from quasar.verifier.stages.utility import Utility


class ProblemSummary(Documented):
    """Which problem the circuit was judged against."""

    problem_type: str
    """Name of the problem type."""
    encoding: str
    """`exact`, `agent-q`, or `given` (a Hamiltonian that matches neither)."""
    variable_order: str
    """How the variables were sorted."""
    n_qubits: int
    """Qubits of the Hamiltonian."""
    variables: list[Any]
    """Label of each qubit's variable; empty when unknown."""
    constant: float = 0.0
    """Of the Hamiltonian, to be added to every energy: the energies of this report are without it.
    Objectives include it; those of the free forms are energy plus constant."""

    @classmethod
    def of(cls, problem: EncodedProblem) -> ProblemSummary:
        """Identity of a problem."""
        source = problem.problem
        return cls(
            problem_type="ising" if source is None else source.problem_type,
            encoding=problem.encoding,
            variable_order=problem.variable_order,
            n_qubits=problem.n_qubits,
            variables=[to_json(label) for label in problem.variables],
            constant=problem.hamiltonian.constant,
        )


def _known_problem(
    given: object, check: ValidatorFunctionWrapHandler, info: ValidationInfo
) -> object:
    """The one that the reader knows, where a message leaves it out."""
    return info.context if given is None and info.context is not None else check(given)


class Stages(Documented):
    """Raw measurements of each stage that was computed.

    Stages of other packages stand beside the built-in ones, under their own names.
    """

    model_config = ConfigDict(extra="allow")

    feasibility: Feasibility
    """Stage 1."""
    behaviour: Behaviour | None = None
    """Stage 2; None without a reference."""
    objective: Objective | None = None
    """Stage 3."""
    ground: Ground | None = None
    """Beside stage 3 for problems that ask for a ground state."""
    utility: Utility | None = None
    """Stage 4."""

    @property
    def others(self) -> dict[str, dict[str, Any]]:
        """Results of stages of other packages by name, as in JSON."""
        return dict(self.model_extra or {})


@dataclass(frozen=True)
class Judged:
    """What a report is about. It is kept beside the report, and is no part of its JSON.

    Attributes:
        qasm: the program; empty where the report came without it.
        problem: what it was judged against; None likewise.
        parameters: values of the program's inputs.
    """

    qasm: str = field(default="", compare=False)
    problem: EncodedProblem | None = field(default=None, compare=False)
    parameters: Mapping[str, float] = field(default_factory=dict, compare=False)


_OF_NOTHING = Judged()


class Report(Exportable, Kept, Documented):
    """Everything measured about one circuit for one problem.

    `str()` is the summary, `plot()` and notebooks show pictures, `save()` writes a folder. A report
    of `quasar.verify` or `quasar.generate` knows its circuit (`judged`), and can hand it on with
    `to_qiskit()` and the like.
    """

    _judged: Judged = PrivateAttr(default_factory=lambda: _OF_NOTHING)

    schema_version: int = 1
    """Raised when a key changes its meaning."""
    feasible: bool
    """The circuit is valid by the chosen header rule, simulates, and has the problem's number of
    qubits."""
    parses: bool
    """The text contains `OPENQASM 3.0` and the reference importer accepts it."""
    parses_by_language: bool = False
    """It is a valid OpenQASM 3 program, with any minor version in its header."""
    n_qubits: int | None
    """Qubits of the circuit."""
    fault: Fault | None
    """Why it is infeasible."""
    energy_convention: str
    """`physical` or `agent-q`; which of the two energies `energy` is."""
    energy: float | None = None
    """Energy in the convention named, without the constant."""
    energy_reference: float | None = None
    """The reference circuit's energy in the same convention."""
    relative_entropy: float | None = None
    """KL(p‖q) in bits, candidate against reference."""
    approximation_ratio: float | None = None
    """r = (E_max - E)/(E_max - E_min), physical convention."""
    ground_energy: float | None = None
    """Lowest energy there is, without the constant, where a ground state is asked for."""
    energy_error: float | None = None
    """Energy less ground energy."""
    ground_space_fidelity: float | None = None
    """Probability of finding the state among the ground states."""
    p_optimal: float | None = None
    """Probability of measuring an optimal state."""
    shots_to_optimum: int | None = None
    """Shots that show an optimal state at least once with probability 0.99; None if impossible."""
    top_is_optimal: bool | None = None
    """Whether the most probable state is optimal."""
    reward: Reward
    """The scalar, with its parts."""
    stages: Stages
    """Raw measurements."""
    skipped: dict[str, str] = Field(default_factory=dict)
    """Why a stage was not computed."""
    out_of_budget: bool = False
    """Whether a stage was left out because the gate's `budget_s` was spent."""
    cost_s: dict[str, float] = Field(default_factory=dict)
    """Seconds spent in each stage."""
    problem: Annotated[ProblemSummary, WrapValidator(_known_problem)]
    """What it was judged against."""
    optimum: Optimum | None = None
    """The exact optimum."""
    solutions: Solutions | None = None
    """What is measured of valid solutions; None where states cannot be decoded."""
    penalty: PenaltyWeight | None = None
    """Weight of the constraints in the Hamiltonian; None where there is none to choose."""
    measured_by: ShotStatistics | None = None
    """Engine, shots and errors where the numbers are estimates; None where they are exact."""
    estimates: Estimates | None = None
    """What is known beyond the qubits that are enumerated; None up to there."""
    quality: Quality | None = None
    """Size, what has an effect, entanglement, most probable answers."""
    device: DeviceReport | None = None
    """The circuit under noise, on a device or by a noise model; None where that was not asked
    for."""
    remarks: list[str] = Field(default_factory=list)
    """Plain sentences on what is likely wrong or worth knowing."""

    @property
    def no_solution(self) -> bool:
        """Whether the problem is proved to have no valid solution at all."""
        return self.optimum is not None and self.optimum.status == "infeasible"

    @property
    def judged(self) -> Judged:
        """The circuit and the problem, where the report knows them."""
        return self._judged

    def about(self, judged: Judged) -> Report:
        """This report, which from now on knows its circuit and problem."""
        self._judged = judged
        return self

    def to_message(self) -> bytes:
        """JSON for somebody who knows the problem: from now on the report is without it."""
        self.__dict__["problem"] = None
        return self.__pydantic_serializer__.to_json(self, warnings=False)

    @classmethod
    def from_message(cls, message: bytes, problem: ProblemSummary) -> Report:
        """The report of `to_message`.

        Raises:
            ValueError: the message is damaged.
        """
        report: Report = cls.__pydantic_validator__.validate_json(message, context=problem)
        return report.share_names()

    def _source(self) -> ProgramText:
        return ProgramText(self._judged.qasm, self._judged.parameters)
