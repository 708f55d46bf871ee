"""The verifier's report on a circuit for a target task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from quasar.circuits.exports import Exportable, ProgramText
from quasar.core.documented import Documented
from quasar.core.presented import Kept
from quasar.tasks.task import TaskScore
from quasar.verifier.stages.behaviour import Behaviour
from quasar.verifier.stages.feasibility import Fault, Feasibility


class TaskCost(Documented):
    """What a circuit costs, as written."""

    gates: int
    """Gates of any size."""
    two_qubit_gates: int
    """Gates on two or more qubits."""
    cx_cost: int
    """CX gates that those take when decomposed: 1 for CX, CY, CZ and CH, 2 for other controlled
    gates, 3 for a swap, 6 for CCX and 7 for CSWAP."""
    depth: int
    """Longest path, every gate counting 1."""
    ancillas: int
    """Qubits beyond the task's."""
    calls: int | None = None
    """Uses of the oracle."""


class TaskUtility(Documented):
    """Raw result of stage 4: what the circuit costs beside the best known one."""

    score: float
    """Mean over CX cost, depth, ancillas and calls of min(1, (best + 1)/(own + 1))."""
    own: TaskCost
    """This circuit."""
    best: TaskCost
    """Of the task's known constructions the one of the least CX cost, then depth."""


class TaskStages(Documented):
    """Raw measurements of each stage."""

    feasibility: Feasibility
    """Stage 1."""
    behaviour: Behaviour | None = None
    """Stage 2: the distribution of the measured answer beside the reference's."""
    objective: TaskScore | None = None
    """Stage 3: the task's own score."""
    utility: TaskUtility | None = None
    """Stage 4."""


class TaskReport(Exportable, Kept, Documented):
    """Everything measured about one circuit for one target task.

    `str()` is the summary, `plot()` and notebooks show the circuit, `save()` writes a folder.
    """

    _judged: ProgramText = PrivateAttr(default_factory=lambda: ProgramText("", {}))
    _FACES: ClassVar[str] = "quasar.report.task_text"

    schema_version: int = 1
    """Raised when a key changes its meaning."""
    task: dict[str, Any]
    """The task's JSON form."""
    family: str
    """Its family."""
    feasible: bool
    """The circuit is valid, can be judged, and keeps the task's rules."""
    parses: bool
    """The text contains `OPENQASM 3.0` and the reference importer accepts it."""
    parses_by_language: bool = False
    """It is a valid OpenQASM 3 program, with any minor version in its header."""
    n_qubits: int | None = None
    """Qubits of the circuit."""
    fault: Fault | None = None
    """Why it is infeasible; kind `rule` for a broken rule of the task."""
    solved: bool = False
    """Whether the score is within the task's tolerance."""
    score: float | None = None
    """The task's own score, 0 to 1; None where the circuit is infeasible."""
    reward: float
    """-1 for what is not OpenQASM, -0.5 for what cannot be judged or breaks a rule; else 0.8 times
    the score, 0.2 more where the task is solved, half of that in proportion to the utility."""
    stages: TaskStages
    """Raw measurements."""
    cost_s: dict[str, float] = Field(default_factory=dict)
    """Seconds spent in each stage."""
    remarks: list[str] = Field(default_factory=list)
    """Plain sentences worth knowing."""

    def about(self, qasm: str, parameters: Mapping[str, float]) -> TaskReport:
        """This report, which from now on knows its circuit."""
        self._judged = ProgramText(qasm, parameters)
        return self

    @property
    def qasm(self) -> str:
        """The program; empty where the report came without it."""
        return self._judged.qasm

    def _source(self) -> ProgramText:
        return self._judged
