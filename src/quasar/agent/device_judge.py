"""How good circuits are on a device: compiled for it, and simulated with its noise.

What is measured decides which candidate is best where a device is named: more layers lower the
energy without noise, and cost gates that a device pays for. Covers static circuits that measure one
qubit for each variable, as far as the noisy simulation reaches. The device's stated errors are its
noise; a real device has more (crosstalk, drift).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from quasar.agent.candidate import Candidate
from quasar.agent.device_quality import DeviceQuality
from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import parse
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import InputError, QuasarError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.devices.device import Device
from quasar.models.designer import DesignerSettings
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.prompts.chat import Request
from quasar.simulate.engine import FloatVector
from quasar.simulate.state_engine import answer_circuit, state_engine
from quasar.verifier.stages.objective import energy_ratio, shots_to_optimum

if TYPE_CHECKING:
    from quasar.compile.result import CompiledCircuit

SEEDS = 6
"""Compilations of each candidate; the one of the best estimated success is simulated."""
DEPTHS = (1, 2, 3)
"""Layers that a language model is asked for where nobody names a number."""
_NEVER = 1e-9  # chance of an optimum
LAYOUTS = 3
"""Choices of physical qubits that the best candidate is simulated on, the first included."""


@dataclass(eq=False)
class DeviceJudge:
    """Compiles and simulates circuits for one problem on one device.

    Attributes:
        seeds: compilations of each circuit.

    Raises:
        InputError: a problem whose states cannot be told by measured bits, or of too many qubits.
    """

    device: Device
    problem: EncodedProblem
    seeds: int = SEEDS
    _known: dict[str, tuple[DeviceQuality, str] | str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.problem, EncodedObservable):
            raise InputError(
                "circuits for ground states with X and Y terms are not ranked on a device: leave "
                "out --device."
            )
        if self.problem.n_qubits > MAX_EXACT_QUBITS:
            raise InputError(
                f"beyond {MAX_EXACT_QUBITS} qubits circuits are not simulated with noise: leave "
                "out --device, and compile the circuit by `quasar compile`."
            )

    def quality(self, qasm: str) -> DeviceQuality | None:
        """A circuit's quality on the device; None where the device cannot run it."""
        found = self._result(qasm)
        return None if isinstance(found, str) else found[0]

    def compiled(self, qasm: str) -> str | None:
        """The compiled program in OpenQASM 3."""
        found = self._result(qasm)
        return None if isinstance(found, str) else found[1]

    def scored(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates with their quality on the device, in order."""
        return [self._scored(made) for made in candidates]

    def _scored(self, made: Candidate) -> Candidate:
        if not made.report.feasible:
            return made
        found = self._result(made.qasm)
        if isinstance(found, str):
            return replace(made, obstacle=found)
        return replace(made, on_device=found[0])

    def settled(self, best: Candidate) -> Candidate:
        """A candidate on the best of a few choices of physical qubits, by noisy P(opt)."""
        if best.on_device is None:
            return best
        for trial in range(1, LAYOUTS):
            other = self._measured(best.qasm, seed=1000 * trial)
            if isinstance(other, str):
                continue
            before = self._known[best.qasm]
            if isinstance(before, str) or other[0].p_optimal > before[0].p_optimal:
                self._known[best.qasm] = other
        found = self._result(best.qasm)
        if isinstance(found, str):
            return best
        chosen = found[0].model_copy(update={"layouts": LAYOUTS})
        self._known[best.qasm] = (chosen, found[1])
        return replace(best, on_device=chosen)

    def _result(self, qasm: str) -> tuple[DeviceQuality, str] | str:
        if qasm not in self._known:
            self._known[qasm] = self._measured(qasm, seed=0)
        return self._known[qasm]

    def _measured(self, qasm: str, *, seed: int) -> tuple[DeviceQuality, str] | str:
        from quasar.compile.compile import compile_circuit

        try:
            program = parse(qasm, header="language")
            circuit = answer_circuit(program, self.problem.n_qubits)
            if circuit is None:
                return "it does not measure one qubit of its own for each variable"
            done = compile_circuit(
                to_qiskit(circuit, measure=True),
                self.device,
                seeds=self.seeds,
                seed=seed,
                ones=self._ones(circuit),
            )
            return self._simulated(done), done.qasm
        except QuasarError as error:
            return str(error).rstrip(".")

    def _ones(self, circuit: Circuit) -> list[float] | None:
        """Probability of 1 on each qubit in the optima that the circuit shows: readout errors of 0
        and 1 differ, and only those of optima count. None where it shows none.
        """
        p = np.abs(state_engine().state(circuit)) ** 2
        optima = np.flatnonzero(self.problem.optimality.optimal)
        weights = p[optima]
        if weights.sum() < _NEVER:
            return None
        return [
            float(np.average((optima >> q) & 1, weights=weights))
            for q in range(self.problem.n_qubits)
        ]

    def _simulated(self, done: CompiledCircuit) -> DeviceQuality:
        from quasar.simulate.noisy.engine import NoisyEngine

        found = NoisyEngine(self.device).distribution(done.circuit)
        p: FloatVector = found.mean
        hamiltonian, optimality = self.problem.hamiltonian, self.problem.optimality
        energy = float(p @ hamiltonian.diagonal)
        p_optimal = float(p[optimality.optimal].sum())
        feasible = optimality.feasible
        return DeviceQuality(
            device=self.device.name,
            two_qubit_gates=done.two_qubit_gates,
            depth=done.depth,
            duration_s=done.duration_s,
            esp=done.esp,
            qubits=list(done.layout.final),
            energy=energy,
            approximation_ratio=energy_ratio(energy, hamiltonian.spectrum),
            p_optimal=p_optimal,
            p_feasible=None if feasible is None else float(p[feasible].sum()),
            shots_to_optimum=shots_to_optimum(p_optimal),
            simulated_by=found.method,
        )


def every_depth(settings: DesignerSettings) -> DesignerSettings:
    """The designer's settings with every depth of QAOA as a design, where they name no depth."""
    if settings.layers is not None or settings.algorithm not in (None, "qaoa"):
        return settings
    return settings.model_copy(update={"every_depth": settings.style == "converged"})


def several_depths(request: Request | None, judge: DeviceJudge | None) -> list[Request | None]:
    """What a language model is asked for: with a device also QAOA of few layers, where no number
    of layers is named.
    """
    asked = request or Request()
    if judge is None or asked.layers is not None or asked.algorithm == "adaptive_vqe":
        return [request]
    algorithm = asked.algorithm or "qaoa"
    return [request, *(asked._replace(algorithm=algorithm, layers=p) for p in DEPTHS)]


def better_without_noise(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates that beat the first one without noise and lose to it on the device, best first.

    Classical answers written as circuits are left out: they are ranked last on any device.
    """
    if not candidates or candidates[0].on_device is None:
        return []
    best = candidates[0]
    ideal = best.report.p_optimal or 0.0
    rivals = [
        made
        for made in candidates[1:]
        if made.on_device is not None
        and (made.report.p_optimal or 0.0) > ideal + 1e-6
        and not (made.report.quality is not None and made.report.quality.classical)
    ]
    alike = {made.qasm: made for made in reversed(rivals)}
    return sorted(alike.values(), key=lambda made: -(made.report.p_optimal or 0.0))
