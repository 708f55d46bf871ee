"""From a circuit and a device to the best compiled circuit found, proved to be the original.

Several ways make candidates: Qiskit's preset passes with many seeds, routing that reorders
commuting terms, pytket where it is asked for. Each is scored by its estimated success, the best
are moved to better qubits, and the first is proved. Programs that measure midway, reset or branch
are refused, since nothing here can prove them.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from quasar.circuits.circuit import Circuit
from quasar.circuits.exports import ProgramText
from quasar.circuits.exports import to_qiskit as program_to_qiskit
from quasar.circuits.header import BYTE_ORDER_MARK
from quasar.circuits.measurement import Measurements
from quasar.circuits.qasm import parse
from quasar.circuits.qasm_flat import parse_flat
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text
from quasar.circuits.to_qiskit import from_qiskit, to_qiskit
from quasar.compile.by_qiskit import NativeGates, by_qiskit
from quasar.compile.commuting import SWAP_NETWORK, by_commuting, by_line
from quasar.compile.equivalence import NotEquivalentError, Proof, prove, second_opinion
from quasar.compile.order import commuting_pairs, ordered
from quasar.compile.part import Part, usable_part
from quasar.compile.placed import Placed
from quasar.compile.relocate import relocated
from quasar.compile.result import CompiledCircuit, Trial
from quasar.compile.success import EstimatedSuccess, Scorer
from quasar.compile.text import CompiledLayout, on_device, on_hardware_qubits, openqasm
from quasar.core.errors import CircuitError, InputError
from quasar.core.settings import need_whole, one_of
from quasar.devices.device import Device
from quasar.devices.load import device as load_device

if TYPE_CHECKING:
    import os

    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

Compiler = Literal["qiskit", "commuting", "pytket"]
COMPILERS: tuple[Compiler, ...] = ("qiskit", "commuting")
"""Those that are used where none are named."""

SEEDS = 20
MOST_SEEDS = 10_000
MOST_SEED = 2**62
_REGISTER_NAME = re.compile(r"^\s*bit\[\d+\]\s+(\w+)\s*;", re.MULTILINE)
_ROUTED_FOR_EACH = 3  # routed circuits for each seed; they are cheap before they are rewritten
_MOVED = 5  # of the best, which are tried on other qubits


def compile_circuit(
    circuit: CircuitSource,
    device: Device | str | os.PathLike[str] | BackendV2 | Target,
    *,
    seeds: int = SEEDS,
    seed: int = 0,
    compilers: Sequence[Compiler] = COMPILERS,
    parameters: Mapping[str, float] | None = None,
    second_opinion: bool = False,
    layout: Sequence[int] | None = None,
    ones: Sequence[float] | None = None,
) -> CompiledCircuit:
    """Compile a circuit for a device: the best of many by estimated success, and proved.

    Args:
        circuit: OpenQASM text, a file of it or of QPY, or a Qiskit circuit.
        device: what `quasar.device` takes.
        seeds: how many random choices each compiler may make.
        seed: of the first.
        compilers: `qiskit`, `commuting` (only where two-qubit terms commute), `pytket` (the extra
            of that name).
        parameters: values of the circuit's inputs.
        second_opinion: ask mqt.qcec as well (the extra `equivalence`).
        layout: physical qubit on which each qubit of the circuit starts; None: where the ESP is
            best. pytket takes none.
        ones: probability that each qubit is 1 at its measurement, which weighs the two readout
            errors in the ESP; None: a half.

    Raises:
        InputError: no such device, or one that the circuit does not fit; a program that measures
            midway, resets or branches; a compiler that is not installed; a layout that is not one
            different, usable qubit for each qubit of the circuit.
        CircuitError: the circuit cannot be read.
        NotEquivalentError: the best compiled circuit is not the original, or it cannot be shown.
    """
    need_whole(seeds, "seeds", 1, MOST_SEEDS)
    need_whole(seed, "seed", 0, MOST_SEED)
    _need_compilers(compilers)
    if layout is not None and "pytket" in compilers:
        raise InputError("pytket chooses the qubits itself: leave out the layout, or pytket.")
    original = read_original(circuit, parameters)
    machine = load_device(device)
    needed = original.circuit.n_qubits
    part = usable_part(machine, needed, layout[0] if layout else None)
    start = None if layout is None else part.places(layout, needed)
    scorer = Scorer(machine, tuple(ones or ()))
    measured = tuple(original.measured.values())
    found = list(_candidates(original.circuit, part, range(seed, seed + seeds), compilers, start))

    def score(placed: Placed) -> EstimatedSuccess:
        return scorer.success(placed, measured, part.qubits)

    ranked = sorted(((score(p), p) for p in found), key=_rank)
    if start is None:
        for place, (_, placed) in enumerate(ranked):
            # Swap networks lie on the first line that was found, and gain most.
            if place < _MOVED or placed.compiler.startswith(SWAP_NETWORK):
                moved = relocated(placed, part, scorer, measured)
                ranked[place] = (score(moved), moved)
        ranked.sort(key=_rank)
    success, best = ranked[0]
    best = best.moved(dict(enumerate(part.qubits)), machine.qubits)
    trials = tuple(Trial(p.compiler, p.two_qubit_gates, s.esp) for s, p in ranked)
    return finished(original, machine, best, success, trials, second=second_opinion)


@dataclass(frozen=True, eq=False)
class Original:
    """The program to compile.

    Attributes:
        circuit: its gates, each on one or two qubits, without measurements.
        text: as OpenQASM 3, as it was given.
        registers: its classical registers.
        measured: classical bit to qubit.
    """

    circuit: Circuit
    text: str
    registers: tuple[Any, ...]
    measured: Mapping[int, int]


def read_original(circuit: CircuitSource, parameters: Mapping[str, float] | None) -> Original:
    """Read a program for compilation.

    Raises:
        InputError, CircuitError: as in `compile_circuit`.
    """
    bound, left = bind_circuit(circuit, dict(parameters or {}), names_files=True)
    text = circuit_text(bound)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise CircuitError("the text is not UTF-8.", kind="syntax") from None
    program = parse(text, parameters=left, header="language")
    if program.circuit is None:
        raise InputError(
            "the program measures midway, resets or branches: compiling takes circuits whose "
            "measurements come last, since others cannot be proved equivalent."
        )
    if program.circuit.n_qubits < 1:
        raise CircuitError("a circuit without qubits cannot be compiled.")
    final = program.circuit.measurements.final
    if not final:
        from qiskit import ClassicalRegister

        final = {i: i for i in range(program.n_qubits)}
        registers = (ClassicalRegister(program.n_qubits, "c"),)
    else:
        registers = _registers(text, left, program.circuit.measurements)
    return Original(_on_pairs(program.circuit), text, registers, dict(final))


def _registers(
    text: str, parameters: Mapping[str, float], measurements: Measurements
) -> tuple[Any, ...]:
    """The classical registers by their names."""
    from qiskit import ClassicalRegister

    flat = parse_flat(text.removeprefix(BYTE_ORDER_MARK)) is not None
    names = _REGISTER_NAME.findall(text) if flat else []
    if len(names) != len(measurements.registers):
        return tuple(program_to_qiskit(ProgramText(text, parameters)).cregs)
    sized = zip(names, measurements.registers, strict=True)
    return tuple(ClassicalRegister(len(bits), name) for name, bits in sized)


def _on_pairs(circuit: Circuit) -> Circuit:
    """The gates, those on three or more qubits unfolded by Qiskit."""
    if all(len(gate.qubits) <= 2 for gate in circuit.gates):
        return circuit
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import Unroll3qOrMore

    return from_qiskit(PassManager([Unroll3qOrMore()]).run(to_qiskit(circuit)))


def _candidates(
    circuit: Circuit,
    part: Part,
    seeds: range,
    compilers: Sequence[Compiler],
    layout: Sequence[int] | None,
) -> Iterator[Placed]:
    """Compiled circuits in the part's numbers.

    Args:
        layout: where each qubit starts, in the part's numbers; None: anywhere.
    """
    written = to_qiskit(circuit)
    found: list[Placed] = []
    if "qiskit" in compilers or "commuting" in compilers:
        found = list(by_qiskit(written, part, seeds, layout=layout))
    if "qiskit" in compilers:
        yield from found
    if "commuting" in compilers and commuting_pairs(ordered(circuit)) > 1:
        found.sort(key=lambda placed: placed.two_qubit_gates)
        starts = [placed.initial for placed in found]
        more = range(seeds.start, seeds.start + _ROUTED_FOR_EACH * len(seeds))
        routed = list(by_commuting(circuit, part, starts, more, fixed=layout is not None))
        routed.sort(key=lambda way: way.cost)
        # Swap networks take more gates and less time, so that they are judged on their own.
        lines = [] if layout is not None else list(by_line(circuit, part, seeds))
        native = NativeGates(part)
        for way in [*routed[: max(4, len(seeds) // 2)], *lines]:
            yield Placed(native(way.circuit()), way.initial, way.final, way.compiler)
    if "pytket" in compilers:
        from quasar.compile.by_pytket import by_pytket

        yield from by_pytket(circuit, part, seeds)


def _rank(scored: tuple[EstimatedSuccess, Placed]) -> tuple[float, int]:
    """Best ESP first, then fewest two-qubit gates."""
    success, placed = scored
    return (-success.esp, placed.two_qubit_gates)


def finished(
    original: Original,
    device: Device,
    placed: Placed,
    success: EstimatedSuccess,
    trials: tuple[Trial, ...],
    *,
    second: bool = False,
) -> CompiledCircuit:
    """The text of a compiled circuit, proved, and all about it.

    What is proved is what the text says when it is read again.

    Args:
        placed: in the device's numbers.

    Raises:
        NotEquivalentError: as in `compile_circuit`.
    """
    about = [f"compiled by quasar for {device.name}: {placed.compiler}"]
    text = openqasm(placed, original.registers, original.measured, about)
    try:
        proof = proved(original, text, placed, second=second)
    except NotEquivalentError as error:
        error.original, error.compiled = original.text, text
        raise
    return CompiledCircuit(
        device=device.name,
        compiler=placed.compiler,
        qasm=text,
        physical_qasm=on_hardware_qubits(text, placed.active),
        circuit=on_device(placed, original.registers, original.measured),
        layout=CompiledLayout(placed.initial, placed.final, placed.active),
        gates=len(placed.steps),
        two_qubit_gates=placed.two_qubit_gates,
        success=success,
        proof=proof,
        trials=trials,
        original=original.text,
        remarks=_remarks(device, placed),
    )


def proved(original: Original, text: str, placed: Placed, *, second: bool = False) -> Proof:
    """The proof for a compiled text, read again.

    Raises:
        NotEquivalentError: as in `compile_circuit`.
    """
    again = parse(text, header="language").circuit
    if again is None or dict(again.measurements.final) != dict(original.measured):
        raise NotEquivalentError(
            "the compiled circuit does not measure what the original does. It is not given out; "
            "please report both circuits."
        )
    number = {q: i for i, q in enumerate(placed.active)}
    initial = [number[q] for q in placed.initial]
    proof = prove(original.circuit, again, initial)
    if not second:
        return proof
    opinion = second_opinion(original.circuit, again, initial)
    if opinion == "not equivalent":
        raise NotEquivalentError(
            "mqt.qcec finds the compiled circuit not equivalent to the original, against the "
            "project's own proof. It is not given out; please report both circuits."
        )
    return dataclasses.replace(proof, second_opinion=opinion)


def _remarks(device: Device, placed: Placed) -> tuple[str, ...]:
    unknown = {step.name for step in placed.steps if device.error(*step) is None}
    remarks = []
    if device.is_divided:
        remarks.append(
            f"the couplers of {device.name} join its qubits in separate parts: the circuit is in "
            f"one of {len(device.joined_to(placed.initial[0]))} qubits."
        )
    if unknown:
        names = ", ".join(sorted(unknown))
        remarks.append(f"{device.name} gives no errors of {names}: they count as none.")
    if any(None in device.relaxation[q] for q in placed.active):
        remarks.append(f"{device.name} lacks T1 or T2 of qubits in use: idling counts in part.")
    if any(device.readout[q] is None for q in placed.final):
        remarks.append(f"{device.name} lacks readout errors of qubits in use: they count as none.")
    return tuple(remarks)


def _need_compilers(compilers: Sequence[str]) -> None:
    known = get_args(Compiler)
    if isinstance(compilers, str) or not compilers or not set(compilers) <= set(known):
        raise InputError(f"compilers are a list of {one_of(known)}, not {compilers!r}.")
