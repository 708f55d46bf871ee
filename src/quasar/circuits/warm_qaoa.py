"""Warm-started QAOA: each qubit begins in a state of its own, which its mixer keeps.

Qubit i begins in RY(θ_i)|0>, where |1> has the given probability, and a layer's mixer is
RY(θ_i) RZ(2β) RY(-θ_i): a rotation about the axis of that state, so that β alone does nothing to it
(Egger, Mareček and Woerner, Quantum 5, 479 (2021), arXiv 2009.10095, section 2). With probabilities
of 1/2 it is QAOA, β and γ included. Where the probabilities come from is in `optimize.warm_start`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from quasar.circuits.ansatz import Ansatz, Slot
from quasar.circuits.circuit import Gate
from quasar.circuits.qaoa import cost_layer
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian


def warm_qaoa(hamiltonian: IsingHamiltonian, layers: int, ones: Sequence[float]) -> Ansatz:
    """The ansatz with parameters γ_1..γ_p, β_1..β_p, radians.

    Args:
        layers: p, at least 1.
        ones: probability of |1> of each qubit at the start.

    Raises:
        InputError: fewer than one layer, or probabilities outside 0 to 1 or of another number.
    """
    if layers < 1:
        raise InputError(f"QAOA needs at least one layer, not {layers}.")
    n = hamiltonian.n_qubits
    if len(ones) != n or not all(0.0 <= one <= 1.0 for one in ones):
        raise InputError(f"a warm start is {n} probabilities, one a qubit, each from 0 to 1.")
    tilts = [2.0 * math.asin(math.sqrt(one)) for one in ones]
    gates = [Gate("ry", (i,), (tilt,)) for i, tilt in enumerate(tilts)]
    slots: list[Slot] = []
    for layer in range(layers):
        cost_layer(hamiltonian, layer, gates, slots)
        for i, tilt in enumerate(tilts):
            gates.append(Gate("ry", (i,), (-tilt,)))
            slots.append(Slot(len(gates), layers + layer, 2.0))
            gates += [Gate("rz", (i,), (0.0,)), Gate("ry", (i,), (tilt,))]
    return Ansatz(f"warm qaoa p={layers}", n, tuple(gates), tuple(slots), 2 * layers)
