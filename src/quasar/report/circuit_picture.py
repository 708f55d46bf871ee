"""Pictures of circuits: a folded matplotlib drawing, and Qiskit's text drawing.

Covers every gate of `circuit.GATES` and `unitary`. Gates stand in the leftmost free column; the
columns are folded into rows so that the page stays about as wide as it is high; beyond a number of
gates only the first are drawn, and the rest are counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quasar.circuits.circuit import Circuit, Gate, validate
from quasar.report.style import BACKGROUND, GREY, TEXT, check_format, page, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All lengths below are in distances between neighbouring wires.
_INCH = 0.42
_PLAIN_WIDTH = 0.8
_ANGLE_WIDTH = 0.55  # for each angle, beside _ANGLE_MARGIN
_ANGLE_MARGIN = 0.9
_MATRIX_WIDTH = 1.45
_MARGIN = 1.6  # left of the wires, for their names
_ROW_GAP = 1.7
_BOX_HEIGHT = 0.62
_SHAPE = 1.5  # wanted width of the page over its height
_ROW_WIDTH = (30.0, 80.0)  # least and greatest width of a folded row

_FILL = {"rx": "#fde2c8", "ry": "#d8f0d3", "rz": "#d6e6fa", "h": "#fbe9a7", "unitary": "#f3d9e4"}
_OTHER_FILL = "#ece9f6"

_TARGET = {
    "cx": "x", "CX": "x", "ccx": "x", "cy": "y", "ch": "h",
    "crx": "rx", "cry": "ry", "crz": "rz", "cu": "u",
}  # fmt: skip
"""What a controlled gate does to its last qubit."""
_DOTS = {"cz", "cp", "cphase"}
_LABELS = {"sdg": "s†", "tdg": "t†", "sx": "√x", "phase": "p", "U": "u"}


def draw(
    circuit: Circuit, path: str | Path, *, title: str | None = None, max_gates: int = 400
) -> None:
    """Write `circuit_figure` to a file.

    Raises:
        InputError: the file does not end in one of `style.FORMATS`.
        CircuitError: a gate that is not well formed.
    """
    check_format(path)
    figure = circuit_figure(circuit, title=title, max_gates=max_gates)
    save(figure, path, tight=False)


def circuit_figure(circuit: Circuit, *, title: str | None = None, max_gates: int = 400) -> Figure:
    """A picture of a circuit.

    Args:
        title: text above.
        max_gates: gates drawn; a longer circuit ends in "... +N gates".

    Raises:
        CircuitError: a gate that is not well formed.
    """
    validate(circuit)
    n = circuit.n_qubits
    row_height = max(n, 1) - 1 + _ROW_GAP
    rows = _fold(_columns(circuit.gates[:max_gates]), row_height)
    top = 1.0 if title else 0.0

    pen = _Pen()
    ends = []
    for number, row in enumerate(rows):
        y0 = top + number * row_height + _ROW_GAP / 2
        ends.append(_row(pen, row, n, y0, folded=number + 1 < len(rows)))
    left_out = len(circuit.gates) - max_gates
    if left_out > 0:
        more = f"… +{left_out} gate{'s' * (left_out > 1)}"
        pen.texts.append((ends[-1] + 0.2, y0 + (n - 1) / 2, more, 9, "left"))
        ends[-1] += 3.0
    if title:
        pen.texts.append((0.3 - _MARGIN, 0.6, title, 10, "left"))

    width, height = _MARGIN + max(*ends, 6.0) + 0.3, top + row_height * len(rows)
    figure = page(width * _INCH, height * _INCH)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(-_MARGIN, width - _MARGIN)
    axes.set_ylim(height, 0.0)
    axes.set_axis_off()
    pen.put_on(axes)
    return figure


def draw_text(circuit: Circuit, width: int = 100, *, max_gates: int = 200) -> str:
    """The circuit as text for a terminal of `width` characters.

    Raises:
        CircuitError: a gate that is not well formed.
    """
    from quasar.circuits.to_qiskit import to_qiskit

    shown = Circuit(circuit.n_qubits, circuit.gates[:max_gates])
    text = str(to_qiskit(shown).draw("text", fold=width))
    left_out = len(circuit.gates) - len(shown.gates)
    return f"{text}\n… +{left_out} gate{'s' * (left_out > 1)}" if left_out else text


@dataclass
class _Column:
    width: float = 0.0
    gates: list[Gate] = field(default_factory=list)


def _columns(gates: tuple[Gate, ...]) -> list[_Column]:
    """Every gate in the leftmost column where the wires it spans are free."""
    columns: list[_Column] = []
    free: dict[int, int] = {}
    for gate in gates:
        spanned = range(min(gate.qubits), max(gate.qubits) + 1)
        place = max(free.get(q, 0) for q in spanned)
        if place == len(columns):
            columns.append(_Column())
        columns[place].gates.append(gate)
        columns[place].width = max(columns[place].width, _width(gate))
        free.update(dict.fromkeys(spanned, place + 1))
    return columns


def _width(gate: Gate) -> float:
    if gate.name == "unitary":
        return _MATRIX_WIDTH
    return _ANGLE_MARGIN + _ANGLE_WIDTH * len(gate.params) if gate.params else _PLAIN_WIDTH


def _fold(columns: list[_Column], row_height: float) -> list[list[_Column]]:
    """Rows of about equal width."""
    total = sum(column.width for column in columns)
    wanted = min(max(math.sqrt(_SHAPE * row_height * total), _ROW_WIDTH[0]), _ROW_WIDTH[1])
    count = max(1, math.ceil(total / wanted))
    rows: list[list[_Column]] = [[] for _ in range(count)]
    before = 0.0
    for column in columns:
        place = int((before + column.width / 2) / total * count)
        rows[place].append(column)
        before += column.width
    return rows


class _Pen:
    """Collects strokes, so that matplotlib gets a few large collections and not each by itself."""

    def __init__(self) -> None:
        self.wires: list[list[tuple[float, float]]] = []
        self.folds: list[list[tuple[float, float]]] = []
        self.links: list[list[tuple[float, float]]] = []
        self.dots: list[tuple[float, float]] = []
        self.targets: list[tuple[float, float]] = []
        self.crosses: list[tuple[float, float]] = []
        self.boxes: dict[str, list[list[tuple[float, float]]]] = {}
        self.texts: list[tuple[float, float, str, float, str]] = []

    def box(self, x: float, top: float, bottom: float, width: float, fill: str) -> None:
        left, right = x - width / 2, x + width / 2
        upper, lower = top - _BOX_HEIGHT / 2, bottom + _BOX_HEIGHT / 2
        corners = [(left, upper), (right, upper), (right, lower), (left, lower)]
        self.boxes.setdefault(fill, []).append(corners)

    def put_on(self, axes: Axes) -> None:
        from matplotlib.collections import LineCollection, PolyCollection

        axes.add_collection(LineCollection(self.wires, colors=GREY, lw=0.8, zorder=1))
        axes.add_collection(LineCollection(self.folds, colors=GREY, lw=0.8, ls=":", zorder=1))
        axes.add_collection(LineCollection(self.links, colors=TEXT, lw=1.0, zorder=2))
        for fill, corners in self.boxes.items():
            boxes = PolyCollection(corners, facecolors=fill, edgecolors=TEXT, lw=0.7, zorder=3)
            axes.add_collection(boxes)
        for points, marker, size, face in (
            (self.targets, "o", 9.0, BACKGROUND),
            (self.targets, "+", 9.0, TEXT),
            (self.dots, "o", 4.0, TEXT),
            (self.crosses, "x", 6.0, TEXT),
        ):
            xs, ys = [x for x, _ in points], [y for _, y in points]
            axes.plot(xs, ys, ls="", marker=marker, ms=size, mfc=face, mec=TEXT, mew=1.1, zorder=4)
        for x, y, text, size, align in self.texts:
            axes.text(x, y, text, fontsize=size, ha=align, va="center", color=TEXT, zorder=5)


def _row(pen: _Pen, row: list[_Column], n_qubits: int, y0: float, *, folded: bool) -> float:
    """Wires and gates of one row; returns where the wires end."""
    end = sum(column.width for column in row) + 0.2
    for qubit in range(n_qubits):
        pen.wires.append([(-0.2, y0 + qubit), (end, y0 + qubit)])
        pen.texts.append((-0.35, y0 + qubit, f"q{qubit}", 8, "right"))
    if folded:
        pen.folds.append([(end, y0 - 0.3), (end, y0 + n_qubits - 0.7)])
    x = 0.0
    for column in row:
        for gate in column.gates:
            _gate(pen, gate, x + column.width / 2, [y0 + qubit for qubit in gate.qubits])
        x += column.width
    return end


def _gate(pen: _Pen, gate: Gate, x: float, ys: list[float]) -> None:
    name = gate.name
    top, bottom = min(ys), max(ys)
    if name == "unitary":
        width = _MATRIX_WIDTH - 0.16
        pen.box(x, top, bottom, width, _FILL[name])
        pen.texts.append((x + 0.1, (top + bottom) / 2, name, 6, "center"))
        for position, y in enumerate(ys):
            pen.texts.append((x - width / 2 + 0.06, y, str(position), 6, "left"))
        return
    if len(ys) > 1:
        pen.links.append([(x, top), (x, bottom)])
    if name in _DOTS:
        pen.dots += [(x, y) for y in ys]
        if gate.params:
            pen.texts.append((x + 0.1, top + 0.5, f"p {_angle(gate.params[0])}", 6, "left"))
    elif name in {"swap", "cswap"}:
        pen.dots += [(x, y) for y in ys[:-2]]
        pen.crosses += [(x, y) for y in ys[-2:]]
    else:
        pen.dots += [(x, y) for y in ys[:-1]]
        target = _TARGET.get(name, name)
        if target == "x" and len(ys) > 1:
            pen.targets.append((x, ys[-1]))
        else:
            _box(pen, gate, target, x, ys[-1])


def _box(pen: _Pen, gate: Gate, name: str, x: float, y: float) -> None:
    pen.box(x, y, y, _width(gate) - 0.16, _FILL.get(name, _OTHER_FILL))
    label = _LABELS.get(name, name)
    if not gate.params:
        pen.texts.append((x, y, label, 8, "center"))
        return
    pen.texts.append((x, y - 0.13, label, 7, "center"))
    pen.texts.append((x, y + 0.15, " ".join(map(_angle, gate.params)), 6, "center"))


def _angle(angle: float) -> str:
    """At most 6 characters, radians."""
    if abs(angle) >= 1000:
        return f"{angle:.0e}".replace("e+0", "e").replace("e+", "e")
    text = f"{angle:.2f}" if abs(angle) >= 10 else f"{angle:.3f}"
    return "0" if float(text) == 0 else text
