"""One proposed circuit: where it came from, what the verifier found, how it is ranked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from quasar.agent.device_quality import DeviceQuality
from quasar.agent.polish import Polish
from quasar.agent.propose import Proposal
from quasar.circuits.exports import Exportable, ProgramText
from quasar.core.presented import Presented
from quasar.models.designer import Design
from quasar.optimize.trace import Trace
from quasar.verifier.report import Report

Origin = Literal["designer", "model", "polished"]
"""Who set the angles: the classical designer, a language model, or the optimiser after either."""


@dataclass(frozen=True, eq=False, repr=False)
class Candidate(Exportable, Presented):
    """One circuit for the problem, and what was measured of it.

    Attributes:
        name: what tables call it, e.g. `answer 3, turn 2` or `qaoa p=5`.
        origin: see `Origin`.
        qasm: the circuit; empty where the model gave none.
        report: what the verifier found.
        design: how the designer made it, or the design that was polished; None for answers.
        proposal: the model's answer, also where it was polished; None for designs.
        polish: how it was polished.
        written: the circuit before it was polished, for `polished` only.
        on_device: how it does on the device that was named; None without one.
        obstacle: why that device cannot run it.
    """

    name: str
    origin: Origin
    qasm: str
    report: Report
    design: Design | None = None
    proposal: Proposal | None = None
    polish: Polish | None = None
    written: str | None = None
    on_device: DeviceQuality | None = None
    obstacle: str | None = None

    @property
    def trace(self) -> Trace:
        """The energies seen by the optimiser that set the angles; empty for answers."""
        if self.polish is not None:
            return self.polish.trace
        return Trace() if self.design is None else self.design.trace

    @property
    def elapsed_s(self) -> float:
        """Seconds that optimising took; 0 for answers."""
        made = self.polish or self.design
        return 0.0 if made is None else made.elapsed_s

    @property
    def out_of_time(self) -> bool:
        """Whether the time limit cut the optimisation short."""
        made = self.polish or self.design
        return made is not None and made.out_of_time

    def _source(self) -> ProgramText:
        return ProgramText(self.qasm)


def rank_key(candidate: Candidate) -> tuple[float, ...]:
    """Sort key by what the user gets, smaller is better.

    First circuits that can be used at all; then those that entangle, by more than a trace, before
    classical answers written as gates (`Quality.classical`); then the shots until an optimum is
    seen, then gates on two qubits and depth, both without what does nothing, and then the energy.
    Of states that are to be a ground state, those within the wanted accuracy by their gates on two
    qubits, then the others by their error.
    Where a device was named, shots, sizes and energy are those of the compiled circuit with the
    device's noise, and circuits that it cannot run come after all that it can.
    """
    report = candidate.report
    if not report.feasible:
        return (1.0,)
    quality, ground, there = report.quality, report.stages.ground, candidate.on_device
    if candidate.obstacle is not None:
        return (0.5,)
    classical = 1.0 if quality is not None and quality.classical else 0.0
    if there is not None:
        return (
            0.0,
            classical,
            _shots(there.shots_to_optimum),
            float(there.two_qubit_gates),
            float(there.depth),
            -there.approximation_ratio,
        )
    size = None if quality is None else quality.effective or quality.statistics
    if ground is not None:
        gates = math.inf if size is None else float(size.two_qubit_gates)
        error = ground.energy if ground.energy_error is None else abs(ground.energy_error)
        return (0.0, 0.0, gates, error) if ground.accurate else (0.0, 1.0, error, gates)
    return (
        0.0,
        classical,
        _shots(report.shots_to_optimum),
        0.0 if size is None else float(size.two_qubit_gates),
        0.0 if size is None else float(size.depth),
        -(report.approximation_ratio or 0.0),
    )


def _shots(count: int | None) -> float:
    return math.inf if count is None else float(count)
