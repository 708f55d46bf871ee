"""The user's graph with a solution on it.

What stands out comes from `Problem.overlay`, where it stands from `layout`. Text is never read as
markup, so that names come out as they were written.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from quasar.core.labels import Label, natural_key
from quasar.problems.base import Problem, Solution
from quasar.problems.overlay import LegendEntry, SolutionOverlay, label_text
from quasar.report import layout, style
from quasar.report.style import BACKGROUND, GREY, TEXT, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GROUPS = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.YELLOW, VERMILLION)
"""Node colours, in the order of `SolutionOverlay.groups`."""

_INSIDE = 0.30  # inches: names no wider stand in their node
_RADIUS, _SMALL_RADIUS, _JUNCTION = 0.19, 0.12, 0.05  # inches
_MANY, _MOST = 60, 150  # nodes from which names beside them are small, and are left out
_MARGIN, _HEAD, _FOOT = 0.25, 0.30, 0.28  # inches
_PLAIN = "#b4b9c1"
_DASHES = (0, (2.2, 1.4))


MOST_NODES = 1_000
"""Of a graph that is drawn: time and memory of its layout grow with the square of it."""


def solution_figure(problem: Problem, solution: Solution) -> Figure | None:
    """The user's graph with a solution on it; None without a graph, and for one too large to draw.

    Args:
        solution: as `Problem.decode` gives it; need not be feasible.
    """
    found = problem.overlay(solution)
    if found is None or len(found.graph) > MOST_NODES:
        return None
    return GraphPicture(found).figure


class GraphPicture:
    """The page, as `figure`. One data unit is one inch, so that text and nodes keep apart."""

    def __init__(self, overlay: SolutionOverlay) -> None:
        self.overlay = overlay
        self.places = self._places()
        self.figure, self.axes = style.empty(4.0, 4.0)
        nodes = [node for node in overlay.graph if node not in overlay.junctions]
        self.names = {node: overlay.names.get(node, label_text(node)) for node in nodes}
        sizes = {node: self._size(text, 8.0) for node, text in self.names.items()}
        self.inside = all(
            width <= _INSIDE and height <= _INSIDE for width, height in sizes.values()
        )
        wanted = _RADIUS if self.inside else _SMALL_RADIUS
        self.radius = min(wanted, 0.46 * layout.nearest(self.places[node] for node in nodes))
        self.font = 8.0 if len(nodes) <= _MANY else 6.5
        if self.inside:
            self.font = 8.0 * self.radius / wanted
        self.nameless = not self.inside and len(nodes) > _MOST
        self.texts = {}
        for node, text in self.names.items():
            lines = [] if self.inside or self.nameless else [text]
            lines += [f"({overlay.notes[node]})"] if node in overlay.notes else []
            if lines:
                self.texts[node] = "\n".join(lines)
        segments = [(self.places[u], self.places[v]) for u, v in self._pairs()]
        self.boxes = layout.name_boxes(
            self.places,
            segments,
            {node: self._size(text, self.font) for node, text in self.texts.items()},
            self.radius,
        )
        self._edges()
        self._nodes()
        self._frame()

    def _places(self) -> layout.Positions:
        found = self.overlay
        ends = {note: node for node, note in found.notes.items()}
        horizontal = None
        for first, last in (("source", "sink"), ("start", "end")):
            if first in ends and last in ends:
                horizontal = (ends[first], ends[last])
        if found.junctions:
            members = {junction: list(found.graph[junction]) for junction in found.junctions}
            near = nx.Graph(found.graph)
            for nodes in members.values():
                near.add_edges_from(combinations(nodes, 2))
            near.remove_nodes_from(found.junctions)
            return layout.with_junctions(layout.positions(near), members)
        places = layout.positions(found.graph, horizontal)
        left = [node for node in found.graph if isinstance(node, tuple) and node[0] == 0]
        if found.names and left:  # two graphs
            places = layout.beside(places, found.images, left)
        return places

    def _pairs(self) -> list[tuple[Label, Label]]:
        """Everything drawn as an edge, marked ones in the direction of their mark."""
        found = self.overlay
        marked = sorted({*found.strong, *found.wrong_edges}, key=natural_key)
        seen = set(marked)
        if not found.graph.is_directed():
            seen |= {(v, u) for u, v in marked}
        return [*(edge for edge in found.graph.edges if edge not in seen), *marked]

    def _size(self, text: str, size: float) -> tuple[float, float]:
        """Width and height of a text in inches."""
        probe = self.figure.text(0, 0, text, fontsize=size, family=style.fonts(), parse_math=False)
        with style.missing_characters_allowed():
            extent = probe.get_window_extent()
        probe.remove()
        return extent.width / self.figure.dpi, extent.height / self.figure.dpi

    def _edges(self) -> None:
        from matplotlib.patches import FancyArrowPatch

        found = self.overlay
        pairs = self._pairs()
        there = set(pairs)
        curves = []
        for u, v in pairs:
            wrong, strong = (u, v) in found.wrong_edges, (u, v) in found.strong
            arrow = (u, v) in found.arrows
            bend = 0.16 if (v, u) in there else 0.0
            self.axes.add_patch(
                FancyArrowPatch(
                    _xy(self.places[u]),
                    _xy(self.places[v]),
                    arrowstyle="-|>" if arrow else "-",
                    mutation_scale=11 if strong or wrong else 9,
                    connectionstyle=f"arc3,rad={bend}",
                    shrinkA=72 * self._radius(u) if arrow else 0,
                    shrinkB=72 * self._radius(v) if arrow else 0,
                    linewidth=2.2 if wrong or (strong and not found.junctions) else 1.2,
                    linestyle=_DASHES if wrong else "-",
                    color=VERMILLION if wrong else TEXT if strong else _PLAIN,
                    zorder=2 if strong or wrong else 1,
                )
            )
            curves.append((self.places[u], self.places[v], bend / 2))
        texts = {}
        for number, (u, v) in enumerate(pairs):
            text = found.edge_labels.get((u, v))
            if text is None and not found.graph.is_directed():
                text = found.edge_labels.get((v, u))
            if text is not None:
                texts[number] = text
        sizes = {number: self._size(text, 7.0) for number, text in texts.items()}
        room = {number: (width + 0.05, height + 0.04) for number, (width, height) in sizes.items()}
        spots = layout.label_places(curves, room, list(self.places.values()), self.radius)
        for number, place in spots.items():
            self.axes.text(
                *_xy(place),
                texts[number],
                fontsize=7,
                color=TEXT if pairs[number] in found.strong else "#5b616b",
                ha="center",
                va="center",
                zorder=3,
                bbox={"boxstyle": "round,pad=0.12", "facecolor": BACKGROUND, "edgecolor": "none"},
                parse_math=False,
            )

    def _radius(self, node: Label) -> float:
        return _JUNCTION if node in self.overlay.junctions else self.radius

    def _nodes(self) -> None:
        from matplotlib.patches import Circle

        found = self.overlay
        for node, place in self.places.items():
            if node in found.junctions:
                self.axes.add_patch(Circle(_xy(place), _JUNCTION, color=GREY, zorder=4))
                continue
            group = found.groups.get(node)
            fill = BACKGROUND if group is None else GROUPS[group % len(GROUPS)]
            wrong = node in found.wrong_nodes
            self.axes.add_patch(
                Circle(
                    _xy(place),
                    self.radius,
                    facecolor=fill,
                    edgecolor=VERMILLION if wrong else GREY if group is None else TEXT,
                    linewidth=2.4 if wrong else 1.3 if group is None else 0.8,
                    linestyle=_DASHES if wrong else "-",
                    zorder=4,
                )
            )
            if self.inside:
                self._text(place, self.names[node], TEXT if _is_light(fill) else BACKGROUND)
        for node, box in self.boxes.items():
            centre = np.array([box.x + box.width / 2, box.y + box.height / 2])
            self._text(centre, self.texts[node], TEXT, halo=True)

    def _text(self, place: layout.Point, text: str, colour: str, halo: bool = False) -> None:
        from matplotlib.patheffects import withStroke

        # The halo by itself: letters with an effect are nameless shapes in SVG.
        for effect in [[withStroke(linewidth=2.4, foreground=BACKGROUND)], []][not halo :]:
            self.axes.text(
                *_xy(place),
                text,
                fontsize=self.font,
                family=style.fonts(),
                color=colour,
                ha="center",
                va="center",
                zorder=6,
                linespacing=1.05,
                path_effects=effect,
                parse_math=False,
            )

    def _frame(self) -> None:
        """Page around nodes and names, with the title above and the legend below."""
        points = np.array(list(self.places.values()))
        corners = [(box.x, box.y) for box in self.boxes.values()]
        corners += [(box.x + box.width, box.y + box.height) for box in self.boxes.values()]
        low = np.min([points.min(axis=0) - self.radius, *corners], axis=0) - _MARGIN
        high = np.max([points.max(axis=0) + self.radius, *corners], axis=0) + _MARGIN
        title = self.overlay.title
        if self.nameless:
            title += f" ({len(self.names)} nodes, without their names)"
        title_width = self._size(title, 11.0)[0] + 0.5
        handles = [self._handle(key) for key in self.overlay.legend]
        legend_width = sum(0.45 + self._size(key.text, 8.0)[0] for key in self.overlay.legend) + 0.4
        spare = max(3.2, title_width, min(legend_width, 7.0)) - (high[0] - low[0])
        if spare > 0:
            low[0] -= spare / 2
            high[0] += spare / 2
        width, height = high - low
        height += _HEAD + _FOOT
        self.figure.set_size_inches(width, height)
        self.axes.set_position((0.0, 0.0, 1.0, 1.0))
        self.axes.set_xlim(low[0], high[0])
        self.axes.set_ylim(low[1] - _FOOT, high[1] + _HEAD)
        self.axes.set_aspect("equal")
        self.axes.set_axis_off()
        self.figure.text(
            0.22 / width, 1 - 0.2 / height, title,
            fontsize=11, color=TEXT, va="top", family=style.fonts(), parse_math=False,
        )  # fmt: skip
        if handles:
            legend = self.figure.legend(
                handles=handles,
                loc="lower center",
                ncols=len(handles) if legend_width <= width else max(1, len(handles) // 2),
                fontsize=8,
                frameon=False,
                handlelength=1.5,
                handletextpad=0.6,
                columnspacing=1.6,
                labelcolor=TEXT,
            )
            for text in legend.get_texts():
                text.set_parse_math(False)

    def _handle(self, key: LegendEntry) -> Any:
        from matplotlib.lines import Line2D

        if key.junction:
            return Line2D(
                [], [], linestyle="", marker="o", markersize=5, color=GREY, label=key.text
            )
        if key.group is None:
            colour, dashes = (VERMILLION, _DASHES) if key.wrong else (TEXT, "-")
            return Line2D([], [], color=colour, linestyle=dashes, linewidth=2.2, label=key.text)
        return Line2D(
            [], [], linestyle="", marker="o", markersize=8, label=key.text,
            markerfacecolor=GROUPS[key.group % len(GROUPS)], markeredgecolor=TEXT,
            markeredgewidth=0.8,
        )  # fmt: skip


def _xy(place: layout.Point) -> tuple[float, float]:
    return float(place[0]), float(place[1])


def _is_light(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue > 140
