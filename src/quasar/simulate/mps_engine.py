"""Samples of programs of hundreds of qubits, by matrix product states (quimb).

Gates are applied one by one and the state is cut back to a bond dimension χ, which costs fidelity
where the circuit entangles more than that; `MpsOutcome.fidelity` estimates what is left. It is an
estimate and no bound: on random regular graphs samples can be wrong all the same, so their mean is
worth comparing with the exact one of the engine `cones`.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from quasar.circuits.ansatz import Ansatz
from quasar.circuits.qasm import Program
from quasar.core.errors import CircuitError, InputError
from quasar.core.numerals import about_seconds
from quasar.core.observable import Observable
from quasar.core.seeds import generator
from quasar.simulate.cones.engine import answer_qubits, static_circuit
from quasar.simulate.cones.forms import Form, Piece
from quasar.simulate.cones.pieces import Pieces
from quasar.simulate.engine import (
    ALL_WRITTEN,
    Energy,
    Feature,
    Outcome,
    Readout,
)
from quasar.simulate.shift_energy import ShiftEnergy

if TYPE_CHECKING:
    from quimb.tensor import CircuitMPS

ComplexArray = npt.NDArray[np.complex128]

MAX_BOND = 64
"""Default bond dimension χ; time grows as χ³, memory as χ²."""
SHOTS = 1024
"""Measurements where no number is asked for."""
_CUTOFF = 1e-10  # singular values below are dropped whatever χ is
_WIDEST_GATE = 6
_SITE_SECONDS, _BOND_SECONDS = 1e-3, 1.5e-6  # of a gate for each site it spans: c + c' χ²


@dataclass(eq=False, slots=True)
class MpsOutcome(Outcome):
    """Counts of samples of a matrix product state.

    Attributes:
        fidelity: estimate of the overlap with the exact state, 0 to 1.
        bond: largest bond dimension that the state has.
    """

    fidelity: float = 1.0
    bond: int = 1


class MpsEngine:
    """Samples by matrix product states.

    Args:
        max_bond: bond dimension χ.
        max_seconds: about how long the gates may take; the bond dimension is lowered where they
            would take longer. None: no limit.
    """

    name = "mps"
    supports: frozenset[Feature] = frozenset({"shots"})

    def __init__(self, max_bond: int = MAX_BOND, max_seconds: float | None = None) -> None:
        if max_bond < 1:
            raise InputError(f"the bond dimension is at least 1, not {max_bond}.")
        import quimb.tensor  # noqa: F401 - where it is missing, say so before any work

        self.max_bond = max_bond
        self.max_seconds = max_seconds

    def run(
        self,
        program: Program,
        readout: Readout = ALL_WRITTEN,
        *,
        shots: int | None = None,
        seed: int = 0,
    ) -> MpsOutcome:
        """Sample a program: `shots` times, 1,024 by default.

        Raises:
            CircuitError: kind `unsimulable` for a dynamic program, `limit` for too many qubits, and
                where no bond dimension keeps to `max_seconds`.
        """
        circuit = static_circuit(program, "matrix product states")
        answer, qubits = answer_qubits(program, circuit, readout)
        pieces = Pieces(Ansatz("program", circuit.n_qubits, circuit.gates, (), 0))
        _check_widths(pieces.listed)
        place = _order(pieces.listed)
        bond = self.max_bond
        if self.max_seconds is not None:
            bond = _affordable_bond(pieces.listed, place, bond, self.max_seconds)
        state = _state(pieces, place, bond)
        measured = _sampled(state, shots or SHOTS, seed)
        columns = [place.get(pieces.wire[qubit]) for qubit in qubits]
        bits = [measured[:, c] if c is not None else measured[:, 0] * 0 for c in columns]
        counts = _counted(np.array(bits, dtype=np.uint8).T)
        fidelity = min(1.0, float(state.fidelity_estimate()))
        bond = int(state.psi.max_bond() or 1)  # a single site has no bonds
        return MpsOutcome(
            None, answer, circuit, counts=counts, shots=shots or SHOTS, fidelity=fidelity, bond=bond
        )

    def energy(self, ansatz: Ansatz, observable: Observable) -> Energy:
        """E(θ) from samples, gradients by the parameter-shift rule: noisy and slow; cones are both
        exact and faster where they are narrow.
        """
        return ShiftEnergy(self, ansatz, observable)


def _state(pieces: Pieces, place: dict[int, int], max_bond: int) -> CircuitMPS:
    """The state after all gates, each wire at its site."""
    from quimb.tensor import CircuitMPS

    state = CircuitMPS(max(1, len(place)), max_bond=max_bond, cutoff=_CUTOFF)
    for form, wires, scale in pieces.listed:
        state.apply_gate_raw(_matrix(form, scale), [place[wire] for wire in wires])
    return state


def _check_widths(listed: list[Piece]) -> None:
    widest = max((len(piece.wires) for piece in listed), default=0)
    if widest > _WIDEST_GATE:
        raise CircuitError(
            f"a gate acts on {widest} qubits at once; matrix product states stop at "
            f"{_WIDEST_GATE}.",
            kind="unsimulable",
            hint="Write it with gates of fewer qubits.",
        )


def _affordable_bond(
    listed: list[Piece], place: dict[int, int], max_bond: int, max_seconds: float
) -> int:
    """The bond dimension, or a quarter or a sixteenth of it, that the time is enough for.

    A gate's cost is that of the sites between its wires. The time is predicted and not measured, so
    that the same circuit gets the same bond dimension on every machine.

    Raises:
        CircuitError: kind `limit`: none.
    """
    sites = sum(
        max(place[wire] for wire in wires) - min(place[wire] for wire in wires)
        for _, wires, _ in listed
    )
    bonds = sorted({max_bond, max(1, max_bond // 4), max(1, max_bond // 16)}, reverse=True)
    for bond in bonds:
        seconds = sites * (_SITE_SECONDS + _BOND_SECONDS * bond * bond)
        if seconds <= max_seconds:
            return bond
    raise CircuitError(
        f"matrix product states would take about {about_seconds(seconds)} even with bond dimension "
        f"{bond}, and {max_seconds:,.3g} s are allowed.",
        kind="limit",
        limit="time",
        hint="Write fewer layers, allow more seconds, or sample on a device.",
    )


def _order(listed: list[Piece]) -> dict[int, int]:
    """A site for each wire, so that wires with common gates are near (reverse Cuthill-McKee)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    wires = sorted({wire for piece in listed for wire in piece.wires})
    number = {wire: i for i, wire in enumerate(wires)}
    links = [(number[a], number[b]) for p in listed for a in p.wires for b in p.wires if a != b]
    if not links:
        return number
    rows, columns = np.array(links).T
    graph = coo_array((np.ones(len(links)), (rows, columns)), shape=(len(wires),) * 2).tocsr()
    order = reverse_cuthill_mckee(graph, symmetric_mode=True)
    return {wires[old]: site for site, old in enumerate(order)}


def _matrix(form: Form, scale: float) -> ComplexArray:
    """A piece as a matrix, shape [2**k, 2**k], first wire most significant."""
    tensor = form.fixed
    if form.cosine is not None and form.sine is not None:
        tensor = tensor + math.cos(scale / 2) * form.cosine + math.sin(scale / 2) * form.sine
    k = len(form.kept)
    # A wire that is kept has one axis, which becomes the diagonal of (after, before).
    after, before, labels, parts = list(range(k)), list(range(k, 2 * k)), [], []
    for wire, kept in enumerate(form.kept):
        if kept:
            labels.append(wire)
            parts += [np.eye(2), [wire, k + wire]]
        else:
            labels += [wire, k + wire]
    operands: list[Any] = [tensor, labels, *parts]
    return np.asarray(np.einsum(*operands, after + before)).reshape(1 << k, 1 << k)


def _sampled(state: CircuitMPS, shots: int, seed: int) -> npt.NDArray[np.uint8]:
    """Bits of each site, shape [shots, sites]; all shots go through the chain together."""
    psi = state.psi
    psi.right_canonicalize_()
    psi.permute_arrays("lpr")
    n = psi.L
    out = np.empty((shots, n), dtype=np.uint8)
    random = generator(seed, "mps").random((n, shots))
    left = np.ones((shots, 1), dtype=np.complex128)
    for site in range(n):
        tensor = np.asarray(psi[site].data)
        # Sites inside have axes (left bond, physical, right bond); those at the ends miss one.
        shape = (left.shape[1], 2, tensor.size // (2 * left.shape[1]))
        if n > 1 and site == 0:
            tensor = tensor.reshape(2, -1)[None] if tensor.shape[0] == 2 else tensor.T[None]
        moved = np.tensordot(left, tensor.reshape(shape), axes=(1, 0))
        weight = (moved.real**2 + moved.imag**2).sum(axis=2)
        one = random[site] * weight.sum(axis=1) >= weight[:, 0]
        out[:, site] = one
        chosen = moved[np.arange(shots), one.astype(np.intp)]
        left = chosen / np.linalg.norm(chosen, axis=1, keepdims=True)
    return out


def _counted(bits: npt.NDArray[np.uint8]) -> dict[int, int]:
    """How often each row of bits occurs, as integers with bit i of weight 2**i."""
    packed = np.packbits(bits, axis=1, bitorder="little")
    found = Counter(row.tobytes() for row in packed)
    return {int.from_bytes(row, "little"): count for row, count in sorted(found.items())}
