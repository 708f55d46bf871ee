"""A circuit judged as a device would run it: compiled, simulated with noise, mitigated.

`DeviceRun` holds what a user chose and does it for one program after another. Noise is that of
`simulate.noisy`, mitigation that of `mitigation`. Does not run on hardware.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.circuits.measurement import Answer
from quasar.circuits.qasm import Program, parse
from quasar.core.errors import CircuitError, InputError
from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.simulate.engine import MAX_QUBITS, Estimate, FloatVector, Readout, get_engine
from quasar.verifier.device_report import (
    CompiledFor,
    DeviceReport,
    Extrapolation,
    figures,
)
from quasar.verifier.report import Report
from quasar.verifier.settings import DeviceSettings, VerifierSettings

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from quasar.devices.device import Device
    from quasar.mitigation.mitigate import Mitigated
    from quasar.mitigation.plan import Mitigation
    from quasar.simulate.noisy.engine import NoisyDistribution, NoisyEngine
    from quasar.simulate.noisy.model import NoiseModel


@dataclass(frozen=True, eq=False)
class DeviceRun:
    """What a user chose, ready to run.

    Attributes:
        noise: the model, with its device if there is one.
        device: what circuits are compiled for; None: nothing.
        mitigation: steps.
        settings: the rest.
        max_seconds: processor seconds for one program; None: no limit.
    """

    noise: NoiseModel
    device: Device | None
    mitigation: Mitigation
    settings: DeviceSettings
    max_seconds: float | None = None

    def within(self, seconds: float | None) -> DeviceRun:
        """The same with a limit on the time for one program."""
        return replace(self, max_seconds=seconds)

    @classmethod
    def of(
        cls,
        settings: DeviceSettings | Mapping[str, Any] | None = None,
        *,
        device: Any = None,
        noise: Any = None,
    ) -> DeviceRun:
        """From settings, and objects in place of their names.

        Args:
            device: whatever `devices.load.device` takes.
            noise: whatever `simulate.noisy.model.noise_model` takes.

        Raises:
            InputError: an unknown device, noise or step of mitigation, or steps that the noise
                makes meaningless.
        """
        from quasar.devices.load import device as load_device
        from quasar.mitigation.plan import read_mitigation
        from quasar.simulate.noisy.model import noise_model

        chosen = DeviceSettings.given(settings, "device settings") or DeviceSettings()
        source = chosen.device if device is None else device
        found = None if source is None else load_device(source)
        model = noise_model(chosen.noise if noise is None else noise, found)
        found = found or model.device
        steps = read_mitigation(chosen.mitigate)
        if steps.decoupling is not None and not model.idle:
            raise InputError(
                "dynamical decoupling acts on qubits that wait, and this noise has none there: ask "
                "for it, as in device+idle or device+detuning:20000."
            )
        if steps.decoupling is not None and found is None:
            raise InputError("dynamical decoupling needs a device with durations: name one.")
        if steps.readout == "m3" and chosen.shots is None:
            raise InputError("m3 corrects counts: give a number of shots.")
        return cls(model, found, steps, chosen)

    def judge(
        self,
        report: Report,
        text: str | bytes,
        problem: EncodedProblem,
        settings: VerifierSettings,
        parameters: Mapping[str, float],
    ) -> None:
        """Fill `report.device` of a circuit that was found feasible by these settings."""
        if not report.feasible:
            return
        written = text if isinstance(text, str) else text.decode("utf-8")
        program = parse(
            written,
            max_gates=settings.limits.max_gates,
            parameters=parameters,
            header=settings.header,
        )
        self.add_to(report, program, problem)

    def add_to(self, report: Report, program: Program, problem: EncodedProblem) -> None:
        """Fill `report.device`; where it cannot be had, `report.skipped` says why."""
        try:
            report.device = self.report(program, problem)
        except CircuitError as error:
            report.skipped["device"] = str(error)

    def report(self, program: Program, problem: EncodedProblem) -> DeviceReport:
        """What the noise makes of a program.

        Raises:
            CircuitError: it cannot be run on the device, or not be simulated with noise.
        """
        from quasar.mitigation.mitigate import mitigate

        begun = time.perf_counter()
        watch = _Watch(self.max_seconds)
        if isinstance(problem, EncodedObservable):
            raise CircuitError(
                "noise is simulated for problems whose answers are bit strings, not observables.",
                kind="unsimulable",
            )
        if problem.n_qubits > MAX_QUBITS or program.circuit is None:
            raise CircuitError(
                "noise is simulated for circuits without mid-circuit measurements, resets and "
                f"branches, of at most {MAX_QUBITS} variables.",
                kind="unsimulable",
                hint="Judge it without a device.",
            )
        runner = _Runner(self, problem, watch)
        circuit, compiled = runner.compiled(program.circuit, program.answer(problem.n_qubits))
        watch()
        raw = runner.engine.distribution(circuit, seed=self.settings.seed)
        rows, ends = _values(problem), problem.hamiltonian.spectrum
        ideal = get_engine().run(program, Readout(problem.n_qubits)).distribution()
        noisy = mitigate(circuit, lambda _: runner.measured(raw, 0), rows, "")
        found: Mitigated | None = None
        if self.mitigation:
            found = mitigate(
                circuit,
                runner,
                rows,
                self.mitigation,
                flips=raw.program.flips,
                target=None if self.device is None else self.device.target,
                seed=self.settings.seed,
            )
        shots = self.settings.shots
        circuits = 1 + (
            0 if found is None else runner.more_than(noisy_first=found.factors[0] == 1.0)
        )
        return DeviceReport(
            device=None if self.device is None else self.device.name,
            source=None if self.device is None else self.device.source,
            noise=self.noise.name,
            method=raw.method,
            trajectories=raw.trajectories,
            shots=shots,
            seed=self.settings.seed,
            compiled=compiled,
            ideal=figures(_exact(ideal, rows), ends.e_min, ends.e_max),
            noisy=figures(noisy.means, ends.e_min, ends.e_max),
            mitigated=None
            if found is None
            else figures(found.means, ends.e_min, ends.e_max, shots=False),
            mitigation=self.mitigation.names,
            extrapolation=_extrapolation(self.mitigation, found),
            circuits=circuits,
            total_shots=None if shots is None else shots * circuits,
            cost_s=time.perf_counter() - begun,
        )


class _Watch:
    """Ends what takes too long: called again and again, it raises once the time is over."""

    def __init__(self, seconds: float | None) -> None:
        self.seconds = math.inf if seconds is None else seconds
        self.begun_s = time.thread_time()

    def __call__(self) -> None:
        """Do nothing while there is time.

        Raises:
            CircuitError: there is none left.
        """
        if time.thread_time() - self.begun_s > self.seconds:
            raise CircuitError.over(
                "time",
                f"noise was not simulated within {self.seconds:g} s.",
                "Take fewer qubits, layers or steps of mitigation, or allow more time.",
            )


class _Runner:
    """Runs circuits of one program under noise; the executor of mitigation."""

    def __init__(self, run: DeviceRun, problem: EncodedProblem, watch: _Watch) -> None:
        from quasar.simulate.noisy.engine import NoisyEngine

        self.run = run
        self.problem = problem
        self.engine: NoisyEngine = NoisyEngine(
            run.noise, trajectories=run.settings.trajectories, watch=watch
        )
        self.ran = 0

    def __call__(self, circuit: QuantumCircuit) -> Any:
        # The first is the noisy circuit itself, with the same shots, where nothing changes it.
        place, self.ran = self.ran, self.ran + 1
        return self.measured(self.engine.distribution(circuit, seed=self.run.settings.seed), place)

    def more_than(self, *, noisy_first: bool) -> int:
        """Circuits beyond the noisy one, which serves as the first where nothing changes it."""
        plain = not self.run.mitigation.twirls and self.run.mitigation.decoupling is None
        return self.ran - (plain and noisy_first)

    def measured(self, found: NoisyDistribution, place: int) -> Any:
        """A distribution, or what shots show of it, as mitigation takes it."""
        shots, seed = self.run.settings.shots, self.run.settings.seed + 7919 * place
        if shots is None:
            return found.groups
        drawn = found.sampled(shots, seed)
        if found.trajectories is not None and self.run.mitigation.readout != "m3":
            return drawn
        counts = (drawn * shots / len(drawn)).sum(axis=0)
        return {int(i): round(float(counts[i])) for i in np.flatnonzero(counts)}

    def compiled(
        self, circuit: Circuit, answer: Answer
    ) -> tuple[QuantumCircuit, CompiledFor | None]:
        """The measured circuit, on the device if there is one."""
        from quasar.circuits.to_qiskit import to_qiskit
        from quasar.simulate.noisy.engine import measured_circuit

        if answer.width != self.problem.n_qubits:
            raise CircuitError("the answer has another number of bits than the problem.")
        qubits = tuple(range(answer.width))
        if answer.bits is not None:
            qubits = tuple(circuit.measurements.final[bit] for bit in answer.bits)
        measured = measured_circuit(to_qiskit(circuit), qubits)
        device = self.run.device
        if device is None:
            return measured, None
        return _compiled_for(measured, device)


def _compiled_for(circuit: QuantumCircuit, device: Device) -> tuple[QuantumCircuit, CompiledFor]:
    """A measured circuit on the device, its classical bits unchanged, and what it has become."""
    from quasar.compile.compile import compile_circuit

    if circuit.num_qubits > device.qubits:
        raise CircuitError(
            f"the circuit has {circuit.num_qubits} qubits, {device.name} has {device.qubits}.",
            kind="qubits",
            hint="Take a larger device.",
        )
    made = compile_circuit(circuit, device)
    measured = {
        made.circuit.find_bit(item.clbits[0]).index: made.circuit.find_bit(item.qubits[0]).index
        for item in made.circuit.data
        if item.operation.name == "measure"
    }
    size = CompiledFor(
        qubits=sorted(made.layout.active),
        measured=[measured[bit] for bit in sorted(measured)],
        gates=made.gates,
        two_qubit_gates=made.two_qubit_gates,
        depth=made.depth,
        duration_s=made.duration_s,
        esp=made.esp,
        proof=made.proof.statement,
    )
    return made.circuit, size


def _values(problem: EncodedProblem) -> FloatVector:
    """Energy, optimal and, where constraints can be broken, valid states: shape [2 or 3, D]."""
    optimality = problem.optimality
    rows = [problem.hamiltonian.diagonal, optimality.optimal.astype(np.float64)]
    if optimality.feasible is not None:
        rows.append(optimality.feasible.astype(np.float64))
    return np.array(rows)


def _exact(distribution: FloatVector, rows: FloatVector) -> tuple[Estimate, ...]:
    return tuple(Estimate(float(row @ distribution)) for row in rows)


def _extrapolation(steps: Mitigation, found: Mitigated | None) -> Extrapolation | None:
    if steps.zne is None or found is None:
        return None
    return Extrapolation(
        folding=steps.zne.folding,
        fit=steps.zne.fit,
        factors=list(found.factors),
        energies=[points[0].value for points in found.at_factor],
        errors=[points[0].error for points in found.at_factor],
    )
