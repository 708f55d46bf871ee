"""Gate fusion: a circuit cut into windows of a few qubits, each of which acts as one small matrix.

Covers the cut only; `window_energy.py` runs it. The idea is that of qsim (arXiv 2111.02396) and of
Qiskit Aer: on more than a few qubits passing over the state costs more than the arithmetic, so one
pass should do the work of many gates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Window(NamedTuple):
    """Gates that act on few qubits.

    Attributes:
        qubits: the qubits acted on, ascending.
        gates: positions of the gates in the circuit, ascending.
    """

    qubits: tuple[int, ...]
    gates: tuple[int, ...]


def cut(gates: Sequence[tuple[int, ...]], width: int) -> list[Window]:
    """Cut a circuit into windows of at most `width` qubits.

    Windows still open never share a qubit, so each may be closed before or after the others. A gate
    joins the open windows it touches while they fit together; otherwise the largest of them is
    closed, filled up with others that fit.

    Args:
        gates: qubits of each gate.

    Returns:
        Windows in order of application; each gate is in one of them.

    Raises:
        ValueError: a gate on more than `width` qubits.
    """
    open_windows: list[_Draft] = []
    closed: list[Window] = []

    def close(window: _Draft) -> None:
        open_windows.remove(window)
        near = sorted(open_windows, key=lambda other: _distance(window.qubits, other.qubits))
        for other in near:
            if len(window.qubits) + len(other.qubits) <= width:
                window = _Draft(window.qubits | other.qubits, window.gates + other.gates)
                open_windows.remove(other)
        closed.append(Window(tuple(sorted(window.qubits)), tuple(sorted(window.gates))))

    for position, qubits in enumerate(gates):
        if len(qubits) > width:
            raise ValueError(f"gate {position} acts on {len(qubits)} qubits, more than {width}")
        while True:
            touched = [window for window in open_windows if window.qubits.intersection(qubits)]
            union = frozenset(qubits).union(*(window.qubits for window in touched))
            if len(union) <= width:
                break
            close(max(touched, key=lambda window: len(window.qubits.difference(qubits))))
        for window in touched:
            open_windows.remove(window)
        inside = [gate for window in touched for gate in window.gates]
        open_windows.append(_Draft(union, [*inside, position]))
    while open_windows:
        close(open_windows[0])
    return closed


class _Draft(NamedTuple):
    qubits: frozenset[int]
    gates: list[int]


def _distance(a: frozenset[int], b: frozenset[int]) -> int:
    return min(abs(i - j) for i in a for j in b)
