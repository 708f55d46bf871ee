"""The engine `noisy`: programs under a noise model, by density matrices or trajectories.

A circuit is compiled for the model's device unless it is already; only the qubits that are acted on
are simulated. Exact up to about 12 qubits (`pauli_state`); beyond, trajectories with standard
errors. Covers static programs that measure at their end.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qasm import Program
from quasar.circuits.to_qiskit import to_qiskit
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.observable import Observable
from quasar.core.seeds import generator
from quasar.simulate.cones.engine import answer_qubits
from quasar.simulate.engine import (
    ALL_WRITTEN,
    Energy,
    Estimate,
    Feature,
    FloatVector,
    Outcome,
    Readout,
)
from quasar.simulate.noisy import pauli_state, trajectories
from quasar.simulate.noisy.confusion import confused
from quasar.simulate.noisy.model import NoiseModel, NoiseSource, noise_model
from quasar.simulate.noisy.steps import NoisyProgram, noisy_program
from quasar.simulate.shift_energy import ShiftEnergy

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

DEFAULT_NOISE = "depolarizing:0.0003,0.005+readout:0.01"
"""Of an engine that is asked for by its name alone: about today's good machines."""

Method: TypeAlias = Literal["auto", "density", "trajectories"]
Compiler: TypeAlias = "Callable[[QuantumCircuit], QuantumCircuit]"
"""Translates a measured circuit to a device's gates and qubits; classical bits stay."""


@dataclass(frozen=True, eq=False)
class NoisyDistribution:
    """What is measured under noise, before shots.

    Attributes:
        groups: independent estimates of the distribution of the answer's w bits, shape [G, 2**w];
            one, exact, of a density matrix.
        method: what they are from.
        trajectories: how many; None of a density matrix.
        program: what was simulated.
    """

    groups: FloatVector
    method: Literal["density matrix", "trajectories"]
    trajectories: int | None
    program: NoisyProgram

    @property
    def mean(self) -> FloatVector:
        """The best estimate, shape [2**w]."""
        return np.asarray(self.groups.mean(axis=0))

    def sampled(self, shots: int, seed: int) -> FloatVector:
        """Frequencies of `shots` measurements, shared over the groups: shape [G', 2**w].

        Groups without a shot are left out.
        """
        random = generator(seed, "noisy shots")
        count = len(self.groups)
        sizes = [shots // count + (i < shots % count) for i in range(count)]
        drawn = [
            random.multinomial(size, p / p.sum()) / size
            for size, p in zip(sizes, self.groups, strict=True)
            if size
        ]
        return np.array(drawn)


@dataclass(eq=False, slots=True)
class NoisyOutcome(Outcome):
    """Of a run under noise; errors come from trajectories and shots.

    Attributes:
        spread: independent estimates of the distribution, shape [G, 2**w]; None where it is exact
            or the shots alone make the error.
    """

    spread: FloatVector | None = None

    def probability(self, index: int) -> Estimate:
        """Probability of one answer."""
        if self.spread is None:
            return Outcome.probability(self, index)
        return of_groups(self.spread[:, index])

    def _diagonal_expectation(self, hamiltonian: IsingHamiltonian) -> Estimate:
        if self.spread is None:
            return Outcome._diagonal_expectation(self, hamiltonian)
        return of_groups(self.spread @ hamiltonian.diagonal)


def of_groups(values: FloatVector) -> Estimate:
    """Mean and standard error of independent estimates, shape [G]."""
    count = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(count) if count > 1 else math.inf
    return Estimate(float(values.mean()), error, "statistical")


class NoisyEngine:
    """Programs under noise.

    Args:
        noise: a model, its text, or a device; default: `DEFAULT_NOISE`.
        method: `auto` takes the density matrix where it fits.
        trajectories: how many, beyond.
        compiler: translates circuits for the device; default: Qiskit's passes, level 3, seed 0.
        watch: called again and again while it simulates; what it raises ends the simulation.
    """

    name = "noisy"
    supports: frozenset[Feature] = frozenset({"shots", "noise"})

    def __init__(
        self,
        noise: NoiseSource = DEFAULT_NOISE,
        *,
        method: Method = "auto",
        trajectories: int = trajectories.TRAJECTORIES,
        compiler: Compiler | None = None,
        watch: Callable[[], None] | None = None,
    ) -> None:
        self.noise: NoiseModel = noise_model(noise)
        if method not in ("auto", "density", "trajectories"):
            raise InputError(f"the method is auto, density or trajectories, not {method!r}.")
        if trajectories < 2:
            raise InputError(f"at least 2 trajectories are needed, not {trajectories}.")
        self.method = method
        self.trajectories = trajectories
        self._compiler = compiler
        self._watch = watch or (lambda: None)

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> NoisyOutcome:
        """Simulate a program under noise; see `Engine.run`.

        Raises:
            CircuitError: kind `unsimulable` for a dynamic program, `qubits` for more qubits than
                the device has, `limit` for more than can be simulated.
        """
        if program.circuit is None:
            raise CircuitError(
                "noise is simulated for programs without mid-circuit measurements, "
                "resets and branches.",
                kind="unsimulable",
                hint="Write it without them; the engine qulacs takes them, without noise.",
            )
        answer, qubits = answer_qubits(program, program.circuit, readout)
        measured = measured_circuit(to_qiskit(program.circuit), qubits)
        found = self.distribution(self.compiled(measured), seed=seed)
        exact = found.trajectories is None
        if shots is None:
            spread = None if exact else found.groups
            return NoisyOutcome(found.mean, answer, spread=spread)
        drawn = found.sampled(shots, seed)
        share = shots / len(drawn)
        seen = np.flatnonzero(drawn.any(axis=0))
        counts = {int(i): round(float(drawn[:, i].sum() * share)) for i in seen}
        return NoisyOutcome(
            None, answer, counts=counts, shots=shots, spread=None if exact else drawn
        )

    def compiled(self, circuit: QuantumCircuit) -> QuantumCircuit:
        """The circuit in the gates and on the qubits of the noise's device, if it has one."""
        device = self.noise.device
        if device is None:
            return circuit
        if circuit.num_qubits > device.qubits:
            raise CircuitError(
                f"the circuit has {circuit.num_qubits} qubits, {device.name} has {device.qubits}.",
                kind="qubits",
                hint="Take a larger device.",
            )
        if self._compiler is not None:
            return self._compiler(circuit)
        from qiskit.transpiler import generate_preset_pass_manager

        passes = generate_preset_pass_manager(
            optimization_level=3, target=device.target, seed_transpiler=0
        )
        return passes.run(circuit)

    def distribution(self, circuit: QuantumCircuit, *, seed: int = 0) -> NoisyDistribution:
        """What a compiled, measured circuit gives under the noise, readout errors included."""
        program = noisy_program(circuit, self.noise)
        made = pauli_state.plan(program)
        method = self.method
        if method == "auto":
            method = "density" if made.peak <= pauli_state.MAX_PEAK else "trajectories"
        qubits = pauli_state.measured_qubits(program)
        if method == "density":
            groups = pauli_state.distribution(program, made, self._watch)[None]
        else:
            groups = trajectories.distributions(program, self.trajectories, seed, self._watch)
        read = [
            confused(pauli_state.per_bit(p, program.held, qubits), program.flips) for p in groups
        ]
        exact = method == "density"
        return NoisyDistribution(
            np.array(read),
            "density matrix" if exact else "trajectories",
            None if exact else self.trajectories,
            program,
        )

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) under noise, gradients by the parameter-shift rule."""
        return ShiftEnergy(self, ansatz, observable)


def measured_circuit(circuit: QuantumCircuit, qubits: tuple[int, ...]) -> QuantumCircuit:
    """The circuit, which measures qubit `qubits[i]` into bit i and has no other bits."""
    from qiskit import ClassicalRegister

    bits = ClassicalRegister(len(qubits), "answer")
    circuit.add_register(bits)
    circuit.measure(list(qubits), list(bits))
    return circuit
