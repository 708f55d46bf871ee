"""The pictures that a result has, by kind: one place that says which can be drawn of what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quasar.circuits.qasm import Program, parse
from quasar.core.errors import InputError
from quasar.optimize.trace import Trace
from quasar.problems.base import EncodedProblem
from quasar.problems.overlay import label_text
from quasar.problems.quantum.observable import EncodedObservable
from quasar.report import charts, estimates_picture, histogram
from quasar.report.circuit_picture import circuit_figure
from quasar.report.device_picture import energies_figure
from quasar.report.graph_picture import solution_figure
from quasar.report.stack_picture import stacks_figure
from quasar.simulate.engine import Readout, get_engine
from quasar.verifier.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from quasar.agent.generate import Generation


_WIDEST_DRAWN = 40  # qubits of a circuit whose gates can still be told apart on paper

KINDS = ("answer", "histogram", "circuit", "optimisation", "device")


@dataclass(frozen=True, eq=False)
class Gallery:
    """What a result's pictures are drawn from.

    Attributes:
        problem: None where a report came without it.
        report: None where no circuit was judged.
        qasm: the program; empty where there is none.
        parameters: values of its inputs.
        trace: the energies that an optimiser saw.
        name: of the circuit, for its title.
        other: a solution to draw where the circuit has none, such as that of recursive QAOA.
        prefer_other: it is drawn in any case, being the better one.
    """

    problem: EncodedProblem | None
    report: Report | None
    qasm: str = ""
    parameters: Mapping[str, float] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    name: str = ""
    other: Any = None
    prefer_other: bool = False

    @classmethod
    def of(cls, found: Generation) -> Gallery:
        """The pictures of a generation: those of its best circuit."""
        best, recursive = found.best, found.recursive
        if recursive is None:
            return cls(found.problem, best.report, best.qasm, trace=best.trace, name=best.name)
        estimates = None if best.report is None else best.report.estimates
        samples = None if estimates is None else estimates.samples
        better = samples is not None and recursive.energy < samples.best.energy - 1e-9
        return cls(
            found.problem,
            best.report,
            best.qasm,
            trace=best.trace,
            name=best.name,
            other=recursive.solution,
            prefer_other=better and recursive.feasible is not False,
        )

    def draw(self, kind: str | None) -> Figure:
        """The picture of that kind; None: the first there is.

        Raises:
            InputError: another kind, or one that cannot be drawn here.
        """
        tried = KINDS if kind is None else (kind,)
        drawn = next(filter(None, map(self.figure, tried)), None)
        if drawn is None:
            there = [known for known in KINDS if self.figure(known) is not None]
            known = ", ".join(there) or "nothing"
            raise InputError(f"kind must be one of what can be drawn here ({known}), not {kind!r}.")
        return drawn

    def figure(self, kind: object) -> Figure | None:
        """The picture of that kind; None where it cannot be drawn."""
        makers: dict[object, Callable[[], Figure | None]] = {
            "answer": self._answer,
            "histogram": self._histogram,
            "circuit": self._circuit,
            "optimisation": self._optimisation,
            "device": self._device,
        }
        maker = makers.get(kind) if isinstance(kind, str) else None
        return None if maker is None else maker()

    @property
    def has_graph(self) -> bool:
        """Whether the answer is drawn on a graph."""
        solution = self._solution
        if self.problem is None or self.problem.problem is None or solution is None:
            return False
        problem = self.problem.problem
        return problem.stacks(solution) is None and problem.overlay(solution) is not None

    @property
    def _solution(self) -> Any:
        if self.report is None:
            return None
        estimates, quality = self.report.estimates, self.report.quality
        if estimates is not None:
            samples = estimates.samples
            return self.other if samples is None or self.prefer_other else samples.best.solution
        return quality.top_states[0].solution if quality and quality.top_states else None

    @property
    def _usable(self) -> bool:
        return self.report is None or self.report.feasible

    def _answer(self) -> Figure | None:
        solution = self._solution
        if self.problem is None or self.problem.problem is None or solution is None:
            return None
        stacks = self.problem.problem.stacks(solution)
        if stacks is not None:
            return stacks_figure(stacks)
        return solution_figure(self.problem.problem, solution)

    def _histogram(self) -> Figure | None:
        if not self._usable or isinstance(self.problem, EncodedObservable):
            return None  # what is measured in one basis says little of a ground state
        if self.report is not None and self.report.estimates is not None:
            return estimates_picture.samples_figure(self.report.estimates, self.problem)
        if self.qasm and self.problem is not None:
            n = self.problem.n_qubits
            outcome = get_engine().run(self._parsed(), Readout(n))
            return histogram.histogram_figure(outcome.distribution(), self.problem)
        quality = None if self.report is None else self.report.quality
        if self.report is None or quality is None or not quality.top_states:
            return None
        return histogram.report_figure(self.report)

    def _circuit(self) -> Figure | None:
        if not (self._usable and self.qasm):
            return None
        program = self._parsed()
        if program.circuit is None or program.n_qubits > _WIDEST_DRAWN:
            return None
        return circuit_figure(
            program.circuit, title=self._title(program), names=self._wires(program)
        )

    def _title(self, program: Program) -> str:
        """What the circuit is, and its size."""
        quality = None if self.report is None else self.report.quality
        problem = None if self.problem is None else self.problem.problem
        task = "" if problem is None else f" for {problem.problem_type.replace('_', ' ')}"
        if quality is None or quality.statistics is None:
            return f"{self.name or 'circuit'}{task}"
        size = quality.statistics
        return (
            f"{self.name or 'circuit'}{task}: {size.gates} gate{'s' * (size.gates != 1)}, "
            f"{size.two_qubit_gates} on two qubits, depth {size.depth}"
        )

    def _wires(self, program: Program) -> dict[int, str]:
        """The variables' names by the qubits that are measured for them."""
        if self.problem is None or program.circuit is None:
            return {}
        variables = self.problem.variables
        bits = program.answer(self.problem.n_qubits).bits
        final = program.circuit.measurements.final
        qubits = range(len(variables)) if bits is None else [final.get(bit) for bit in bits]
        pairs = zip(qubits, variables, strict=False)
        return {qubit: label_text(name) for qubit, name in pairs if qubit is not None}

    def _optimisation(self) -> Figure | None:
        if self.problem is None:
            return None
        estimates = None if self.report is None else self.report.estimates
        ends: tuple[float | None, float | None] = (None, None)
        if estimates is not None:
            ends = (estimates.e_min, estimates.e_max)
        elif self.problem.is_exact:
            ends = self.problem.energy_range
        return charts.curve_figure(self.trace.energies, self.trace.stages, *ends)

    def _device(self) -> Figure | None:
        found = None if self.report is None else self.report.device
        return None if found is None else energies_figure(found)

    def _parsed(self) -> Program:
        return parse(self.qasm, parameters=self.parameters, header="language")
