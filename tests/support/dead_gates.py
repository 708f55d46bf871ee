"""Gates without effect, put into a circuit in ten ways."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from quasar.circuits.circuit import Circuit, Gate
from support.random_circuits import random_gate

INVERSES = {"h": "h", "x": "x", "s": "sdg", "t": "tdg", "cx": "cx", "cz": "cz", "swap": "swap"}


def _some(rng: np.random.Generator, n_qubits: int, count: int) -> tuple[int, ...]:
    return tuple(int(q) for q in rng.permutation(n_qubits)[:count])


def _zero_rotation(rng, n):
    return [Gate(str(rng.choice(["crx", "cry", "crz", "cp"])), _some(rng, n, 2), (0.0,))]


def _full_turns(rng, n):
    gate = Gate(str(rng.choice(["rx", "ry", "rz"])), _some(rng, n, 1), (2 * math.pi,))
    return [gate, gate]


def _gate_and_inverse(rng, n):
    if rng.random() < 0.5:
        one = Gate(str(rng.choice(["rx", "crx", "cry"])), _some(rng, n, 2), (rng.uniform(-3, 3),))
        one = one._replace(qubits=one.qubits[: 1 if one.name == "rx" else 2])
        return [one, one._replace(params=(-one.params[0],))]
    name = str(rng.choice(list(INVERSES)))
    one = random_gate(rng, name, n)
    return [one, one._replace(name=INVERSES[name])]


def _on_zero(rng, n):
    return [Gate("cz", _some(rng, n, 2))]


def _control_is_zero(rng, n):
    return [Gate(str(rng.choice(["cx", "cy", "ch"])), _some(rng, n, 2))]


def _two_swaps(rng, n):
    a, b = _some(rng, n, 2)
    return [Gate("swap", (a, b)), Gate("swap", (b, a))]


def _empty_cu(rng, n):
    return [Gate("cu", _some(rng, n, 2), (0.0, 0.0, 0.0, 0.0))]


def _two_controls(rng, n):
    return [Gate("ccx", _some(rng, n, 3))] if n > 2 else []


def _global_phase(rng, n):
    qubit = _some(rng, n, 1)
    return [Gate("id", qubit), *[Gate(name, qubit) for name in "xzxz"]]


def _phase_at_the_end(rng, n):
    return [Gate(str(rng.choice(["rz", "p"])), _some(rng, n, 1), (rng.uniform(-3, 3),))]


ANYWHERE: tuple[Callable, ...] = (
    _zero_rotation, _full_turns, _gate_and_inverse, _two_swaps, _empty_cu, _global_phase,
)  # fmt: skip
AT_THE_START: tuple[Callable, ...] = (_on_zero, _control_is_zero, _two_controls)
AT_THE_END: tuple[Callable, ...] = (_phase_at_the_end,)
WAYS = ANYWHERE + AT_THE_START + AT_THE_END


def with_dead_gates(rng: np.random.Generator, circuit: Circuit, way: Callable) -> Circuit:
    """The circuit with gates that change nothing of its distribution."""
    gates = list(circuit.gates)
    at = 0 if way in AT_THE_START else len(gates)
    if way in ANYWHERE:
        at = int(rng.integers(0, len(gates) + 1))
    gates[at:at] = way(rng, circuit.n_qubits)
    return Circuit(circuit.n_qubits, tuple(gates), circuit.n_measured)
