"""Random circuits for property tests, and their unitaries from the gates' definitions alone."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from scipy.stats import unitary_group

from quasar.circuits.circuit import GATES, Circuit, Gate

NAMES = (*GATES, "unitary")
_PI = np.pi
_ANGLES = (0.0, _PI, -_PI, _PI / 2, -_PI / 2, 2 * _PI, -2 * _PI, 4 * _PI, 0.3, -0.3, 1e-12)
_LARGE = 7e8  # of one angle; sums of two such angles are not what a simulator makes of them

_X = np.array([[0, 1], [1, 0]], dtype=complex)
_Y = np.array([[0, -1j], [1j, 0]])
_Z = np.diag([1, -1]).astype(complex)
_H = (_X + _Z) / np.sqrt(2)


def _exp(pauli, angle):
    return np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * pauli


def _p(angle):
    return np.diag([1, np.exp(1j * angle)])


def _u(theta, phi, lam):
    c, s = np.cos(theta / 2), np.sin(theta / 2)
    return np.array(
        [[c, -np.exp(1j * lam) * s], [np.exp(1j * phi) * s, np.exp(1j * (phi + lam)) * c]]
    )


_SINGLE = {
    "U": _u, "u3": _u, "u2": lambda phi, lam: _u(np.pi / 2, phi, lam),
    "p": _p, "phase": _p, "u1": _p,
    "x": lambda: _X, "y": lambda: _Y, "z": lambda: _Z, "h": lambda: _H, "id": lambda: np.eye(2),
    "s": lambda: _p(np.pi / 2), "sdg": lambda: _p(-np.pi / 2),
    "t": lambda: _p(np.pi / 4), "tdg": lambda: _p(-np.pi / 4),
    "sx": lambda: (np.eye(2) + _X) / 2 + 1j * (np.eye(2) - _X) / 2,
    "rx": lambda a: _exp(_X, a), "ry": lambda a: _exp(_Y, a), "rz": lambda a: _exp(_Z, a),
}  # fmt: skip
_CONTROLLED = {
    "cx": "x", "CX": "x", "cy": "y", "cz": "z", "cp": "p", "cphase": "p", "ch": "h",
    "crx": "rx", "cry": "ry", "crz": "rz", "ccx": "x",
}  # fmt: skip
_SWAP = np.eye(4, dtype=complex)[[0, 2, 1, 3]]


def matrix(gate: Gate) -> np.ndarray:
    """Matrix of a gate, its first qubit least significant; shape [2**k, 2**k]."""
    if gate.name == "unitary":
        return gate.matrix
    if gate.name in _SINGLE:
        return _SINGLE[gate.name](*gate.params)
    if gate.name == "swap":
        return _SWAP
    if gate.name == "cswap":
        target = _SWAP
    elif gate.name == "cu":
        target = np.exp(1j * gate.params[3]) * _u(*gate.params[:3])
    else:
        target = _SINGLE[_CONTROLLED[gate.name]](*gate.params)
    # The controls come first, so they are the low bits: all ones is the last index modulo.
    controls = len(gate.qubits) - int(target.shape[0]).bit_length() + 1
    out = np.eye(1 << len(gate.qubits), dtype=complex)
    on = np.arange(target.shape[0]) * (1 << controls) + (1 << controls) - 1
    out[np.ix_(on, on)] = target
    return out


def unitary(circuit: Circuit) -> np.ndarray:
    """Unitary of a circuit, qubit 0 least significant; shape [D, D]."""
    return _applied(circuit, np.eye(1 << circuit.n_qubits, dtype=complex))


def state(circuit: Circuit) -> np.ndarray:
    """Amplitudes from |0...0>; shape [D]."""
    return _applied(circuit, np.eye(1 << circuit.n_qubits, 1, dtype=complex))[:, 0]


def _applied(circuit: Circuit, columns: np.ndarray) -> np.ndarray:
    n = circuit.n_qubits
    out = columns.reshape((2,) * n + (-1,))
    for gate in circuit.gates:
        k = len(gate.qubits)
        axes = [n - 1 - q for q in reversed(gate.qubits)]
        tensor = matrix(gate).reshape((2,) * (2 * k))
        out = np.tensordot(tensor, out, axes=(list(range(k, 2 * k)), axes))
        out = np.moveaxis(out, list(range(k)), axes)
    return out.reshape(1 << n, -1)


def same_up_to_phase(a: np.ndarray, b: np.ndarray, atol: float = 1e-8) -> bool:
    overlap = np.vdot(a, b)
    return abs(overlap) > 0 and np.allclose(a * overlap / abs(overlap), b, atol=atol)


def random_gate(rng: np.random.Generator, name: str, n_qubits: int) -> Gate:
    if name == "unitary":
        k = int(rng.integers(1, min(n_qubits, 3) + 1))
        qubits = tuple(int(q) for q in rng.permutation(n_qubits)[:k])
        return Gate(name, qubits, (), unitary_group.rvs(1 << k, random_state=rng) + 0j)
    spec = GATES[name]
    qubits = tuple(int(q) for q in rng.permutation(n_qubits)[: spec.n_qubits])
    return Gate(name, qubits, tuple(float(a) for a in rng.uniform(-7, 7, spec.n_params)))


def random_circuit(
    rng: np.random.Generator, n_qubits: int, n_gates: int, names: tuple[str, ...] = NAMES
) -> Circuit:
    fitting = [x for x in names if x == "unitary" or GATES[x].n_qubits <= n_qubits]
    gates = [random_gate(rng, str(rng.choice(fitting)), n_qubits) for _ in range(n_gates)]
    return Circuit(n_qubits, tuple(gates), n_measured=n_qubits)


def circuits(
    max_qubits: int = 4, max_gates: int = 10, names: tuple[str, ...] = NAMES
) -> st.SearchStrategy[Circuit]:
    """Strategy over small circuits of any gates."""
    return st.builds(
        lambda seed, n, m: random_circuit(np.random.default_rng(seed), n, m, names),
        st.integers(0, 2**32 - 1),
        st.integers(1, max_qubits),
        st.integers(0, max_gates),
    )


def all_gates_circuit(n_qubits: int = 4) -> Circuit:
    """Every gate once."""
    rng = np.random.default_rng(7)
    gates = tuple(random_gate(rng, name, n_qubits) for name in NAMES)
    return Circuit(n_qubits, gates, n_measured=n_qubits)


@st.composite
def eventful(draw: st.DrawFn) -> Circuit:
    """Random circuits with special angles, repeats and inverses."""
    circuit = draw(circuits(max_qubits=5, max_gates=24))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gates: list[Gate] = []
    for gate in circuit.gates:
        if rng.random() < 0.7:
            allowed = (*_ANGLES, _LARGE) if len(gate.params) == 1 else _ANGLES
            gate = gate._replace(params=tuple(float(rng.choice(allowed)) for _ in gate.params))
        gates.append(gate)
        if rng.random() < 0.25:
            old = gates[int(rng.integers(len(gates)))]
            gates.append(old._replace(params=tuple(-angle for angle in old.params)))
    return Circuit(circuit.n_qubits, tuple(gates), circuit.n_qubits)
