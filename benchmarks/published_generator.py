"""Angles the way the published data generator found them: PennyLane, nothing of this project.

`default.qubit` with automatic differentiation (backpropagation, PennyLane's default interface);
an Adam optimiser with decoupled weight decay for QAOA and VQE, `AdaptiveOptimizer` for adaptive
circuits. Takes plain lists, so that both sides of a comparison start from the same numbers.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

_NAMES = {
    "h": "Hadamard", "cx": "CNOT", "cz": "CZ", "rx": "RX", "ry": "RY", "rz": "RZ",
    "crx": "CRX", "cry": "CRY", "crz": "CRZ",
}  # fmt: skip


class Operation(NamedTuple):
    """A gate: its name, its qubits, and the angle scale * theta[parameter] if it has one."""

    name: str
    qubits: tuple[int, ...]
    parameter: int | None = None
    scale: float = 1.0


class Outcome(NamedTuple):
    """Seconds of the steps, without those of the first, and the energy after them."""

    seconds: float
    energy: float


Terms = Mapping[tuple[int, ...], float]


def descend(
    n_qubits: int,
    operations: Sequence[Operation],
    terms: Terms,
    start: Sequence[float],
    steps: int,
    *,
    rate: float,
    betas: tuple[float, float],
    epsilon: float,
    decay: float,
) -> Outcome:
    """AdamW steps of gradient descent.

    Args:
        terms: coefficient of each product of Z.
        rate: learning rate.
        betas: memories of the mean and the mean squared gradient.
        epsilon: added to the root of the mean square.
        decay: weight decay, times the rate.
    """
    import pennylane as qml
    from pennylane import numpy as pnp

    hamiltonian = _hamiltonian(terms)

    def ansatz(theta: Any) -> Any:
        for name, qubits, parameter, scale in operations:
            gate = getattr(qml, _NAMES[name])
            if parameter is None:
                gate(wires=qubits)
            else:
                gate(scale * theta[parameter], wires=qubits)
        return qml.expval(hamiltonian)

    energy = qml.QNode(ansatz, qml.device("default.qubit", wires=n_qubits), diff_method="backprop")
    optimizer = qml.AdamOptimizer(rate, *betas, eps=epsilon)
    theta = pnp.array(start, requires_grad=True)
    seconds = 0.0
    for step in range(steps + 1):  # the first warms up and is done again
        begun = time.process_time()
        new = optimizer.step(energy, theta) - rate * decay * theta
        if step:
            seconds += time.process_time() - begun
            theta = new
        else:
            optimizer.reset()
    return Outcome(seconds, float(energy(theta)))


def grow(n_qubits: int, pool: Sequence[Operation], terms: Terms, steps: int) -> Outcome:
    """Steps of adaptive growth from Hadamards on all qubits.

    Args:
        pool: the gates to choose from, in their order.
    """
    import pennylane as qml

    hamiltonian = _hamiltonian(terms)

    def ansatz() -> Any:
        for wire in range(n_qubits):
            qml.Hadamard(wires=wire)
        return qml.expval(hamiltonian)

    circuit = qml.QNode(ansatz, qml.device("default.qubit", wires=n_qubits), diff_method="backprop")
    gates = [getattr(qml, _NAMES[name])(0.001, wires=qubits) for name, qubits, *_ in pool]
    optimizer = qml.AdaptiveOptimizer(param_steps=10, stepsize=0.5)
    begun = time.process_time()
    for _ in range(steps):
        circuit, _, _ = optimizer.step_and_cost(circuit, gates, drain_pool=True)
    seconds = time.process_time() - begun
    return Outcome(seconds, float(circuit()))


def _hamiltonian(terms: Terms) -> Any:
    import pennylane as qml

    products = [qml.prod(*(qml.PauliZ(q) for q in qubits)) for qubits in terms]
    return qml.Hamiltonian(list(terms.values()), products)
