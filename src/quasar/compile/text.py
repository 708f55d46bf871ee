"""A compiled circuit with its measurements and its layout: Qiskit object and OpenQASM 3 text.

The text exists twice. On a register `q` of the active qubits alone it runs anywhere; on hardware
qubits `$n` it says where each gate stands on the device. Comments below the version hold the device
and the layout, as JSON after `// quasar layout`, for programs that read texts. Classical bits are
the original's in both, so that a plain run gives bits in the user's order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from quasar.compile.placed import Placed
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import ClassicalRegister, QuantumCircuit

LAYOUT = "// quasar layout "
_QUBIT = re.compile(r"\bq\[(\d+)\]")
_REGISTER = re.compile(r"^qubit\[\d+\] q;\n", re.MULTILINE)


class CompiledLayout(NamedTuple):
    """Where qubits are; all numbers are physical.

    Attributes:
        initial: of each qubit of the original at the start.
        final: at the end, where it is measured.
        active: of each qubit `q[i]` of the text.
    """

    initial: tuple[int, ...]
    final: tuple[int, ...]
    active: tuple[int, ...]


def on_device(
    placed: Placed, registers: Sequence[ClassicalRegister], measured: Mapping[int, int]
) -> QuantumCircuit:
    """On all qubits of the device, with measurements and Qiskit's own `layout`.

    Args:
        placed: in the device's numbers.
        registers: classical registers of the original.
        measured: classical bit to qubit of the original.
    """
    from qiskit import QuantumCircuit, QuantumRegister

    out = QuantumCircuit(QuantumRegister(placed.circuit.num_qubits, "q"), *registers)
    out.compose(placed.circuit, out.qubits, inplace=True)
    for bit, qubit in sorted(measured.items()):
        out.measure(placed.final[qubit], bit)
    out._layout = _layout(placed, out)  # Qiskit has no public way to set it
    return out


def _layout(placed: Placed, out: QuantumCircuit) -> Any:
    from qiskit import AncillaRegister, QuantumRegister
    from qiskit.transpiler import Layout, TranspileLayout

    total, n = out.num_qubits, len(placed.initial)
    original, idle = QuantumRegister(n, "q"), AncillaRegister(total - n, "ancilla")
    virtual = [*original, *idle]
    starts = [*placed.initial, *(q for q in range(total) if q not in set(placed.initial))]
    ends = [*placed.final, *(q for q in range(total) if q not in set(placed.final))]
    initial = Layout(dict(zip(virtual, starts, strict=True)))
    for register in (original, idle):
        initial.add_register(register)
    return TranspileLayout(
        initial_layout=initial,
        input_qubit_mapping={qubit: i for i, qubit in enumerate(virtual)},
        final_layout=Layout(
            {out.qubits[start]: end for start, end in zip(starts, ends, strict=True)}
        ),
        _input_qubit_count=n,
        _output_qubit_list=out.qubits,
    )


def openqasm(
    placed: Placed,
    registers: Sequence[ClassicalRegister],
    measured: Mapping[int, int],
    about: Sequence[str],
) -> str:
    """OpenQASM 3 on the active qubits.

    Args:
        about: comments, each a line.
    """
    from qiskit import QuantumCircuit, QuantumRegister

    from quasar.circuits.source import exported

    out = QuantumCircuit(QuantumRegister(len(placed.active), "q"), *registers)
    out.compose(placed.compact(), out.qubits, inplace=True)
    for bit, qubit in sorted(measured.items()):
        out.measure(qubit, bit)  # qubit i of the original ends on the i-th active one
    layout = CompiledLayout(placed.initial, placed.final, placed.active)._asdict()
    comments = [*(f"// {line}" for line in about), LAYOUT + json.dumps(layout)]
    version, newline, rest = exported(out).partition("\n")
    return "\n".join([version, *comments]) + newline + rest


def on_hardware_qubits(text: str, active: Sequence[int]) -> str:
    """The text of `openqasm` with `$n` for the physical qubits, as OpenQASM 3 names them."""
    head, layout, rest = text.partition(LAYOUT)
    line, newline, body = rest.partition("\n")
    body = _REGISTER.sub("", body, count=1)
    body = _QUBIT.sub(lambda found: f"${active[int(found[1])]}", body)
    return head + layout + line + newline + body


def read_layout(text: str) -> CompiledLayout | None:
    """The layout that a compiled text holds; None where it holds none.

    Raises:
        InputError: it is damaged.
    """
    line = next((line for line in text.splitlines() if line.startswith(LAYOUT)), None)
    if line is None:
        return None
    try:
        found = json.loads(line.removeprefix(LAYOUT))
        return CompiledLayout(*(tuple(map(int, found[name])) for name in CompiledLayout._fields))
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"the line {LAYOUT.strip()!r} of the circuit is damaged.") from error
