"""Pictures of circuits: a folded matplotlib drawing, and Qiskit's text drawing.

Covers every gate of `circuit.GATES` and `unitary`. Wires bear the problem's own names. Gates stand
in the leftmost free column; the columns are folded into rows so that the page stays about as wide
as it is high; beyond a number of gates only the first are drawn, and the rest are counted. A
rotation about a product of Z (`cx`, `rz`, `cx`) is one box.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quasar.circuits.circuit import Circuit, Gate, validate
from quasar.circuits.zz_terms import PRODUCT, joined
from quasar.report.plain_text import cells, clipped, printable
from quasar.report.style import BACKGROUND, GREY, TEXT, fonts, page

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# All lengths below are in distances between neighbouring wires.
_INCH = 0.42
_PLAIN_WIDTH = 0.8
_ANGLE_WIDTH = 0.55  # for each angle, beside _ANGLE_MARGIN
_ANGLE_MARGIN = 0.9
_MATRIX_WIDTH = 1.45
_NUMBER = 1.15  # left of the wires, for their numbers
_LETTER = 0.175  # of a wire's name
_NAME = 18  # letters of a name
_ROW_GAP = 1.7
_BOX_HEIGHT = 0.62
_SHAPE = 1.5  # wanted width of the page over its height
_ROW_WIDTH = (30.0, 80.0)  # least and greatest width of a folded row

_METER = 1.0
_PRODUCT_COLOUR = "#2166ac"
_FILL = {
    PRODUCT: "#d6e6fa",
    "rx": "#fde2c8",
    "ry": "#d8f0d3",
    "rz": "#d6e6fa",
    "h": "#fbe9a7",
    "unitary": "#f3d9e4",
}
_OTHER_FILL = "#ece9f6"

_TARGET = {
    "cx": "x", "CX": "x", "ccx": "x", "cy": "y", "ch": "h",
    "crx": "rx", "cry": "ry", "crz": "rz", "cu": "u",
}  # fmt: skip
"""What a controlled gate does to its last qubit."""
_TURNS = {"rx", "ry", "rz", "p", "zz"}
_ROUNDED = 6e-5  # angles are written with four decimals
_DOTS = {"cz", "cp", "cphase"}
_LABELS = {"sdg": "s†", "tdg": "t†", "sx": "√x", "phase": "p", "U": "u"}


def circuit_figure(
    circuit: Circuit,
    *,
    title: str | None = None,
    names: Sequence[str] | Mapping[int, str] = (),
    max_gates: int = 400,
) -> Figure:
    """A picture of a circuit.

    Args:
        title: text above.
        names: of the wires, by qubit; the others have their number alone.
        max_gates: boxes drawn; a longer circuit ends in "... +N gates".

    Raises:
        CircuitError: a gate that is not well formed.
    """
    validate(circuit)
    items = joined(circuit)
    shown = [gate for gate, _ in items[:max_gates]]
    left_out = sum(size for _, size in items[max_gates:])
    sheet = _Sheet(circuit, title, dict(names if isinstance(names, Mapping) else enumerate(names)))
    rows = _fold(_columns(shown), sheet.row_height)
    for number, row in enumerate(rows):
        sheet.row(row, folded=number + 1 < len(rows))
    sheet.close(left_out, any(gate.name == PRODUCT for gate in shown))
    return sheet.figure()


class _Sheet:
    """The page as it is filled, row by row."""

    def __init__(self, circuit: Circuit, title: str | None, names: dict[int, str]) -> None:
        self.n_qubits = n = circuit.n_qubits
        self.measured = sorted(set(circuit.measurements.final.values()))
        self.title = title
        self.names = {qubit: clipped(printable(name), _NAME) for qubit, name in names.items()}
        longest = max(map(cells, self.names.values()), default=0)
        self.margin = _NUMBER + (0.3 + _LETTER * longest if longest else 0.4)
        self.row_height = max(n, 1) - 1 + _ROW_GAP
        self.pen = _Pen()
        self.top = 1.0 if title else 0.0
        self.rows = 0
        self.ends: list[float] = []
        self.foot = 0.0

    def row(self, columns: list[_Column], *, folded: bool) -> None:
        """Wires and gates of one row."""
        pen, y0 = self.pen, self._first_wire(self.rows)
        end = sum(column.width for column in columns) + 0.2
        if self.measured and not folded:
            end += _METER
        for qubit in range(self.n_qubits):
            y = y0 + qubit
            metered = not folded and qubit in self.measured
            pen.wires.append([(-0.2, y), (end - 0.5 if metered else end, y)])
            pen.note(-0.35, y, f"q{qubit}", 6.5, "right", GREY)
            if qubit in self.names:
                pen.note(-_NUMBER, y, self.names[qubit], 8, "right", TEXT)
        if folded:
            pen.folds.append([(end, y0 - 0.3), (end, y0 + self.n_qubits - 0.7)])
        x = 0.0
        for column in columns:
            for gate in column.gates:
                _gate(pen, gate, x + column.width / 2, [y0 + qubit for qubit in gate.qubits])
            x += column.width
        self.rows += 1
        self.ends.append(end)

    def _first_wire(self, row: int) -> float:
        return self.top + row * self.row_height + _ROW_GAP / 2

    def close(self, left_out: int, products: bool) -> None:
        """What is left out, the measurements, and what the boxes mean."""
        y0 = self._first_wire(self.rows - 1)
        if left_out > 0:
            more = f"… +{left_out} gate{'s' * (left_out > 1)}"
            self.pen.note(self.ends[-1] + 0.2, y0 + (self.n_qubits - 1) / 2, more, 9, "left", TEXT)
            self.ends[-1] += 3.0
        elif self.measured:
            for qubit in self.measured:
                self.pen.meter(self.ends[-1] - 0.5, y0 + qubit)
        if self.title:
            self.pen.note(0.3 - self.margin, 0.55, self.title, 10, "left", TEXT)
        if products:
            self.foot = 0.6
            self.pen.note(
                0.3 - self.margin,
                self.top + self.row_height * self.rows + 0.1,
                "zz θ is exp(−iθ/2 Z⊗Z), written as cx, rz(θ), cx; squares are its other qubits",
                7,
                "left",
                GREY,
            )

    def figure(self) -> Figure:
        """The page."""
        least = 0.175 * len(self.title or "") - self.margin + 0.6
        if self.foot:
            least = max(least, 10.5 - self.margin)
        width = self.margin + max(*self.ends, 6.0, least) + 0.3
        height = self.top + self.row_height * self.rows + self.foot
        figure = page(width * _INCH, height * _INCH)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_xlim(-self.margin, width - self.margin)
        axes.set_ylim(height, 0.0)
        axes.set_axis_off()
        self.pen.put_on(axes)
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


def _columns(gates: Sequence[Gate]) -> list[_Column]:
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
        self.products: list[list[tuple[float, float]]] = []
        self.dials: list[list[tuple[float, float]]] = []
        self.dots: list[tuple[float, float]] = []
        self.squares: list[tuple[float, float]] = []
        self.targets: list[tuple[float, float]] = []
        self.crosses: list[tuple[float, float]] = []
        self.boxes: dict[str, list[list[tuple[float, float]]]] = {}
        self.texts: list[tuple[float, float, str, float, str, str]] = []

    def note(
        self, x: float, y: float, text: str, size: float, align: str, colour: str = TEXT
    ) -> None:
        self.texts.append((x, y, text, size, align, colour))

    def meter(self, x: float, y: float) -> None:
        """A measurement of one qubit."""
        self.box(x, y, y, 0.72, BACKGROUND)
        turn = [math.pi * (1 + k / 12) for k in range(13)]
        arc = [(x + 0.24 * math.cos(t), y + 0.14 + 0.24 * math.sin(t)) for t in turn]
        self.dials += [arc, [(x, y + 0.14), (x + 0.22, y - 0.18)]]

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
        products = LineCollection(self.products, colors=_PRODUCT_COLOUR, lw=1.6, zorder=2)
        axes.add_collection(products)
        axes.add_collection(LineCollection(self.dials, colors=TEXT, lw=0.8, zorder=4))
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
        xs, ys = [x for x, _ in self.squares], [y for _, y in self.squares]
        axes.plot(xs, ys, ls="", marker="s", ms=5.5, color=_PRODUCT_COLOUR, zorder=4)
        for x, y, text, size, align, colour in self.texts:
            axes.text(
                x, y, text, fontsize=size, ha=align, va="center", color=colour, zorder=5,
                family=fonts(), parse_math=False,
            )  # fmt: skip


def _gate(pen: _Pen, gate: Gate, x: float, ys: list[float]) -> None:
    name = gate.name
    top, bottom = min(ys), max(ys)
    if name == "unitary":
        width = _MATRIX_WIDTH - 0.16
        pen.box(x, top, bottom, width, _FILL[name])
        pen.note(x + 0.1, (top + bottom) / 2, name, 6, "center")
        for position, y in enumerate(ys):
            pen.note(x - width / 2 + 0.06, y, str(position), 6, "left")
        return
    if name == PRODUCT:
        place = ys.index(top)
        pen.products.append([(x, top), (x, bottom)])
        pen.squares += [(x, y) for number, y in enumerate(ys) if number != place]
        _box(pen, gate, "z" * len(ys) if len(ys) < 5 else f"z^{len(ys)}", x, top)
        return
    if len(ys) > 1:
        pen.links.append([(x, top), (x, bottom)])
    if name in _DOTS:
        pen.dots += [(x, y) for y in ys]
        if gate.params:
            pen.note(x + 0.1, top + 0.5, f"p {_angle(gate.params[0])}", 6, "left")
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
    idle = name in _TURNS and not any(gate.params)
    fill = BACKGROUND if idle else _FILL.get(gate.name, _FILL.get(name, _OTHER_FILL))
    pen.box(x, y, y, _width(gate) - 0.16, fill)
    label = _LABELS.get(name, name)
    colour = GREY if idle else TEXT
    if not gate.params:
        pen.note(x, y, label, 8, "center")
        return
    pen.note(x, y - 0.13, label, 7, "center", colour)
    pen.note(x, y + 0.15, " ".join(map(_angle, gate.params)), 6, "center", colour)


def _angle(angle: float) -> str:
    """At most 6 characters, radians; simple parts of pi as such."""
    for parts in (1, 2, 3, 4, 6, 8):
        count = round(angle * parts / math.pi)
        if 0 < abs(count) <= 8 and abs(angle - count * math.pi / parts) < _ROUNDED:
            sign, times = "−" * (count < 0), "" if abs(count) == 1 else str(abs(count))
            return f"{sign}{times}π{f'/{parts}' if parts > 1 else ''}"
    if abs(angle) >= 1000:
        return f"{angle:.0e}".replace("e+0", "e").replace("e+", "e")
    text = f"{angle:.2f}" if abs(angle) >= 10 else f"{angle:.3f}"
    return "0" if float(text) == 0 else text.replace("-", "−")
