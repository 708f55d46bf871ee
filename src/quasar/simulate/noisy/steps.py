"""A circuit as channels on few qubits, with the noise of a model in it.

Takes a static Qiskit circuit with measurements at its end, such as one compiled for a device, and
keeps the qubits that something acts on. Neighbouring channels on the same two qubits become one
(`blocks`), so that repeating a gate costs nothing. Does not cover what is computed from them: see
`pauli_state` and `trajectories`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quasar.core.errors import CircuitError
from quasar.simulate.noisy import channels
from quasar.simulate.noisy.channels import FloatMatrix
from quasar.simulate.noisy.model import Flips, NoiseModel

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

_WIDEST = 4  # qubits of one gate
_SILENT = ("barrier",)
_TIMES = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}


class ChannelBlock(NamedTuple):
    """A channel on k qubits, shape [4**k, 4**k], the first qubit most significant."""

    qubits: tuple[int, ...]
    channel: FloatMatrix


@dataclass(frozen=True, eq=False)
class NoisyProgram:
    """What is simulated.

    Attributes:
        blocks: channels in the order in which they act, from |0...0>.
        held: bit of the answer to the qubit that it is read from.
        flips: readout errors of each bit.
    """

    blocks: tuple[ChannelBlock, ...]
    held: Mapping[int, int]
    flips: tuple[Flips, ...]

    @property
    def qubits(self) -> tuple[int, ...]:
        """Those that something acts on."""
        return tuple(sorted({qubit for block in self.blocks for qubit in block.qubits}))


class _Operation(NamedTuple):
    """An instruction: a gate with its matrix, or a wait."""

    name: str
    qubits: tuple[int, ...]
    gate: Any = None
    seconds: float = 0.0


def noisy_program(circuit: QuantumCircuit, noise: NoiseModel) -> NoisyProgram:
    """The channels of a circuit under noise; bit i of the answer is its classical bit i.

    Qubits are numbered as in the circuit: for a device's noise, as on the device.

    Raises:
        CircuitError: kind `unsimulable` for mid-circuit measurement, reset, branches, free
            parameters or gates without a matrix; `qubits` where it has more than the device.
    """
    device = noise.device
    if device is not None and circuit.num_qubits > device.qubits:
        raise CircuitError(
            f"the circuit has {circuit.num_qubits} qubits, {device.name} has {device.qubits}.",
            kind="qubits",
            hint="Take a larger device.",
        )
    operations, held = _read(circuit, None if device is None else device.target.dt)
    if noise.idle and not any(op.name == "delay" for op in operations):
        operations = _with_waits(operations, noise, held.values())
    blocks = _fused(_noisy(operations, noise))
    bits = sorted(held)
    flips = tuple(noise.readout(held[bit]) for bit in bits)
    return NoisyProgram(blocks, {i: held[bit] for i, bit in enumerate(bits)}, flips)


def _read(circuit: QuantumCircuit, dt: float | None) -> tuple[list[_Operation], dict[int, int]]:
    """Gates and waits in order, and the qubit that each classical bit is measured from."""
    place = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    bits = {bit: i for i, bit in enumerate(circuit.clbits)}
    operations: list[_Operation] = []
    held: dict[int, int] = {}
    measured: set[int] = set()
    used: set[int] = set()
    for item in circuit.data:
        operation, name = item.operation, item.operation.name
        qubits = tuple(place[qubit] for qubit in item.qubits)
        if name in _SILENT:
            continue
        if name == "measure":
            held[bits[item.clbits[0]]] = qubits[0]
            measured.add(qubits[0])
            continue
        if name == "reset" and used.isdisjoint(qubits) and measured.isdisjoint(qubits):
            continue
        if name == "delay":
            seconds = _delay_seconds(operation, dt)
            # Before its first gate a qubit is in |0>, which waiting does not change.
            if measured.isdisjoint(qubits) and used.issuperset(qubits):
                operations.append(_Operation(name, qubits, seconds=seconds))
            continue
        if not measured.isdisjoint(qubits) or name == "reset" or item.clbits:
            raise _dynamic()
        if getattr(operation, "blocks", ()) or name in ("if_else", "while_loop", "for_loop"):
            raise _dynamic()
        operations.append(_Operation(name, qubits, operation))
        used.update(qubits)
    return operations, held


def _dynamic() -> CircuitError:
    return CircuitError(
        "noise is simulated for circuits that measure at their end, without resets and branches.",
        kind="unsimulable",
        hint="Write it without mid-circuit measurements; the engine qulacs takes them, noiseless.",
    )


def _delay_seconds(operation: Any, dt: float | None) -> float:
    if operation.unit == "dt":
        return float(operation.duration) * (dt or 0.0)
    return float(operation.duration) * _TIMES[operation.unit]


def _with_waits(
    operations: Sequence[_Operation], noise: NoiseModel, measured: Any
) -> list[_Operation]:
    """The same with a wait wherever a qubit idles, everything as late as possible.

    Qubits idle until they are measured, and not before their first gate: |0> does not change.
    """
    # Backwards in time: when each qubit is next needed, counted from the end.
    needed: dict[int, float] = defaultdict(float)
    out: list[_Operation] = []
    last_seen: dict[int, float] = dict.fromkeys(measured, 0.0)
    for operation in reversed(operations):
        seconds = noise.duration_s(operation.name, operation.qubits)
        end = max(needed[qubit] for qubit in operation.qubits)
        for qubit in operation.qubits:
            if qubit in last_seen and end - last_seen[qubit] > 1e-15:
                out.append(_Operation("delay", (qubit,), seconds=end - last_seen[qubit]))
            needed[qubit] = last_seen[qubit] = end + seconds
        out.append(operation)
    out.reverse()
    return out


def _noisy(operations: Sequence[_Operation], noise: NoiseModel) -> Iterator[ChannelBlock]:
    """The channel of each operation, its noise behind it."""
    for operation in operations:
        if operation.name == "delay":
            waits = noise.waiting(operation.qubits[0], operation.seconds)
            if waits is not None:
                yield ChannelBlock(operation.qubits, waits)
            continue
        channel = _unitary(operation)
        after = noise.gate(operation.name, operation.qubits)
        yield ChannelBlock(operation.qubits, channel if after is None else after @ channel)


_KNOWN: dict[tuple[Any, ...], FloatMatrix] = {}
_MOST_KNOWN = 20_000


def _unitary(operation: _Operation) -> FloatMatrix:
    """A gate as a channel; those with the same angles are computed once."""
    k = len(operation.qubits)
    if k > _WIDEST:
        raise CircuitError(
            f"'{operation.name}' acts on {k} qubits at once; under noise gates have at most "
            f"{_WIDEST}.",
            kind="unsimulable",
        )
    gate = operation.gate
    if not _is_standard(gate) or any(getattr(p, "parameters", ()) for p in gate.params):
        return channels.unitary(_first_qubit_leading(_matrix(operation), k))
    params = tuple(float(p) for p in gate.params)
    key = (operation.name, k, params, getattr(gate, "ctrl_state", None))
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = channels.unitary(_first_qubit_leading(gate.to_matrix(), k))
    return _KNOWN[key]


def _is_standard(gate: Any) -> bool:
    return str(gate.base_class.__module__).startswith("qiskit.circuit.library.standard_gates")


def _matrix(operation: _Operation) -> Any:
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator

    try:
        return np.asarray(Operator(operation.gate).data)
    except (QiskitError, TypeError, ValueError) as error:
        raise CircuitError(
            f"'{operation.name}' has no matrix: {' '.join(str(error).split())}.",
            kind="unsimulable",
        ) from error


def _first_qubit_leading(matrix: Any, k: int) -> Any:
    """Qiskit's matrices have the first qubit least significant; here it leads."""
    order = [*reversed(range(k)), *(k + i for i in reversed(range(k)))]
    return matrix.reshape((2,) * (2 * k)).transpose(order).reshape(2**k, 2**k)


def _fused(steps: Iterator[ChannelBlock]) -> tuple[ChannelBlock, ...]:
    """Fewer, larger blocks: what acts on qubits of the block before becomes part of it."""
    blocks: list[ChannelBlock | None] = []
    newest: dict[int, int] = {}  # qubit to the block that acted on it last
    for qubits, channel in steps:
        known = {newest[qubit] for qubit in qubits if qubit in newest}
        home = min(known) if len(known) == 1 else None
        block = None if home is None else blocks[home]
        if block is not None and home is not None and set(qubits) <= set(block.qubits):
            places = tuple(block.qubits.index(qubit) for qubit in qubits)
            whole = channels.embedded(channel, places, len(block.qubits)) @ block.channel
            blocks[home] = ChannelBlock(block.qubits, whole)
            continue
        if len(qubits) == 2:
            for at, qubit in enumerate(qubits):  # single-qubit blocks that came before
                before = newest.get(qubit)
                single = None if before is None else blocks[before]
                if single is not None and before is not None and len(single.qubits) == 1:
                    channel = channel @ channels.embedded(single.channel, (at,), 2)
                    blocks[before] = None
        for qubit in qubits:
            newest[qubit] = len(blocks)
        blocks.append(ChannelBlock(tuple(qubits), channel))
    return tuple(block for block in blocks if block is not None)
