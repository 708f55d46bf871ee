"""Candidates by pytket (the extra `pytket`): its placements, noise-aware too, and its routing.

pytket optimises, places and routes; native gates are then written by Qiskit, as for the other ways,
since pytket knows no targets of Qiskit. It is given as many qubits as the circuit has, grown around
the best couplers: with more to route through, what pytket 2.18 gave was not proved equivalent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from quasar.circuits.circuit import Circuit
from quasar.circuits.emit import emit
from quasar.circuits.exports import to_pytket
from quasar.compile.by_qiskit import NativeGates
from quasar.compile.part import Part
from quasar.compile.placed import Placed
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit


def by_pytket(circuit: Circuit, part: Part, seeds: Sequence[int]) -> Iterator[Placed]:
    """Compiled circuits in the part's numbers, one for each of pytket's placements.

    Args:
        circuit: with gates on one or two qubits.
        seeds: pytket draws nothing; there are no more placements than seeds.

    Raises:
        InputError: pytket is not installed.
    """
    try:
        from pytket import OpType, architecture, mapping, passes, placement, predicates
    except ImportError as error:
        raise InputError("pytket is not installed: install the extra `pytket`.") from error

    region = _region(part, circuit.n_qubits)
    pairs = [pair for pair in part.pairs if region.issuperset(pair)]
    lattice = architecture.Architecture(pairs)
    ways: dict[str, Callable[[], Any]] = {
        "noise-aware": lambda: placement.NoiseAwarePlacement(lattice, *_errors(part, region)),
        "graph": lambda: placement.GraphPlacement(lattice),
        "line": lambda: placement.LinePlacement(lattice),
    }
    given = to_pytket(emit(circuit))
    routing = [mapping.LexiLabellingMethod(), mapping.LexiRouteRoutingMethod()]
    native = NativeGates(part)
    for name, make in list(ways.items())[: len(seeds)]:
        unit = predicates.CompilationUnit(_unmeasured(given))
        passes.SequencePass(
            [
                passes.FullPeepholeOptimise(allow_swaps=False),
                passes.FullMappingPass(lattice, make(), routing),
                passes.AutoRebase({OpType.CX, OpType.Rz, OpType.Rx}, allow_swaps=False),
            ]
        ).apply(unit)
        yield Placed(
            native(_as_qiskit(unit.circuit, len(part.qubits))),
            _places(unit.initial_map, circuit.n_qubits),
            _places(unit.final_map, circuit.n_qubits),
            f"pytket, {name} placement",
        )


def _region(part: Part, size: int) -> set[int]:
    """A connected group of that many qubits of the part, with small errors: the best of those that
    grow from each qubit by the next best neighbour.
    """
    at, device = part.qubits, part.device
    errors: dict[frozenset[int], float] = {}
    for name, (a, b) in device.two_qubit_gates:
        errors[frozenset((a, b))] = device.error(name, (a, b)) or 0.0

    def loss(inner: int, outer: int) -> float:
        return errors[frozenset((at[inner], at[outer]))] + sum(device.readout[at[outer]] or ()) / 2

    best, least = set[int](), math.inf
    for start in range(len(at)):
        region, total = {start}, 0.0
        while len(region) < size:
            edge = [(loss(a, b), b) for a in region for b in part.neighbours[a] if b not in region]
            if not edge:
                break
            cost, chosen = min(edge)
            region.add(chosen)
            total += cost
        if len(region) == size and total < least:
            best, least = region, total
    return best


def _unmeasured(circuit: Any) -> Any:
    from pytket import Circuit as PytketCircuit
    from pytket import OpType

    bare = PytketCircuit()
    for qubit in circuit.qubits:
        bare.add_qubit(qubit)
    for command in circuit.get_commands():
        if command.op.type != OpType.Measure:
            bare.add_gate(command.op, command.args)
    return bare


def _errors(
    part: Part, region: set[int]
) -> tuple[dict[Any, float], dict[Any, float], dict[Any, float]]:
    """Errors of nodes, couplers and readout, as pytket takes them."""
    from pytket.unit_id import Node

    device, place = part.device, part.place
    nodes, couplers, readout = {}, {}, {}
    for number in sorted(region):
        q = part.qubits[number]
        known = [device.error(name, (q,)) for name in device.basis]
        nodes[Node(number)] = fmean([e for e in known if e is not None] or [0.0])
        wrong = device.readout[q]
        readout[Node(number)] = 0.0 if wrong is None else fmean(wrong)
    for name, (a, b) in device.two_qubit_gates:
        if place.get(a) in region and place.get(b) in region:
            couplers[Node(place[a]), Node(place[b])] = device.error(name, (a, b)) or 0.0
    return nodes, couplers, readout


def _as_qiskit(circuit: Any, qubits: int) -> QuantumCircuit:
    from pytket import OpType
    from qiskit import QuantumCircuit

    out = QuantumCircuit(qubits)
    for command in circuit.get_commands():
        places = [node.index[0] for node in command.qubits]
        if command.op.type == OpType.CX:
            out.cx(*places)
        else:  # angles are in half turns
            turn = out.rz if command.op.type == OpType.Rz else out.rx
            turn(float(command.op.params[0]) * math.pi, places[0])
    return out


def _places(found: Any, qubits: int) -> tuple[int, ...]:
    number = {wire.index[0]: node.index[0] for wire, node in found.items()}
    return tuple(number[q] for q in range(qubits))
