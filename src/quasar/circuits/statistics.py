"""Size of a circuit: as written, and as compiled for a device's gates and connections.

Depth is the longest path counting every gate, of any size; measurements and barriers do not
count. That is Qiskit's `depth()` of the same gates.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pydantic import ConfigDict

from quasar.circuits.circuit import Circuit
from quasar.circuits.compiled_facts import Sizes, sizes
from quasar.core.documented import Documented
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import CouplingMap

Pairs = Sequence[tuple[int, int]]

BASES: dict[str, tuple[str, ...]] = {
    "generic": ("rz", "sx", "x", "cx"),
    "ibm-heron": ("id", "rz", "sx", "x", "cz"),
    "ibm-eagle": ("id", "rz", "sx", "x", "ecr"),
    "ion": ("rx", "ry", "rz", "rxx"),
}
"""Native gates by device family: IBM Heron and Eagle processors, trapped ions (Mølmer-Sørensen)."""

COUPLINGS = ("full", "line", "ring", "grid", "heavy-hex")
"""Connections by name: the smallest such map that holds the circuit."""


class Statistics(Documented):
    """Size of one circuit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    n_qubits: int
    """Qubits: all of them as written; once compiled, more if routing went through others."""
    gates: int
    """Gates of any size."""
    two_qubit_gates: int
    """Gates on two or more qubits."""
    multi_qubit_gates: int
    """Gates on three or more qubits (also counted as two-qubit gates)."""
    depth: int
    """Longest path, every gate counting 1."""
    parameters: int
    """Angles written."""
    distinct_parameters: int
    """Different values among them."""
    counts: dict[str, int]
    """Gates by name, most frequent first."""


class _Item(NamedTuple):
    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...]


def statistics(circuit: Circuit) -> Statistics:
    """Size of a circuit as written."""
    found = sizes(circuit)
    if found is not None:
        return statistics_of(found, circuit.n_qubits)
    items = [_Item(gate.name, gate.qubits, gate.params) for gate in circuit.gates]
    return _count(circuit.n_qubits, items)


def statistics_of(found: Sizes, n_qubits: int) -> Statistics:
    """The same of what C said."""
    return Statistics.whole(
        {
            "n_qubits": n_qubits,
            "gates": found.gates,
            "two_qubit_gates": found.two_qubit,
            "multi_qubit_gates": found.multi_qubit,
            "depth": found.depth,
            "parameters": found.parameters,
            "distinct_parameters": found.distinct,
            "counts": found.counts,
        }
    )


@dataclass(frozen=True, eq=False)
class Compiled:
    """A circuit compiled for a target.

    Attributes:
        circuit: on the target's qubits; bit i is still that of variable i.
        statistics: its size.
    """

    circuit: QuantumCircuit
    statistics: Statistics

    @property
    def qasm(self) -> str:
        """The program as OpenQASM 3."""
        from quasar.circuits.source import circuit_text

        return str(circuit_text(self.circuit))


def compile_circuit(
    circuit: Circuit,
    basis_gates: str | Sequence[str] = "generic",
    coupling_map: str | Pairs = "full",
    *,
    optimization_level: int = 1,
    seed: int = 0,
) -> Compiled:
    """A circuit compiled by Qiskit, all qubits being measured at the end.

    Args:
        basis_gates: a name in `BASES`, or Qiskit names of gates.
        coupling_map: a name in `COUPLINGS`, or the pairs of qubits that a gate may join, in
            either direction.
        optimization_level: Qiskit's, 0 to 3.
        seed: of the transpiler's random choices.

    Raises:
        InputError: unknown name, a map with fewer qubits than the circuit, or gates and
            connections into which the circuit cannot be compiled.
        CircuitError: a gate that is not well formed.
    """
    from qiskit import transpile
    from qiskit.exceptions import QiskitError

    from quasar.circuits.to_qiskit import to_qiskit

    if optimization_level not in range(4):
        raise InputError(f"the optimization level is 0, 1, 2 or 3, not {optimization_level}.")
    if isinstance(basis_gates, str):
        if basis_gates not in BASES:
            raise InputError(f"unknown basis {basis_gates!r}; known: {', '.join(BASES)}.")
        basis_gates = BASES[basis_gates]
    coupling = _coupling(coupling_map, circuit.n_qubits)
    try:
        done: QuantumCircuit = transpile(
            to_qiskit(circuit, measure=True),
            basis_gates=list(basis_gates),
            coupling_map=coupling,
            optimization_level=optimization_level,
            seed_transpiler=seed,
        )
    except (QiskitError, ValueError) as error:
        reason = str(getattr(error, "message", error)).strip(" '\"").partition(". ")[0]
        raise InputError(
            f"the circuit cannot be compiled into {', '.join(basis_gates)} on this map: {reason}."
        ) from error
    return Compiled(done, _size(circuit, done))


def _size(circuit: Circuit, compiled: QuantumCircuit) -> Statistics:
    """Size of a compiled circuit, of which `circuit` is the original."""
    index = {qubit: i for i, qubit in enumerate(compiled.qubits)}
    items = [
        _Item(
            item.operation.name,
            tuple(index[q] for q in item.qubits),
            tuple(float(p) for p in item.operation.params if np.ndim(p) == 0),
        )
        for item in compiled.data
        if item.operation.name not in {"measure", "barrier", "delay"}
    ]
    touched = {q for item in items for q in item.qubits}
    return _count(max(circuit.n_qubits, len(touched)), items)


def _count(n_qubits: int, items: Iterable[_Item]) -> Statistics:
    names: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    angles: Counter[float] = Counter()
    ends: dict[int, int] = {}
    for name, qubits, params in items:
        names[name] += 1
        sizes[len(qubits)] += 1
        angles.update(params)
        end = 1 + max((ends.get(q, 0) for q in qubits), default=0)
        ends.update(dict.fromkeys(qubits, end))
    return Statistics(
        n_qubits=n_qubits,
        gates=sizes.total(),
        two_qubit_gates=sum(count for size, count in sizes.items() if size >= 2),
        multi_qubit_gates=sum(count for size, count in sizes.items() if size >= 3),
        depth=max(ends.values(), default=0),
        parameters=angles.total(),
        distinct_parameters=len(angles),
        counts=dict(names.most_common()),
    )


def _coupling(coupling_map: str | Pairs, n_qubits: int) -> CouplingMap | None:
    """Qiskit's map of at least n qubits; None where any two qubits may interact."""
    from qiskit.transpiler import CouplingMap

    if not isinstance(coupling_map, str):
        pairs = [(int(a), int(b)) for a, b in coupling_map]
        if any(a < 0 or b < 0 or a == b for a, b in pairs):
            raise InputError("a coupling map is a list of pairs of different qubits, from 0 up.")
        size = 1 + max((max(pair) for pair in pairs), default=-1)
        if size < n_qubits:
            raise InputError(
                f"the coupling map has {size} qubits, but the circuit needs {n_qubits}: "
                "choose a larger map."
            )
        custom = CouplingMap(pairs)
        custom.make_symmetric()
        return custom
    match coupling_map:
        case "full":
            return None
        case "line":
            return CouplingMap.from_line(n_qubits)
        case "ring":
            return CouplingMap.from_ring(n_qubits) if n_qubits > 2 else _coupling("line", n_qubits)
        case "grid":
            rows = max(1, math.isqrt(n_qubits))
            return CouplingMap.from_grid(rows, math.ceil(n_qubits / rows))
        case "heavy-hex":
            distance = 3
            while CouplingMap.from_heavy_hex(distance).size() < n_qubits:
                distance += 2
            return CouplingMap.from_heavy_hex(distance)
    raise InputError(f"unknown coupling map {coupling_map!r}; known: {', '.join(COUPLINGS)}.")
