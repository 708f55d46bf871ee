"""OpenQASM 2 to OpenQASM 3, by Qiskit's reader and writer.

Only for readers that ask by the language (`header.py`): by the published rule an OpenQASM 2 text
does not parse. No file that the text includes is read, other than `qelib1.inc`, which Qiskit holds.
"""

from __future__ import annotations

import re

from quasar.circuits.header import QASM_3_WORD, is_qasm_2, read_header
from quasar.circuits.precheck import MAX_BITS
from quasar.circuits.source import CannotExportError, exported
from quasar.core.errors import CircuitError

_REGISTER = re.compile(r"\b[qc]reg\b[^;\[]*\[\s*(\d+)\s*\]", re.ASCII)
_PLACE = re.compile(r"^<input>:(\d+),(\d+): ")


def is_openqasm_2(text: str) -> bool:
    """Whether a text is OpenQASM 2, and not OpenQASM 3 under a header of 2."""
    return is_qasm_2(read_header(text), text) and not QASM_3_WORD.search(text)


def to_openqasm_3(text: str) -> str:
    """The same circuit in OpenQASM 3.

    Raises:
        CircuitError: kind `syntax` where Qiskit cannot read it, with line and column; `limit` for
            registers beyond what can be held; `semantic` where OpenQASM 3 cannot state it.
    """
    from qiskit import qasm2

    sizes = [int(digits[:18]) for digits in _REGISTER.findall(text)]
    if sum(sizes) > MAX_BITS:
        raise CircuitError(
            f"the program declares {sum(sizes):,} bits and qubits; the limit is {MAX_BITS:,}.",
            kind="limit",
            limit="qubits",
            hint="Declare fewer.",
        )
    try:
        circuit = qasm2.loads(
            text,
            include_path=(),
            custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
            custom_classical=qasm2.LEGACY_CUSTOM_CLASSICAL,
        )
    except qasm2.QASM2Error as error:
        said = str(error.message)
        place = _PLACE.match(said)
        raise CircuitError(
            f"this is OpenQASM 2, which Qiskit cannot read: {_PLACE.sub('', said).rstrip('.')}.",
            kind="syntax",
            line=int(place[1]) if place else None,
            column=int(place[2]) + 1 if place else None,
        ) from None
    try:
        return exported(circuit)
    except CannotExportError as error:
        raise CircuitError(
            f"this is OpenQASM 2, which Qiskit cannot write as OpenQASM 3: {error}", kind="semantic"
        ) from None
