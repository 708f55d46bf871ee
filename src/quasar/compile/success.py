"""Estimated success probability (ESP): the product of what every step leaves right.

ESP = Π gates (1 - e) · Π measured qubits (1 - r) · Π idle times F(t), where e is the gate's average
infidelity, r the mean of the two readout errors (weighted, where it is known what is read), and
F(t) = 1/2 + exp(-t/T1)/6 + exp(-t/T2)/3 the average fidelity of a qubit that relaxes for the time
t. Gates start as late as possible, so that a qubit rests in |0> before its first gate, which costs
nothing; idle time counts from there to the measurement, which is at the same moment on all qubits.

It ranks compiled circuits; it is no fidelity: errors that cancel or that do not change the answer
count as failures. Numbers that the device does not give count as 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from quasar.compile.placed import GateStep, Placed
from quasar.devices.device import Device


class EstimatedSuccess(NamedTuple):
    """ESP and its parts; each is a probability.

    Attributes:
        esp: the product of the others.
        duration_s: from the first gate to the measurement, without it.
        depth: longest path, every gate counting 1, those too that take no time.
    """

    esp: float
    gates: float
    readout: float
    idling: float
    duration_s: float
    depth: int


@dataclass(frozen=True, eq=False)
class Scorer:
    """ESP of circuits on one device; numbers are looked up once.

    Attributes:
        ones: probability that each qubit of the original is 1 when it is measured, which decides
            which of its two readout errors counts; empty: a half.
    """

    device: Device
    ones: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", {})

    def step(self, step: GateStep) -> tuple[float, float]:
        """log(1 - error) and duration in seconds of a gate."""
        known: dict[GateStep, tuple[float, float]] = self._known  # type: ignore[attr-defined]
        found = known.get(step)
        if found is None:
            error = self.device.error(*step) or 0.0
            found = (_log(1.0 - error), self.device.duration_s(*step) or 0.0)
            known[step] = found
        return found

    def readout(self, qubit: int, original: int) -> float:
        """Log of the chance that a qubit is read right; `original` is the qubit that it holds."""
        wrong = self.device.readout[qubit]
        one = self.ones[original] if self.ones else 0.5
        return 0.0 if wrong is None else _log(1.0 - (1 - one) * wrong[0] - one * wrong[1])

    def idle(self, qubit: int, time_s: float) -> float:
        """Log F(t) of a qubit that rests for `time_s`."""
        if time_s <= 0:
            return 0.0
        t1, t2 = self.device.relaxation[qubit]
        if t1 is None and t2 is None:
            return 0.0
        t1 = t1 or math.inf
        t2 = min(t2 or 2 * t1, 2 * t1)
        return math.log(0.5 + math.exp(-time_s / t1) / 6 + math.exp(-time_s / t2) / 3)

    def success(
        self, placed: Placed, measured: Sequence[int], physical: Sequence[int] | None = None
    ) -> EstimatedSuccess:
        """ESP of a compiled circuit.

        Args:
            measured: qubits of the original that are measured.
            physical: physical qubit of each number in the circuit; left out, they are that.
        """
        at = physical or range(self.device.qubits)
        steps = [GateStep(step.name, tuple([at[q] for q in step.qubits])) for step in placed.steps]
        gates, level = 0.0, dict[int, int]()
        for step in steps:
            gates += self.step(step)[0]
            depth = 1 + max(level.get(q, 0) for q in step.qubits) if step.qubits else 0
            level.update(dict.fromkeys(step.qubits, depth))
        duration, rest = self.idle_times(steps)
        readout = sum(self.readout(at[placed.final[q]], q) for q in measured)
        idling = sum(self.idle(q, t) for q, t in rest.items())
        return EstimatedSuccess(
            esp=math.exp(gates + readout + idling),
            gates=math.exp(gates),
            readout=math.exp(readout),
            idling=math.exp(idling),
            duration_s=duration,
            depth=max(level.values(), default=0),
        )

    def idle_times(self, steps: Sequence[GateStep]) -> tuple[float, dict[int, float]]:
        """Duration of physical gates, and the time that each qubit rests after its first gate, in
        seconds.
        """
        # Backwards from the measurement at time 0: a gate ends where its qubits' later ones begin.
        begins: dict[int, float] = {}
        busy: dict[int, float] = {}
        for step in reversed(steps):
            _, duration = self.step(step)
            start = max((begins.get(q, 0.0) for q in step.qubits), default=0.0) + duration
            for q in step.qubits:
                begins[q] = start
                busy[q] = busy.get(q, 0.0) + duration
        rest = {q: begins[q] - busy[q] for q in begins}
        return max(begins.values(), default=0.0), rest


def _log(value: float) -> float:
    return math.log(max(value, 1e-12))
