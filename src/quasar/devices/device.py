"""A device as the rest of the project sees it: a masked Qiskit target, readout and relaxation.

`from_target` builds it from any Qiskit target and leaves out what is dead. Not covered: where
targets come from (`snapshots`, `generic`, `device_file`, all behind `load.device`), and the noise
that the errors stand for (`simulate.noisy`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from quasar.core.errors import InputError
from quasar.devices.masking import DeadParts, masked_target

if TYPE_CHECKING:
    from qiskit.transpiler import Target

ReadoutError = tuple[float, float]
"""P(read 1 | prepared 0) and P(read 0 | prepared 1) of a qubit."""

Relaxation = tuple[float | None, float | None]
"""T1 and T2 of a qubit in seconds, None where unknown."""


@dataclass(frozen=True)
class Device:
    """A quantum device, or an idea of one.

    Attributes:
        name: such as `fake_torino`.
        source: where its numbers come from, in words.
        target: gates with their qubits, errors (average gate infidelity) and durations (seconds);
            dead couplers and qubits have none.
        readout: p(1|0) and p(0|1) of each qubit; None where nothing is known.
        relaxation: T1 and T2 of each qubit in seconds.
        masked: a sentence for all that was left out of the target, with the reason.
        date: of the calibration, as `2025-02-26`; None where there is none.
    """

    name: str
    source: str
    target: Target
    readout: tuple[ReadoutError | None, ...]
    relaxation: tuple[Relaxation, ...]
    masked: tuple[str, ...] = ()
    date: str | None = None

    @property
    def qubits(self) -> int:
        """Number of physical qubits, masked ones too (physical numbers stay those of the maker)."""
        return int(self.target.num_qubits)

    @cached_property
    def coupling(self) -> tuple[tuple[int, int], ...]:
        """Couplers (a < b) on which some two-qubit gate works, in whichever direction."""
        pairs = {tuple(sorted(q)) for _, q in self.two_qubit_gates}
        return tuple(sorted(pairs))  # type: ignore[arg-type]

    @cached_property
    def basis(self) -> tuple[str, ...]:
        """Names of the gates, without measurement, reset, delay and control flow."""
        return tuple(sorted(name for name, gate in _gates(self.target) if gate))

    @cached_property
    def two_qubit_gates(self) -> tuple[tuple[str, tuple[int, int]], ...]:
        """Every two-qubit gate with the (ordered) qubits it works on."""
        return tuple(
            (name, (qargs[0], qargs[1]))
            for name, gate in _gates(self.target)
            if gate and gate.num_qubits == 2
            for qargs in _places(self.target, name)
        )

    @cached_property
    def usable(self) -> tuple[int, ...]:
        """The qubits of the largest group that working couplers join, in ascending order."""
        if not self._groups:
            raise InputError(f"Device {self.name} has no working qubit.")
        return max(self._groups, key=len)

    def joined_to(self, qubit: int) -> tuple[int, ...]:
        """The qubits that working couplers join to this one, and itself; none if it is dead."""
        return next((group for group in self._groups if qubit in group), ())

    @property
    def is_divided(self) -> bool:
        """Whether working couplers join more than one group of qubits."""
        return sum(len(group) > 1 for group in self._groups) > 1

    @cached_property
    def _groups(self) -> list[tuple[int, ...]]:
        import networkx as nx

        graph = nx.Graph(self.coupling)
        graph.add_nodes_from(self._working_qubits())
        return sorted(tuple(sorted(group)) for group in nx.connected_components(graph))

    def _working_qubits(self) -> list[int]:
        single = {
            qargs[0]
            for name, gate in _gates(self.target)
            if gate and gate.num_qubits == 1
            for qargs in _places(self.target, name)
            if qargs
        }
        return sorted(single)

    def error(self, gate: str, qubits: Sequence[int]) -> float | None:
        """Average infidelity of a gate on physical qubits; None where nothing is known."""
        return _property(self.target, gate, qubits, "error")

    def duration_s(self, gate: str, qubits: Sequence[int]) -> float | None:
        """Duration of a gate on physical qubits in seconds; None where nothing is known."""
        return _property(self.target, gate, qubits, "duration")

    @cached_property
    def median_two_qubit_error(self) -> float | None:
        """Median over working couplers, of the best two-qubit gate on each."""
        from statistics import median

        best: dict[tuple[int, ...], float] = {}
        for name, qargs in self.two_qubit_gates:
            if (error := self.error(name, qargs)) is not None:
                pair = tuple(sorted(qargs))
                best[pair] = min(error, best.get(pair, 1.0))
        return float(median(best.values())) if best else None


def from_target(
    target: Target,
    *,
    name: str,
    source: str,
    readout: Sequence[ReadoutError | None] | None = None,
    date: str | None = None,
    dead: DeadParts | None = None,
) -> Device:
    """A device of a Qiskit target; what is dead is masked and said.

    Args:
        readout: p(1|0) and p(0|1) of each qubit; left out, the measurement error stands for both.
        dead: what to mask besides.

    Raises:
        InputError: the target has no qubits.
    """
    if not target.num_qubits:
        raise InputError(f"Device {name} has no qubits: its target gives no number of them.")
    working, masked = masked_target(target, dead)
    number = int(target.num_qubits)
    if readout is None:
        errors = [_property(target, "measure", (q,), "error") for q in range(number)]
        readout = [None if e is None else (e, e) for e in errors]
    properties = target.qubit_properties or [None] * number
    relaxation = [(getattr(p, "t1", None), getattr(p, "t2", None)) for p in properties]
    return Device(name, source, working, tuple(readout), tuple(relaxation), masked, date)


def _gates(target: Target) -> list[tuple[str, Any]]:
    """Name and gate object of each operation; None for what is no unitary gate."""
    from qiskit.circuit import Gate

    found = []
    for name in target.operation_names:
        operation = target.operation_from_name(name)
        found.append((name, operation if isinstance(operation, Gate) else None))
    return found


def _places(target: Target, name: str) -> list[tuple[int, ...]]:
    return [tuple(qargs) for qargs in target[name] if qargs is not None]


def _property(target: Target, gate: str, qubits: Sequence[int], field: str) -> float | None:
    if gate not in target.operation_names:
        return None
    known = target[gate].get(tuple(qubits))
    value = getattr(known, field, None)
    return None if value is None else float(value)
