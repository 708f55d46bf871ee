"""Is the compiled circuit the original? Proved before anybody gets it.

What is proved: on the input |0...0> the compiled circuit makes the original's state, amplitudes
with their relative phases, up to global phase, with qubit i of the original on its final place and
every other qubit that it used back in |0>. So every measurement at the end has the same
distribution. Beyond the reach of state vectors the same is proved block by block (`blocks`), which
needs no input state, or else estimated by matrix product states and said to be an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from quasar.circuits.circuit import Circuit
from quasar.compile.blocks import matched_blocks
from quasar.core.errors import InfrastructureError, InputError
from quasar.simulate.state_engine import state_engine

if TYPE_CHECKING:
    from quimb.tensor import CircuitMPS

STATE_QUBITS = 20
"""Active qubits up to which states are compared: 16 MiB each."""
MOST_STATE_QUBITS = 24
"""The same where no other proof is found."""
INFIDELITY = 1e-7
"""Most that equal states may differ, as 1 - |<original|compiled>|². Rounding makes 1e-15; Qiskit's
numerical synthesis into rotations such as rzz makes up to 1e-9 a gate.
"""
_MPS_BOND = 64
_MPS_LOSS = 1e-3
"""Fidelity that matrix product states may lose; beyond it they say nothing."""

Method = Literal["state vectors", "blocks", "matrix product states"]


class NotEquivalentError(InfrastructureError):
    """A compiled circuit does not do what the original does, or nobody can tell.

    Attributes:
        original, compiled: both as OpenQASM 3, to look into; empty where there is no text.
    """

    original: str = ""
    compiled: str = ""


@dataclass(frozen=True)
class Proof:
    """How the equivalence of a compiled circuit is known.

    Attributes:
        method: what was compared.
        exact: whether it is proved up to rounding; else `infidelity` is an estimate.
        infidelity: 1 - |<original|compiled>|², or a bound on it.
        statement: all of it in a sentence.
        second_opinion: what mqt.qcec says; None: it was not asked.
    """

    method: Method
    exact: bool
    infidelity: float
    statement: str
    second_opinion: str | None = None


def prove(original: Circuit, compiled: Circuit, initial: Sequence[int]) -> Proof:
    """The proof that a compiled circuit does what the original does.

    Args:
        original: gates on one or two qubits.
        compiled: its qubit i ends as the original's qubit i; those beyond were used on the way.
        initial: where each qubit of the original starts.

    Raises:
        NotEquivalentError: it does not, or it cannot be shown.
    """
    width = compiled.n_qubits
    if width <= STATE_QUBITS:
        return _by_states(original, compiled)
    distance = matched_blocks(original, compiled, initial, range(original.n_qubits))
    if distance is not None and distance**2 <= INFIDELITY:
        # |<a|b>| >= 1 - ||a - b||² / 2 for a suitable phase.
        return Proof(
            "blocks",
            True,
            distance**2,
            f"Block by block the compiled circuit of {width} qubits is the original's unitary, up "
            f"to global phase and layout ({_shown(distance, 'distance')}).",
        )
    if width <= MOST_STATE_QUBITS:
        return _by_states(original, compiled)
    return _by_mps(original, compiled)


def _by_states(original: Circuit, compiled: Circuit) -> Proof:
    engine = state_engine()
    wanted = engine.state(original)
    # Qubit i of the original is qubit i here, and the others stand above: they are |0> in front.
    found = engine.state(compiled)[: wanted.size]
    infidelity = max(0.0, 1.0 - float(abs(np.vdot(wanted, found)) ** 2))
    if not infidelity <= INFIDELITY:
        raise NotEquivalentError(
            "the compiled circuit is not the original: their states differ by an infidelity of "
            f"{infidelity:.2g}. It is not given out; please report both circuits."
        )
    return Proof(
        "state vectors",
        True,
        infidelity,
        f"On the input |0...0> both circuits make the same state of {compiled.n_qubits} qubits, up "
        f"to global phase and layout ({_shown(infidelity, 'infidelity')}).",
    )


def _shown(value: float, what: str) -> str:
    """A deviation in words; rounding differs from machine to machine."""
    return f"{what} below 1e-12" if value < 1e-12 else f"{what} {value:.1e}"


def _by_mps(original: Circuit, compiled: Circuit) -> Proof:
    unknown = (
        f"the equivalence of the compiled circuit on {compiled.n_qubits} qubits could not be shown"
    )
    try:
        wanted = _mps(original, compiled.n_qubits)
        found = None if wanted is None else _mps(compiled, compiled.n_qubits)
    except ImportError:
        raise NotEquivalentError(
            f"{unknown}: neither block by block, nor by matrix product states, which need quimb "
            "(the extra `mps`)."
        ) from None
    if wanted is None or found is None:
        raise NotEquivalentError(
            f"{unknown}: neither block by block, nor by matrix product states, which would lose "
            "too much of them."
        )
    overlap = float(abs(wanted.psi.H @ found.psi) ** 2)
    kept = float(wanted.fidelity_estimate() * found.fidelity_estimate())
    infidelity = max(0.0, 1.0 - overlap)
    if infidelity > _MPS_LOSS:
        raise NotEquivalentError(
            "the compiled circuit is not the original: their matrix product states differ by an "
            f"infidelity of {infidelity:.2g}. It is not given out; please report both circuits."
        )
    return Proof(
        "matrix product states",
        False,
        max(infidelity, 1 - kept),
        f"Estimated, not proved: matrix product states of both circuits on {compiled.n_qubits} "
        f"qubits agree to {infidelity:.1e} and keep a fidelity of about {kept:.6f}.",
    )


def _mps(circuit: Circuit, qubits: int) -> CircuitMPS | None:
    """The state; None where it loses too much on the way."""
    import quimb.tensor

    from quasar.circuits.to_qiskit import gate_matrix

    state = quimb.tensor.CircuitMPS(qubits, max_bond=_MPS_BOND, cutoff=1e-12)
    for gate in circuit.gates:
        # quimb takes the first qubit as the most significant.
        state.apply_gate_raw(gate_matrix(gate), gate.qubits[::-1])
        if state.fidelity_estimate() < 1 - _MPS_LOSS:
            return None
    return state


def second_opinion(
    original: Circuit, compiled: Circuit, initial: Sequence[int], timeout_s: float = 10.0
) -> str:
    """What mqt.qcec (Burgholzer and Wille, arXiv:2004.08420) says, in its words.

    Args:
        original, compiled, initial: as in `prove`.

    Raises:
        InputError: it is not installed.
    """
    try:
        from mqt import qcec
    except ImportError as error:
        raise InputError(
            "a second opinion needs mqt.qcec: install the extra `equivalence`."
        ) from error
    from qiskit import QuantumCircuit

    from quasar.circuits.to_qiskit import to_qiskit

    width = compiled.n_qubits
    # qcec reads layouts off measurements. Here both circuits have qubit i on wire i at the end, and
    # the compiled one is given its start by swaps in front.
    wanted, found = QuantumCircuit(width), QuantumCircuit(width)
    wanted.compose(to_qiskit(original), range(original.n_qubits), inplace=True)
    for a, b in _swaps(list(initial), width):
        found.swap(a, b)
    found.compose(to_qiskit(compiled), range(width), inplace=True)
    result = qcec.verify(wanted, found, timeout=timeout_s)
    return str(result.equivalence).rpartition(".")[2].replace("_", " ")


def _swaps(initial: list[int], width: int) -> list[tuple[int, int]]:
    """Swaps that bring qubit i from wire i to wire initial[i]."""
    rest = [w for w in range(width) if w not in set(initial)]
    target = dict(enumerate([*initial, *rest]))
    where = list(range(width))  # wire of each qubit
    swaps = []
    for qubit, wire in target.items():
        here = where[qubit]
        if here != wire:
            other = where.index(wire)
            where[qubit], where[other] = wire, here
            swaps.append((here, wire))
    return swaps
