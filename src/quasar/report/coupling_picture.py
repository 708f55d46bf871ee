"""A device's coupling map: couplers coloured by their two-qubit error, qubits by readout error.

What is masked is grey. With a layout, the circuit's qubits are named where they start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from quasar.report import style
from quasar.report.style import BACKGROUND, FAINT, TEXT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from quasar.devices.device import Device

_COLOURS = "viridis_r"
_NAMED = 160  # qubits up to which each bears its number


def device_figure(device: Device, layout: Sequence[int] | None = None) -> Figure:
    """The picture.

    Args:
        layout: physical qubit of each qubit of a circuit, to be marked.
    """
    from matplotlib import colormaps
    from matplotlib.colors import LogNorm

    places = _places(device)
    errors = _coupler_errors(device)
    usable = set(device.usable)
    readout = {q: sum(device.readout[q] or ()) / 2 for q in usable if device.readout[q] is not None}
    size = min(11.0, 4.0 + 0.06 * device.qubits)
    figure, axes = style.empty(size, size, constrained=True)
    axes.set_aspect("equal")
    axes.axis("off")
    colours = colormaps[_COLOURS]
    lines, dots = _norm(errors.values(), LogNorm), _norm(readout.values(), LogNorm)
    for (a, b), error in errors.items():
        (x0, y0), (x1, y1) = places[a], places[b]
        colour = FAINT if error is None or lines is None else colours(lines(max(error, 1e-9)))
        axes.plot([x0, x1], [y0, y1], color=colour, linewidth=3, zorder=1)
    marked = {q: i for i, q in enumerate(layout or ())}
    for q, (x, y) in places.items():
        known = q in usable and q in readout and dots is not None
        colour = colours(dots(max(readout[q], 1e-9))) if known and dots is not None else FAINT
        axes.scatter(
            [x], [y], s=150, color=[colour], zorder=2,
            edgecolors=style.VERMILLION if q in marked else BACKGROUND,
            linewidths=2.5 if q in marked else 0.8,
        )  # fmt: skip
        if device.qubits <= _NAMED:
            dark = known and dots is not None and dots(max(readout[q], 1e-9)) > 0.5
            axes.text(
                x, y, str(q), ha="center", va="center", fontsize=6,
                color=BACKGROUND if dark else TEXT, zorder=3,
            )  # fmt: skip
        if q in marked:
            axes.annotate(
                f"x{marked[q]}", (x, y), xytext=(7, 7), textcoords="offset points", fontsize=8,
                color=style.VERMILLION, zorder=4,
            )  # fmt: skip
    _scale(figure, axes, lines, "two-qubit error (lines)")
    _scale(figure, axes, dots, "readout error (circles)")
    grey = device.qubits - len(usable)
    said = f", {grey} left out (grey)" if grey else ""
    axes.set_title(f"{device.name}: {device.qubits} qubits{said}", fontsize=11, color=TEXT)
    return figure


def _coupler_errors(device: Device) -> dict[tuple[int, int], float | None]:
    """Error of the best gate on each coupler."""
    found: dict[tuple[int, int], float | None] = dict.fromkeys(device.coupling)
    for name, (a, b) in device.two_qubit_gates:
        pair, error = (min(a, b), max(a, b)), device.error(name, (a, b))
        known = found[pair]
        if error is not None:
            found[pair] = error if known is None else min(known, error)
    return found


def _norm(values: Any, kind: Any) -> Any:
    known = [value for value in values if value]
    if not known:
        return None
    low, high = min(known), max(known)
    return kind(low, high) if high > 1.01 * low else kind(low / 2, low * 2)


def _scale(figure: Figure, axes: Any, norm: Any, label: str) -> None:
    from matplotlib.cm import ScalarMappable

    if norm is None:
        return
    bar = figure.colorbar(
        ScalarMappable(norm, _COLOURS), ax=axes, orientation="horizontal", shrink=0.6, pad=0.01
    )
    ticks = [norm.vmin, (norm.vmin * norm.vmax) ** 0.5, norm.vmax]
    bar.set_ticks(ticks, labels=[f"{100 * tick:.2g}%" for tick in ticks], minor=False)
    bar.ax.minorticks_off()
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _places(device: Device) -> dict[int, tuple[float, float]]:
    """A place for each qubit: groups that couplers join by their distances, others in a row."""
    import networkx as nx

    graph = nx.Graph(device.coupling)
    if graph.number_of_edges() == graph.number_of_nodes() * (graph.number_of_nodes() - 1) / 2:
        places = nx.circular_layout(graph) if graph else {}
    else:
        largest = max(nx.connected_components(graph), key=len)
        places = nx.kamada_kawai_layout(graph.subgraph(largest))
    found = {int(q): (float(x), float(y)) for q, (x, y) in places.items()}
    low = min((y for _, y in found.values()), default=0.0) - 0.15
    others = [q for q in range(device.qubits) if q not in found]
    for place, q in enumerate(others):
        found[q] = (-1.0 + 2.0 * (place + 0.5) / len(others), low)
    return found
