"""What compiling gives: the circuit, its layout, what it costs, and how it is known to be right."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quasar.circuits.exports import Exportable, ProgramText, to_qasm2
from quasar.compile.equivalence import Proof
from quasar.compile.success import EstimatedSuccess
from quasar.compile.text import CompiledLayout
from quasar.core.files import new_folder, write_bytes, write_json, write_text

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

COMPILED, PHYSICAL, OPENQASM_2 = "compiled.qasm", "physical.qasm", "compiled.qasm2"
QPY, ABOUT, ORIGINAL = "compiled.qpy", "compiled.json", "original.qasm"
REFUSED = "not-equivalent.qasm"
"""A compiled circuit that is not the original, kept for those who look into it."""


class Trial(NamedTuple):
    """One of the compiled circuits that were compared."""

    compiler: str
    two_qubit_gates: int
    esp: float


@dataclass(frozen=True, eq=False)
class CompiledCircuit(Exportable):
    """A circuit on a device, proved to be the original.

    Attributes:
        device: its name.
        compiler: which of the ways it was made by.
        qasm: OpenQASM 3 on the active qubits, `q[i]`; its classical bits are the original's.
        physical_qasm: the same on hardware qubits `$n`.
        circuit: on all qubits of the device, with Qiskit's `layout` set.
        layout: physical qubits of the original's qubits at the start and at the end.
        gates: gates in all, those too that take no time.
        two_qubit_gates: gates on two qubits.
        success: ESP and its parts, duration in seconds, depth.
        proof: how it is known to be equivalent.
        trials: all that were compared, best ESP first.
        original: the program that was compiled, as OpenQASM 3.
        remarks: what a user should know, such as error rates that the device does not give.
    """

    device: str
    compiler: str
    qasm: str = field(repr=False)
    physical_qasm: str = field(repr=False)
    circuit: QuantumCircuit = field(repr=False)
    layout: CompiledLayout
    gates: int
    two_qubit_gates: int
    success: EstimatedSuccess
    proof: Proof
    trials: tuple[Trial, ...] = field(repr=False)
    original: str = field(repr=False)
    remarks: tuple[str, ...] = ()

    @property
    def esp(self) -> float:
        """Estimated success probability, 0 to 1; see `compile.success`."""
        return self.success.esp

    @property
    def depth(self) -> int:
        """Longest path, every gate counting 1."""
        return self.success.depth

    @property
    def duration_s(self) -> float:
        """Time from the first gate to the measurement in seconds."""
        return self.success.duration_s

    def _source(self) -> ProgramText:
        return ProgramText(self.qasm)

    def to_qasm2(self) -> str:
        """OpenQASM 2 on the active qubits, in the gates of `qelib1.inc` that every program has.

        Gates that it lacks, such as `sx`, become others, so that this is no longer the device's
        basis.
        """
        return to_qasm2(self._source())

    def to_qpy(self) -> bytes:
        """The circuit on the device's qubits with its layout, in Qiskit's own format."""
        from qiskit import qpy

        stream = io.BytesIO()
        qpy.dump(self.circuit, stream)
        return stream.getvalue()

    def data(self) -> dict[str, Any]:
        """All but the circuit itself, for JSON."""
        return {
            "device": self.device,
            "compiler": self.compiler,
            "gates": self.gates,
            "two_qubit_gates": self.two_qubit_gates,
            "depth": self.depth,
            "duration_s": self.duration_s,
            "esp": self.esp,
            "esp_parts": {
                name: getattr(self.success, name) for name in ("gates", "readout", "idling")
            },
            "layout": {name: list(qubits) for name, qubits in self.layout._asdict().items()},
            "proof": dataclasses.asdict(self.proof),
            "trials": [trial._asdict() for trial in self.trials],
            "remarks": list(self.remarks),
        }

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[str]:
        """Write the circuit in every form, the layout and the numbers into a new folder.

        Args:
            force: replace a folder that exists.

        Returns:
            Names of the files.

        Raises:
            InputError: the folder exists, or cannot be written.
        """
        with new_folder(Path(folder), force=force) as partial:
            write_text(partial / COMPILED, self.qasm)
            write_text(partial / PHYSICAL, self.physical_qasm)
            write_text(partial / OPENQASM_2, self.to_qasm2())
            write_bytes(partial / QPY, self.to_qpy())
            write_text(partial / ORIGINAL, self.original)
            write_json(partial / ABOUT, self.data())
        return [COMPILED, PHYSICAL, OPENQASM_2, QPY, ORIGINAL, ABOUT]

    def __str__(self) -> str:
        return summary(self)


def summary(compiled: CompiledCircuit) -> str:
    """Device, size, ESP, layout and proof."""
    parts = compiled.success
    lines = [
        f"device      {compiled.device}",
        f"compiler    {compiled.compiler}, best of {len(compiled.trials)}",
        f"gates       {compiled.gates} ({compiled.two_qubit_gates} on two qubits), depth "
        f"{compiled.depth}",
        f"duration    {compiled.duration_s * 1e6:.2f} µs before the measurement",
        f"success     {compiled.esp:.4f} estimated (gates {parts.gates:.4f}, readout "
        f"{parts.readout:.4f}, idling {parts.idling:.4f})",
        f"layout      {_moves(compiled.layout.initial, compiled.layout.final)}",
        f"equivalent  {compiled.proof.statement}",
    ]
    if compiled.proof.second_opinion is not None:
        lines.append(f"mqt.qcec    {compiled.proof.second_opinion}")
    lines += [f"remark      {remark}" for remark in compiled.remarks]
    return "\n".join(lines)


def _moves(initial: Sequence[int], final: Sequence[int]) -> str:
    """Each qubit's physical place, and where it ends if that is another."""
    shown = [
        f"{i}:{start}" + (f">{end}" if end != start else "")
        for i, (start, end) in enumerate(zip(initial, final, strict=True))
    ]
    cut = 24
    more = f" and {len(shown) - cut} more" if len(shown) > cut else ""
    return " ".join(shown[:cut]) + more
