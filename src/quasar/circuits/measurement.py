"""Which bits of a program are its answer.

The convention, stated here once: the answer is read from classical bits in the order of their
declaration, as Qiskit counts them: the first declared is bit 0, the least significant of the index.

1. A program without measurements answers with all its qubits, qubit i in bit i. Idle qubits beyond
   the problem's are left out.
2. If exactly n bits are written, as many as the problem has variables, they are the answer.
3. If there are more, some are working bits. The answer is, in this order: the one register of n
   bits that no condition reads; the bits that no condition reads, if they are n; the one register
   of n bits. Registers that hold the same measurements count as one.
4. If there are fewer, some variables have no bit. If the program has n qubits and each bit holds
   the qubit of its own number, the rest was merely left out: all qubits are the answer. The same
   holds if all bits written are read by conditions. Anything else is not an answer of n bits.

A bit that is written several times holds the last result; one that no taken branch writes is 0.
Does not cover how the distribution of those bits is computed: see `quasar.simulate`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction

SILENT = frozenset({"barrier", "delay", "id"})
"""Instructions of the importer that change nothing."""


class Measurements(NamedTuple):
    """What a program writes to its classical bits, which are numbered as declared.

    Attributes:
        final: bit to qubit, where the bit's last value is that of the qubit at the end.
        midway: other bits that a measurement may write while the program runs.
        read: bits that a condition reads.
        registers: the bits of each register.
    """

    final: Mapping[int, int]
    midway: frozenset[int] = frozenset()
    read: frozenset[int] = frozenset()
    registers: tuple[Sequence[int], ...] = ()

    @property
    def written(self) -> tuple[int, ...]:
        """Every bit that some measurement may write, in order."""
        return tuple(sorted(self.midway.union(self.final) if self.midway else self.final))

    def all_in_order(self, n_qubits: int) -> bool:
        """Whether bit i holds qubit i for all qubits, and there are no other bits."""
        final = self.final
        if len(final) != n_qubits or self.midway:
            return False
        return all(map(operator.eq, final, final.values()))


NO_MEASUREMENTS = Measurements({})
"""Of a circuit that measures nothing."""


class Answer(NamedTuple):
    """Which bits of a program are its answer.

    Attributes:
        bits: classical bits, the least significant first; None: the qubits 0 to `width` - 1.
        width: number of bits.
        remark: what a user should know about the choice, or None.
    """

    bits: tuple[int, ...] | None
    width: int
    remark: str | None = None


def choose(
    measurements: Measurements,
    n_qubits: int,
    n_variables: int | None,
    used: Callable[[], Iterable[int]],
) -> Answer:
    """The answer by the rules above; it has `n_variables` bits where the program gives them.

    Args:
        n_qubits: qubits declared.
        n_variables: n; None: all that is written is the answer.
        used: gives the qubits that something acts on.
    """
    if n_qubits == n_variables and measurements.all_in_order(n_qubits):
        return Answer(None, n_qubits)
    written = measurements.written
    if not written:
        return _all(n_qubits, n_variables, used)
    n = len(written) if n_variables is None else n_variables
    if len(written) == n:
        return Answer(written, n)
    chosen = _among(measurements, written, n)
    if chosen is not None:
        remark = (
            f"The answer is read from {n} of the {len(written)} bits that the program measures."
        )
        return Answer(chosen, n, remark)
    results = [bit for bit in written if bit not in measurements.read]
    if not results:
        remark = "The program measures only what its conditions read; all qubits are measured here."
        return _all(n_qubits, n_variables, used, remark)
    straight = _straight(measurements, results)
    if n_qubits == n and straight:
        remark = f"The program measures {len(results)} of {n} qubits; all are measured here."
        return Answer(None, n_qubits, remark)
    if measurements.all_in_order(n_qubits):
        return Answer(None, n_qubits)
    return Answer(written, len(written))


def _all(
    n_qubits: int,
    n_variables: int | None,
    used: Callable[[], Iterable[int]],
    remark: str | None = None,
) -> Answer:
    """All qubits except idle ones beyond the problem's."""
    if n_variables is None or n_qubits <= n_variables:
        return Answer(None, n_qubits, remark)
    if max(used(), default=-1) >= n_variables:
        return Answer(None, n_qubits, remark)
    idle = n_qubits - n_variables
    which = "last is" if idle == 1 else f"last {idle} are"
    remark = f"Of {n_qubits} qubits the {which} idle and left out."
    return Answer(None, n_variables, remark)


def _among(measurements: Measurements, written: tuple[int, ...], n: int) -> tuple[int, ...] | None:
    """The n bits among more that are the answer; None where that is not clear."""
    known = set(written)
    whole = [bits for bits in measurements.registers if len(bits) == n and known.issuperset(bits)]
    unread = [bits for bits in whole if measurements.read.isdisjoint(bits)]
    results = tuple(bit for bit in written if bit not in measurements.read)
    return (
        _only(unread, measurements)
        or (results if len(results) == n else None)
        or _only(whole, measurements)
    )


def _only(registers: list[Sequence[int]], measurements: Measurements) -> tuple[int, ...] | None:
    """The first register if all hold the same measurements."""
    held = {tuple(measurements.final.get(bit, ~bit) for bit in bits) for bits in registers}
    return tuple(registers[0]) if len(held) == 1 else None


def _straight(measurements: Measurements, bits: list[int]) -> bool:
    """Whether each bit holds the qubit of its own number, over all bits or within one register."""
    places = [measurements.final.get(bit) for bit in bits]
    if places == bits:
        return True
    return any(
        set(bits) <= set(register) and places == [register.index(bit) for bit in bits]
        for register in measurements.registers
    )


# --- programs as Qiskit holds them ---------------------------------------------------------------


def measured_by(program: QuantumCircuit) -> Measurements:
    """What a dynamic program writes, wherever the control flow may lead."""
    qubits = {q: i for i, q in enumerate(program.qubits)}
    clbits = {c: i for i, c in enumerate(program.clbits)}
    kept, final = without_final(program)
    midway: set[int] = set()
    read: set[int] = set()
    # A stack and not recursion: nesting is bounded by the importer, which needs the room itself.
    waiting = [(kept, clbits)]
    while waiting:
        body, places = waiting.pop()
        for instruction in body:
            operation = instruction.operation
            if operation.name == "measure":
                midway.add(places[instruction.clbits[0]])
            read.update(places[bit] for bit in _condition_bits(operation))
            for block in getattr(operation, "blocks", ()):
                outer = [places[c] for c in instruction.clbits]
                waiting.append((list(block.data), dict(zip(block.clbits, outer, strict=True))))
    return Measurements(
        final={clbits[c]: qubits[q] for c, q in final.items()},
        midway=frozenset(midway.difference(clbits[c] for c in final)),
        read=frozenset(read),
        registers=register_bits(program),
    )


def register_bits(program: QuantumCircuit) -> tuple[tuple[int, ...], ...]:
    """The bits of each classical register, aliases left out."""
    clbits = {c: i for i, c in enumerate(program.clbits)}
    seen: set[int] = set()
    registers = []
    for register in program.cregs:
        bits = tuple(clbits[c] for c in register)
        if seen.isdisjoint(bits):
            registers.append(bits)
        seen.update(bits)
    return tuple(registers)


def _condition_bits(operation: Any) -> Iterator[Any]:
    condition = getattr(operation, "condition", None)
    if isinstance(condition, tuple):
        target = condition[0]
        yield from target if hasattr(target, "__len__") else (target,)


def _without_effect(instruction: CircuitInstruction, used: set[Any], live: set[Any]) -> bool:
    """Whether a gate or reset acts only on qubits whose value is not used later."""
    plain = not instruction.clbits and not hasattr(instruction.operation, "blocks")
    return plain and used.isdisjoint(live)


def without_final(
    program: QuantumCircuit, *, qubits_count: bool = True
) -> tuple[list[CircuitInstruction], dict[Any, Any]]:
    """Instructions less those that cannot matter, and the measurements among them.

    Args:
        qubits_count: the final qubits themselves are read; otherwise only classical bits are, and
            instructions on qubits whose value is not used later are left out as well.

    Returns:
        The instructions, and bit to qubit for each measurement whose result is in the qubit still
        when the instructions have run.
    """
    touched: set[Any] = set()
    final: dict[Any, Any] = {}
    live: set[Any] = set()  # touched later on, or looked at in the end
    kept: list[CircuitInstruction] = []
    for instruction in reversed(program.data):
        name = instruction.operation.name
        used = {*instruction.qubits, *instruction.clbits}
        if name == "measure":
            if touched.isdisjoint(used):
                final.setdefault(instruction.clbits[0], instruction.qubits[0])
                live.add(instruction.qubits[0])
                continue
        elif name in SILENT or (not qubits_count and _without_effect(instruction, used, live)):
            continue
        touched |= used
        live |= used
        kept.append(instruction)
    kept.reverse()
    return kept, final
