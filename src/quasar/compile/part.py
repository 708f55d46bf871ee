"""The connected part of a device that circuits are compiled for, as a Qiskit target of its own.

Qiskit's passes place single qubits of a circuit on qubits that no gate reaches, and take longer on
targets with them. So dead qubits and separate islands are cut away, and the rest is renumbered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from quasar.core.errors import InputError
from quasar.devices.device import Device

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from qiskit.transpiler import CouplingMap, Target


@dataclass(frozen=True, eq=False)
class Part:
    """A device's usable part.

    Attributes:
        device: all of it.
        qubits: physical qubit of each qubit of the part.
        target: gates between qubits of the part, numbered from 0.
    """

    device: Device
    qubits: tuple[int, ...]
    target: Target

    @cached_property
    def place(self) -> dict[int, int]:
        """Physical qubit to the part's own number."""
        return {q: i for i, q in enumerate(self.qubits)}

    def places(self, layout: Sequence[int], needed: int) -> tuple[int, ...]:
        """The part's numbers of a layout of physical qubits.

        Raises:
            InputError: it is not one different qubit of the part for each of the `needed` qubits.
        """
        if len(layout) != needed or len(set(layout)) != needed:
            raise InputError(
                f"a layout names one different qubit for each of the circuit's {needed}, not "
                f"{', '.join(map(str, layout))}."
            )
        unknown = [str(qubit) for qubit in layout if qubit not in self.place]
        if unknown:
            raise InputError(
                f"the qubits of a layout are joined by working couplers of {self.device.name}, "
                f"which has qubits 0 to {self.device.qubits - 1}; these are not: "
                f"{', '.join(unknown)}."
            )
        return tuple(self.place[qubit] for qubit in layout)

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Couplers (a < b) in the part's numbers."""
        place = self.place
        found = [(place[a], place[b]) for a, b in self.device.coupling if {a, b} <= place.keys()]
        return tuple(sorted((min(pair), max(pair)) for pair in found))

    @cached_property
    def coupling_map(self) -> CouplingMap:
        """The couplers in both directions."""
        from qiskit.transpiler import CouplingMap

        coupling = CouplingMap()
        for qubit in range(len(self.qubits)):
            coupling.add_physical_qubit(qubit)
        for a, b in self.pairs:
            coupling.add_edge(a, b)
            coupling.add_edge(b, a)
        return coupling

    @cached_property
    def distances(self) -> npt.NDArray[np.float64]:
        """Number of couplers between two qubits, shape [n, n]."""
        return self.coupling_map.distance_matrix  # type: ignore[no-any-return]

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each qubit those that a coupler joins to it."""
        found: list[list[int]] = [[] for _ in self.qubits]
        for a, b in self.pairs:
            found[a].append(b)
            found[b].append(a)
        return tuple(map(tuple, found))


def usable_part(device: Device, needed: int, around: int | None = None) -> Part:
    """The part of a device that a circuit of `needed` qubits is compiled for.

    Args:
        around: a qubit of the part; None: the largest part.

    Raises:
        InputError: the device has too few qubits, or too few that couplers join.
    """
    usable = device.usable
    if around is not None:
        usable = device.joined_to(around) or usable
    if needed > device.qubits:
        raise InputError(
            f"the circuit needs {needed} qubits, and {device.name} has {device.qubits}: choose a "
            "larger device."
        )
    if needed > len(usable):
        raise InputError(
            f"the circuit needs {needed} qubits, and of the {device.qubits} of {device.name} "
            f"working couplers join no more than {len(usable)}: choose another device."
        )
    if needed > 1 and not device.coupling:
        raise InputError(f"{device.name} has no two-qubit gate: choose another device.")
    return Part(device, usable, _restricted(device.target, usable))


def _restricted(target: Target, qubits: tuple[int, ...]) -> Target:
    from qiskit.circuit import Gate
    from qiskit.transpiler import Target

    place = {q: i for i, q in enumerate(qubits)}
    properties = target.qubit_properties
    part = Target(
        num_qubits=len(qubits),
        dt=target.dt,
        qubit_properties=None if properties is None else [properties[q] for q in qubits],
    )
    for name in target.operation_names:
        operation = target.operation_from_name(name)
        if not isinstance(operation, Gate) and name not in {"measure", "delay", "reset"}:
            continue
        places = dict(target[name])
        if None in places:
            part.add_instruction(operation, name=name)
            continue
        kept = {
            tuple(place[q] for q in qargs): known
            for qargs, known in places.items()
            if all(q in place for q in qargs)
        }
        if kept:
            part.add_instruction(operation, kept, name=name)
    return part
