"""Devices that no one has built: plain couplings with the same typical numbers everywhere.

`generic:27:heavy-hex` is a superconducting device with cz gates, `ions:11` an ion trap in which
every pair is coupled. The numbers are round values near the medians of today's machines; for those
of a real one take a snapshot or a device file.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quasar.core.errors import InputError
from quasar.core.settings import one_of
from quasar.devices.device import Device, from_target

if TYPE_CHECKING:
    from qiskit.transpiler import Target

Pairs = list[tuple[int, int]]
MOST_QUBITS = 1200


@dataclass(frozen=True)
class Technology:
    """What every qubit and coupler of a generic device has; times in seconds."""

    single: tuple[str, ...]
    pair: tuple[str, ...]
    single_error: float
    pair_error: float
    readout_error: float
    single_s: float
    pair_s: float
    readout_s: float
    t1_s: float
    t2_s: float


# Near the medians of the snapshots of Heron machines (fake_torino, fake_marrakesh).
SUPERCONDUCTING = Technology(
    ("sx", "x"), ("cz",), 3e-4, 4e-3, 1.5e-2, 32e-9, 68e-9, 1.5e-6, 150e-6, 120e-6
)
# Near published figures of trapped-ion machines (one-qubit 3e-5, two-qubit 1e-3, SPAM 2e-3).
IONS = Technology(("rx", "ry"), ("rzz",), 3e-5, 1e-3, 2e-3, 10e-6, 200e-6, 120e-6, 100.0, 2.0)


def generic(number: int, shape: str) -> Device:
    """A superconducting device of `number` qubits: line, ring, grid, heavy-hex or all.

    Raises:
        InputError: unknown shape, or a number of qubits that it cannot have.
    """
    _need_number(number, "generic")
    if shape not in SHAPES:
        near = difflib.get_close_matches(shape, SHAPES, 1)
        hint = f"Did you mean {near[0]}?" if near else f"Choose {one_of(SHAPES)}."
        raise InputError(f"There is no generic coupling {shape!r}. {hint}")
    target = build(number, SHAPES[shape](number), SUPERCONDUCTING)
    return from_target(
        target, name=f"generic:{number}:{shape}", source="the same typical numbers everywhere"
    )


def ions(number: int) -> Device:
    """An ion trap of `number` qubits, every pair coupled, with rzz gates.

    Raises:
        InputError: the number is out of range.
    """
    _need_number(number, "ions")
    target = build(number, _all(number), IONS)
    return from_target(target, name=f"ions:{number}", source="the same typical numbers everywhere")


def build(number: int, pairs: Pairs, kind: Technology) -> Target:
    """A target with the same numbers on every qubit and on every coupler, both directions."""
    from qiskit.circuit import Delay, Measure, Parameter, Reset
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties, QubitProperties, Target

    known = get_standard_gate_name_mapping()
    target = Target(
        num_qubits=number,
        qubit_properties=[QubitProperties(t1=kind.t1_s, t2=kind.t2_s) for _ in range(number)],
    )

    def everywhere(error: float, duration: float) -> dict[tuple[int, ...], InstructionProperties]:
        return {(q,): InstructionProperties(duration, error) for q in range(number)}

    for name in kind.single:
        target.add_instruction(known[name], everywhere(kind.single_error, kind.single_s))
    target.add_instruction(known["rz"], everywhere(0.0, 0.0))
    both = [*pairs, *((b, a) for a, b in pairs)]
    for name in kind.pair if both else ():
        numbers = {pair: InstructionProperties(kind.pair_s, kind.pair_error) for pair in both}
        target.add_instruction(known[name], numbers)
    target.add_instruction(Measure(), everywhere(kind.readout_error, kind.readout_s))
    target.add_instruction(Reset(), everywhere(kind.readout_error, kind.readout_s))
    target.add_instruction(Delay(Parameter("t")), dict.fromkeys([(q,) for q in range(number)]))
    return target


def _need_number(number: int, kind: str) -> None:
    if not 1 <= number <= MOST_QUBITS:
        what, form = "A generic device", "generic:27:heavy-hex"
        if kind == "ions":
            what, form = "An ion trap", "ions:11"
        raise InputError(
            f"{what} has 1 to {MOST_QUBITS:,} qubits, not {number:,}: write such a number, as in "
            f"{form}."
        )


def _line(number: int) -> Pairs:
    return [(q, q + 1) for q in range(number - 1)]


def _ring(number: int) -> Pairs:
    return _line(number) + ([(0, number - 1)] if number > 2 else [])


def _grid(number: int) -> Pairs:
    """The squarest grid, filled row by row; the last row may be short."""
    columns = max(1, round(number**0.5))
    right = [(q, q + 1) for q in range(number - 1) if (q + 1) % columns]
    return sorted(right + [(q, q + columns) for q in range(number - columns)])


def _all(number: int) -> Pairs:
    return [(a, b) for a in range(number) for b in range(a + 1, number)]


def _heavy_hex(number: int) -> Pairs:
    """IBM's 27-qubit map; for other sizes the part of a lattice nearest to its centre."""
    import networkx as nx
    from qiskit.transpiler import CouplingMap

    if number == 27:
        return [*_FALCON]
    distance = 3
    while (5 * distance * distance - 2 * distance - 1) // 2 < number:
        distance += 2
    graph = nx.Graph(list(CouplingMap.from_heavy_hex(distance).get_edges()))
    order = list(nx.bfs_tree(graph, nx.center(graph)[0]))[:number]
    place = {node: index for index, node in enumerate(order)}
    kept = graph.subgraph(order).edges
    return sorted((min(place[a], place[b]), max(place[a], place[b])) for a, b in kept)


_FALCON: Pairs = [
    *[(0, 1), (1, 2), (1, 4), (2, 3), (3, 5), (4, 7), (5, 8), (6, 7), (7, 10), (8, 9), (8, 11)],
    *[(10, 12), (11, 14), (12, 13), (12, 15), (13, 14), (14, 16), (15, 18), (16, 19), (17, 18)],
    *[(18, 21), (19, 20), (19, 22), (21, 23), (22, 25), (23, 24), (24, 25), (25, 26)],
]
"""The couplers of IBM's 27-qubit Falcon machines."""

SHAPES: dict[str, Callable[[int], Pairs]] = {
    "line": _line,
    "ring": _ring,
    "grid": _grid,
    "heavy-hex": _heavy_hex,
    "all": _all,
}
