"""Gates with many controls, and rotations that depend on the value of a register.

Barenco et al., Phys. Rev. A 52, 3457 (1995), lemmas 7.2 to 7.5; Möttönen et al., Phys. Rev. Lett.
93, 130502 (2004). Borrowed qubits may be in any state, and are left as they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from quasar.circuits.circuit import Gate

_ZERO = 1e-14  # radians: a rotation by less does nothing


def gate(name: str, *qubits: int, angles: Sequence[float] = ()) -> Gate:
    """A gate, in fewer words."""
    return Gate(name, qubits, tuple(angles))


def multi_x(controls: Sequence[int], target: int, borrowed: Sequence[int] = ()) -> list[Gate]:
    """X on the target where all controls are 1.

    Args:
        borrowed: other qubits that may be used; one makes the number of gates linear.
    """
    k = len(controls)
    if k < 3:
        return [gate(("x", "cx", "ccx")[k], *controls, target)]
    if len(borrowed) >= k - 2:
        return _ladder(controls, target, borrowed[: k - 2])
    if not borrowed:
        around = gate("h", target)
        return [around, *multi_phase(np.pi, [*controls, target]), around]
    half = (k + 2) // 2
    first, spare = controls[:half], borrowed[0]
    second = [*controls[half:], spare]
    to_spare = multi_x(first, spare, [*controls[half:], target])
    to_target = multi_x(second, target, first)
    return [*to_spare, *to_target, *to_spare, *to_target]


def _ladder(controls: Sequence[int], target: int, borrowed: Sequence[int]) -> list[Gate]:
    """Lemma 7.2: 4 (k - 2) Toffoli gates on k - 2 borrowed qubits."""
    chain = [*borrowed, target]
    top = [
        gate("ccx", controls[i + 1], chain[i - 1], chain[i]) for i in range(len(chain) - 1, 0, -1)
    ]
    bottom = gate("ccx", controls[0], controls[1], chain[0])
    inner = [*top[1:], bottom, *top[1:][::-1]]
    return [top[0], *inner, top[0], *inner]


def multi_phase(angle: float, qubits: Sequence[int]) -> list[Gate]:
    """The phase exp(i angle) where all qubits are 1; lemma 7.5."""
    if len(qubits) == 1:
        return [gate("p", *qubits, angles=(angle,))]
    *others, last, target = qubits
    if not others:
        return [gate("cp", last, target, angles=(angle,))]
    flip = multi_x(others, last, [target])
    half = angle / 2
    return [
        gate("cp", last, target, angles=(half,)),
        *flip,
        gate("cp", last, target, angles=(-half,)),
        *flip,
        *multi_phase(half, [*others, target]),
    ]


def multi_ry(
    angle: float, controls: Sequence[int], target: int, borrowed: Sequence[int] = ()
) -> list[Gate]:
    """RY on the target where all controls are 1."""
    if not controls:
        return [gate("ry", target, angles=(angle,))]
    flip = multi_x(controls, target, borrowed)
    turn, back = (gate("ry", target, angles=(a / 2,)) for a in (angle, -angle))
    return [turn, *flip, back, *flip]


def multiplexed(
    kind: Literal["ry", "rz"],
    angles: npt.NDArray[np.float64],
    controls: Sequence[int],
    target: int,
) -> list[Gate]:
    """A rotation of the target by `angles[v]` where the controls hold v, shape [2**k].

    The first control is the least significant bit of v.
    """
    if np.all(np.abs(angles) < _ZERO):
        return []
    if np.ptp(angles) < _ZERO:
        return [gate(kind, target, angles=(float(angles[0]),))]
    size = angles.size
    codes = np.arange(size) ^ (np.arange(size) >> 1)
    signs = 1.0 - 2.0 * (np.bitwise_count(codes[:, None] & np.arange(size)[None, :]) & 1)
    turns = signs @ angles / size  # [step]
    out = []
    for step, turn in enumerate(turns):
        out.append(gate(kind, target, angles=(float(turn),)))
        flipped = int(codes[step] ^ codes[(step + 1) % size])
        out.append(gate("cx", controls[flipped.bit_length() - 1], target))
    return out


def diagonal(phases: npt.NDArray[np.float64], qubits: Sequence[int]) -> list[Gate]:
    """The phases exp(i phases[v]) of a register's values v, up to a global one; shape [2**k]."""
    out: list[Gate] = []
    rest = np.asarray(phases, dtype=float)
    for place, target in enumerate(qubits):
        pairs = rest.reshape(-1, 2)  # [value of the higher qubits, bit of the target]
        out += multiplexed("rz", pairs[:, 1] - pairs[:, 0], qubits[place + 1 :], target)
        rest = pairs.mean(axis=1)
    return out


def inverse(gates: Sequence[Gate]) -> Iterator[Gate]:
    """The gates undone: those used here."""
    for made in reversed(gates):
        yield made._replace(params=tuple(-angle for angle in made.params))
