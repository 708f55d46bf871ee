"""A circuit on a device's qubits, with the places of the original's qubits before and after it.

Everything that compiles gives a `Placed`; success, relocation, proof and text read it. Places are
physical qubits. Measurements are not part of it: they are put on at the end, so that no pass takes
away gates in front of them and the state itself can be compared with the original's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


class GateStep(NamedTuple):
    """A gate on physical qubits."""

    name: str
    qubits: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Placed:
    """A compiled circuit without its measurements.

    Attributes:
        circuit: on as many qubits as the device (or the part of it) has.
        initial: physical qubit of each qubit of the original before the circuit.
        final: the same after it; what is measured there is the original's answer.
        compiler: which way it was made, in words.
    """

    circuit: QuantumCircuit
    initial: tuple[int, ...]
    final: tuple[int, ...]
    compiler: str

    @cached_property
    def steps(self) -> tuple[GateStep, ...]:
        """Its gates in order; barriers and delays are left out."""
        return tuple(GateStep(item.operation.name, qubits) for item, qubits in _gates(self.circuit))

    @cached_property
    def active(self) -> tuple[int, ...]:
        """Physical qubits that it uses: those of the original first, where they end."""
        touched = {q for step in self.steps for q in step.qubits} | set(self.initial)
        return (*self.final, *sorted(touched.difference(self.final)))

    @cached_property
    def two_qubit_gates(self) -> int:
        """Gates on two qubits."""
        return sum(len(step.qubits) == 2 for step in self.steps)

    def compact(self) -> QuantumCircuit:
        """The same gates on the active qubits only, numbered as in `active`: qubit i of the
        original ends on qubit i.
        """
        from qiskit import QuantumCircuit

        place = {qubit: i for i, qubit in enumerate(self.active)}
        return _copied(self.circuit, place, QuantumCircuit(len(place)))

    def moved(self, place: Mapping[int, int], qubits: int) -> Placed:
        """On other physical qubits: q goes to `place[q]`, of `qubits` in all."""
        from qiskit import QuantumCircuit

        return replace(
            self,
            circuit=_copied(self.circuit, place, QuantumCircuit(qubits)),
            initial=tuple(place[q] for q in self.initial),
            final=tuple(place[q] for q in self.final),
        )


def _gates(circuit: QuantumCircuit) -> Iterator[tuple[Any, tuple[int, ...]]]:
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    for item in circuit.data:
        if item.operation.name not in {"barrier", "delay", "measure"}:
            yield item, tuple(index[q] for q in item.qubits)


def _copied(
    circuit: QuantumCircuit, place: Mapping[int, int], out: QuantumCircuit
) -> QuantumCircuit:
    for item, qubits in _gates(circuit):
        out.append(item.operation, [place[q] for q in qubits], copy=False)
    return out
