"""What of a target is dead: gates with errors of a half or more, or without the error others have.

Qiskit's passes do not leave out such couplers by themselves: FakeTorino has 11 with error 1, and a
router that weighs no errors uses them. Masking takes their gates out of the target.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit.transpiler import Target

DEAD = 0.5
"""From this error on a gate or a readout says nothing."""


@dataclass
class DeadParts:
    """What is dead: the reason by qubit, and by gate name and qubits."""

    qubits: dict[int, str] = field(default_factory=dict)
    gates: dict[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)


def masked_target(target: Target, dead: DeadParts | None = None) -> tuple[Target, tuple[str, ...]]:
    """A copy of the target without what is dead, and a sentence for each kind of loss."""
    found = find_dead(target, dead)
    if not found.qubits and not found.gates:
        return target, ()
    return _without(target, found), _sentences(found)


def find_dead(target: Target, dead: DeadParts | None = None) -> DeadParts:
    """What of the target is dead, besides what is known already."""
    from qiskit.circuit import Gate

    found = dead or DeadParts()
    for name in target.operation_names:
        operation = target.operation_from_name(name)
        places = [(tuple(q), p) for q, p in target[name].items() if q is not None]
        if not isinstance(operation, Gate) and name != "measure":
            continue
        known = any(getattr(p, "error", None) is not None for _, p in places)
        for qargs, properties in places:
            error = getattr(properties, "error", None)
            if error is None:
                reason = "no error is known" if known else None
            else:
                reason = f"error {error:.3g}" if not error < DEAD else None
            if reason is None:
                continue
            if len(qargs) == 1:
                what = "readout" if name == "measure" else name
                found.qubits.setdefault(qargs[0], f"{what}: {reason}")
            else:
                found.gates[name, qargs] = reason
    return found


def _without(target: Target, found: DeadParts) -> Target:
    from qiskit.transpiler import Target

    fields = ("dt", "granularity", "min_length", "pulse_alignment", "acquire_alignment")
    working = Target(
        description=target.description,
        num_qubits=target.num_qubits,
        qubit_properties=target.qubit_properties,
        concurrent_measurements=target.concurrent_measurements,
        **{name: getattr(target, name) for name in fields},
    )
    for name in target.operation_names:
        operation = target.operation_from_name(name)
        places = dict(target[name])
        if None in places:
            working.add_instruction(operation, name=name)
            continue
        kept: dict[Any, Any] = {
            qargs: properties
            for qargs, properties in places.items()
            if not found.qubits.keys() & set(qargs) and (name, tuple(qargs)) not in found.gates
        }
        if kept:
            working.add_instruction(operation, kept, name=name)
    return working


def _sentences(found: DeadParts) -> tuple[str, ...]:
    said = [f"qubit {q} ({reason})" for q, reason in sorted(found.qubits.items())]
    pairs: dict[tuple[str, tuple[int, ...]], str] = {}
    for (name, qargs), reason in sorted(found.gates.items()):
        if not found.qubits.keys() & set(qargs):
            pairs.setdefault((name, tuple(sorted(qargs))), reason)
    said += [f"{name} on {'-'.join(map(str, q))} ({reason})" for (name, q), reason in pairs.items()]
    return tuple(said)
