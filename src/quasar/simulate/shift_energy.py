"""Energies by running circuits, with gradients by the parameter-shift rule: for any engine.

A rotation exp(-iθ/2 P) needs two further runs, at θ ± π/2 (Mitarai et al., Phys. Rev. A 98, 032309
(2018)); so does a controlled phase, whose generator has two eigenvalues. A controlled rotation has
three and needs four runs, at ± π/2 and ± 3π/2 (Anselmetti et al., New J. Phys. 23, 113010 (2021)).
Slow next to adjoint gradients, but all it asks of an engine is expectations.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.circuit import Circuit
from quasar.circuits.qasm import Program
from quasar.core.observable import Observable
from quasar.simulate.ansatz_energy import AnsatzEnergy
from quasar.simulate.engine import Engine, FloatVector
from quasar.simulate.rotations import rotation_name

_TWO_TERMS = ((math.pi / 2, 0.5), (-math.pi / 2, -0.5))
_NEAR, _FAR = (math.sqrt(2) + 1) / (4 * math.sqrt(2)), (math.sqrt(2) - 1) / (4 * math.sqrt(2))
_FOUR_TERMS = (
    (math.pi / 2, _NEAR),
    (-math.pi / 2, -_NEAR),
    (3 * math.pi / 2, -_FAR),
    (-3 * math.pi / 2, _FAR),
)
_RULES = {
    **dict.fromkeys(("rx", "ry", "rz", "p", "cp"), _TWO_TERMS),
    **dict.fromkeys(("crx", "cry", "crz"), _FOUR_TERMS),
}


class ShiftEnergy(AnsatzEnergy):
    """E(θ) of an ansatz by an engine's expectations.

    Args:
        ansatz: n qubits, P parameters; slots on rx, ry, rz, p, crx, cry, crz, cp.
        observable: on n qubits.
        shots: of each run; None: as the engine runs by itself.
        seed: of the shots; each run takes the next one.

    Raises:
        ValueError: a slot on a gate that is not a rotation.
    """

    def __init__(
        self,
        engine: Engine,
        ansatz: Ansatz,
        observable: Observable,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__(ansatz, 1 << observable.n_qubits)
        self._rules = [_RULES[rotation_name(ansatz.gates[slot.gate])] for slot in ansatz.slots]
        self.engine = engine
        self.observable = observable
        self.shots = shots
        self.seed = seed

    def value(self, theta: npt.ArrayLike) -> float:
        """E(θ), θ of shape [P] in radians."""
        return self._run(self.ansatz.bind(theta))

    def value_and_gradient(self, theta: npt.ArrayLike) -> tuple[float, FloatVector]:
        """E(θ) and dE/dθ, shape [P]."""
        circuit = self.ansatz.bind(theta)
        gradient = np.zeros(self.n_parameters)
        for (position, parameter, scale), rule in zip(self.ansatz.slots, self._rules, strict=True):
            for shift, weight in rule:
                gate = circuit.gates[position]
                shifted = gate._replace(params=(gate.params[0] + shift, *gate.params[1:]))
                gates = (*circuit.gates[:position], shifted, *circuit.gates[position + 1 :])
                gradient[parameter] += scale * weight * self._run(Circuit(circuit.n_qubits, gates))
        return self._run(circuit), gradient

    def _run(self, circuit: Circuit) -> float:
        program = Program(circuit.n_qubits, circuit, None, "fast")
        outcome = self.engine.run(program, shots=self.shots, seed=self.seed + self.evaluations)
        self.evaluations += 1
        return outcome.expectation(self.observable).value
