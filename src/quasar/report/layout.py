"""Where the nodes of a graph stand on the page, and where their names go. Lengths in inches.

Deterministic: Kamada and Kawai's spring model for each connected part by itself, from a few
circles, the least tangled kept; the parts then packed side by side.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import networkx as nx
import numpy as np
import numpy.typing as npt

from quasar.core.labels import Label
from quasar.core.seeds import generator

Point = npt.NDArray[np.float64]  # shape [2]
Positions = dict[Label, Point]

EDGE = 1.05
"""Mean length of an edge."""
SPACE = 0.62
"""Least distance between two nodes, as far as `MAX_WIDTH` allows."""
MAX_WIDTH = 9.0
LEAST = 0.46
"""Least distance between two nodes on any page that has the room for it."""
_GAP = 0.9  # between connected parts
_APART = 0.34  # junctions from each other and from nodes
_STARTS = 8
_MANY = 40  # nodes, beyond which one start must do


class Box(NamedTuple):
    """A rectangle: its left lower corner and size."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Area in common."""
        width = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        height = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(width, 0.0) * max(height, 0.0)


def positions(graph: nx.Graph, horizontal: tuple[Label, Label] | None = None) -> Positions:
    """A place for every node; the left lower corner of all is (0, 0).

    Args:
        horizontal: two nodes, the first of which is to stand left of the second.
    """
    plain = nx.Graph()
    plain.add_nodes_from(graph.nodes)
    plain.add_edges_from(graph.edges)
    parts = sorted(nx.connected_components(plain), key=len, reverse=True)
    placed = []
    for part in parts:
        # In the graph's own order: a set's differs from run to run.
        subgraph = nx.Graph()
        subgraph.add_nodes_from(node for node in plain if node in part)
        subgraph.add_edges_from(edge for edge in plain.edges if edge[0] in part)
        placed.append(_part(subgraph, horizontal))
    out = _packed(placed)
    width = max(point[0] for point in out.values())
    if width > MAX_WIDTH:
        out = {node: point * (MAX_WIDTH / width) for node, point in out.items()}
    return _spread(out)


def nearest(places: Iterable[Point]) -> float:
    """The least distance between two of the points; infinite for one."""
    points = np.array(list(places))
    if len(points) < 2:
        return math.inf
    between = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return float(between[np.triu_indices(len(points), 1)].min())


def _spread(places: Positions) -> Positions:
    """Nodes that would touch moved apart, as far as the page has room; the others hardly move."""
    points = np.array(list(places.values()))
    width, height = np.maximum(np.ptp(points, axis=0), 1.0)
    least = min(LEAST, 0.7 * math.sqrt(width * height / len(points)))
    if nearest(points) >= least:
        return places
    turn = 2.4 * np.arange(len(points))
    own = np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(120):
        offset = points[:, None] - points[None]
        distance = np.hypot(*offset.transpose(2, 0, 1))
        push = np.clip(1.02 * least - distance, 0.0, None)
        np.fill_diagonal(push, 0.0)
        if not push.any():
            break
        # Points in one place part in directions of their own.
        away = np.where(distance[..., None] > 1e-6, offset, own[:, None] - own[None])
        size = np.hypot(*away.transpose(2, 0, 1))[..., None] + 1e-12
        points = points + 0.5 * (push[..., None] * away / size).sum(axis=1)
    points = points - points.min(axis=0)
    return dict(zip(places, points, strict=True))


def _part(graph: nx.Graph, horizontal: tuple[Label, Label] | None) -> Positions:
    """A connected part, turned to lie as broad as it can."""
    nodes = list(graph)
    if len(nodes) == 1:
        return {nodes[0]: np.zeros(2)}
    ends = np.array([(nodes.index(u), nodes.index(v)) for u, v in graph.edges])
    springs = _springs(graph)
    points = min(springs, key=lambda found: _tangle(found, ends)) if springs[1:] else springs[0]
    points = points - points.mean(axis=0)
    if horizontal is not None and set(horizontal) <= set(nodes):
        first, last = (points[nodes.index(node)] for node in horizontal)
        axis = last - first
    else:
        # A regular polygon has no longest axis, only rounding: leave it as it is.
        spread, axes = np.linalg.eigh(points.T @ points)
        axis = axes[:, 1] if spread[1] > 1.05 * spread[0] else np.array([1.0, 0.0])
        axis = axis * (1.0 if axis[0] >= 0 else -1.0)
    length = float(np.hypot(*axis)) or 1.0
    c, s = axis / length
    points = points @ np.array([[c, -s], [s, c]])
    lengths = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T)
    closest = max(nearest(points), 1e-6)
    scale = max(EDGE / float(lengths.mean()), min(SPACE / closest, 4.0))
    return dict(zip(nodes, points * scale, strict=True))


def _springs(graph: nx.Graph) -> list[Point]:
    """Resting places of the springs from a few starts, each of shape [nodes, 2]."""
    nodes = list(graph)
    starts = _STARTS if len(nodes) <= _MANY else 1
    found = []
    for seed in range(starts):
        order = generator(seed, "layout").permutation(len(nodes)) if seed else range(len(nodes))
        circle = nx.circular_layout([nodes[i] for i in order])
        rest = nx.kamada_kawai_layout(graph, pos=circle, weight=None)
        found.append(np.array([rest[node] for node in nodes]))
    return found


def _tangle(points: Point, ends: npt.NDArray[np.intp]) -> float:
    """How hard a drawing is to read: crossings, and thrice the nodes that lie on an edge."""
    a, b = points[ends[:, 0]], points[ends[:, 1]]
    along = b - a
    length = np.hypot(*along.T)

    def side(i: int) -> Point:
        """On which side of edge i every node is: the signed distance."""
        offset = points - a[i]
        distance: Point = (along[i, 0] * offset[:, 1] - along[i, 1] * offset[:, 0]) / length[i]
        return distance

    sides = np.array([side(i) for i in range(len(ends))])
    straddles = np.sign(sides[:, ends[:, 0]]) * np.sign(sides[:, ends[:, 1]]) < 0
    shared = (ends[:, None, :, None] == ends[None, :, None, :]).any(axis=(2, 3))
    crossings = np.count_nonzero(straddles & straddles.T & ~shared) / 2
    share = ((points[None] - a[:, None]) * along[:, None]).sum(axis=2) / length[:, None] ** 2
    near = (np.abs(sides) < 0.2 * length.mean()) & (share > 0.0) & (share < 1.0)
    near[np.arange(len(ends))[:, None], ends] = False
    return float(crossings + 3.0 * np.count_nonzero(near))


def _packed(parts: Sequence[Positions]) -> Positions:
    """The parts in rows, each row about as wide as the widest part or as a square page."""
    sizes = []
    for part in parts:
        points = np.array(list(part.values()))
        sizes.append((points.min(axis=0), np.ptp(points, axis=0)))
    area = sum(float((w + _GAP) * (h + _GAP)) for _, (w, h) in sizes)
    limit = max(1.4 * math.sqrt(area), *(float(w) for _, (w, _) in sizes))
    out: Positions = {}
    x = y = row_height = 0.0
    for part, (corner, (width, height)) in zip(parts, sizes, strict=True):
        if x > 0 and x + width > limit:
            x, y, row_height = 0.0, y - row_height - _GAP, 0.0
        for node, point in part.items():
            out[node] = point - corner + np.array([x, y - height])
        x += float(width) + _GAP
        row_height = max(row_height, float(height))
    lowest = min(float(point[1]) for point in out.values())
    return {node: point - np.array([0.0, lowest]) for node, point in out.items()}


def with_junctions(places: Positions, members: Mapping[Label, Sequence[Label]]) -> Positions:
    """Adds a point amid the members of each hyperedge, a little apart from all others."""
    out = dict(places)
    for junction, nodes in members.items():
        out[junction] = np.mean([places[node] for node in nodes], axis=0)
    labels = list(out)
    points = np.array([out[label] for label in labels])
    for _ in range(60):
        offset = points[:, None] - points[None]
        distance = np.hypot(*offset.transpose(2, 0, 1))
        # Points in one place part in directions of their own.
        turn = 2.4 * np.arange(len(labels))
        apart = np.stack([np.cos(turn), np.sin(turn)], axis=1)[:, None] + 0.0 * offset
        unit = np.where(distance[..., None] > 1e-3, offset / (distance[..., None] + 1e-9), apart)
        push = np.clip(_APART - distance, 0.0, None)
        np.fill_diagonal(push, 0.0)
        step = 0.25 * (push[..., None] * unit).sum(axis=1)
        step[: len(places)] = 0.0
        points = points + step
    return dict(zip(labels, points, strict=True))


def beside(out: Positions, images: Mapping[Label, Label], first: Iterable[Label]) -> Positions:
    """The `first` nodes as they are, the others right of them, each where its image stands.

    Args:
        images: for nodes of the second part, the node of the first part they correspond to; those
            without one take the places left over.
    """
    left = {node: out[node] for node in first}
    corner = np.array(list(left.values())).min(axis=0)
    left = {node: point - corner for node, point in left.items()}
    shift = np.array([max(point[0] for point in left.values()) + 1.6, 0.0])
    taken = set(images.values())
    free = [node for node in left if node not in taken]
    placed = dict(left)
    for node in out:
        if node not in left:
            source = images[node] if node in images else free.pop()
            placed[node] = left[source] + shift
    return placed


_DIRECTIONS = [(0, -1), (0, 1), (1, 0), (-1, 0), (0.7, -0.7), (-0.7, -0.7), (0.7, 0.7), (-0.7, 0.7)]


def label_places(
    curves: Sequence[tuple[Point, Point, float]],
    wanted: Mapping[int, tuple[float, float]],
    nodes: Sequence[Point],
    radius: float,
) -> dict[int, Point]:
    """A place on each wanted edge for its number, apart from other edges, numbers and nodes.

    Args:
        curves: both ends of every edge, and its bend: how far its middle lies to the right of the
            straight line, in units of its length.
        wanted: width and height of the number, by edge.
        nodes: their centres.
        radius: of the nodes.
    """
    discs = [Box(x - radius, y - radius, 2 * radius, 2 * radius) for x, y in nodes]
    boxes: list[Box] = []
    share = np.linspace(0.0, 1.0, 30)
    ink = [np.array([_on(curve, t) for t in share]) for curve in curves]
    out: dict[int, Point] = {}
    for i, (width, height) in wanted.items():
        others = np.concatenate([line for j, line in enumerate(ink) if j != i] + [np.zeros((0, 2))])
        best: tuple[float, Point, Box] | None = None
        for preference, t in enumerate((0.5, 0.42, 0.58, 0.35, 0.65, 0.28, 0.72)):
            place = _on(curves[i], t)
            box = Box(place[0] - width / 2, place[1] - height / 2, width, height)
            crowd = np.count_nonzero((np.abs(others - place) < (width / 2, height / 2)).all(axis=1))
            covered = sum(box.overlap(other) for other in (*boxes, *discs))
            cost = 0.1 * preference + crowd + 600.0 * covered
            if best is None or cost < best[0]:
                best = (cost, place, box)
        if best is not None:
            out[i] = best[1]
            boxes.append(best[2])
    return out


def _on(curve: tuple[Point, Point, float], share: float) -> Point:
    """A point of an edge: a parabola through its bent middle."""
    a, b, bend = curve
    along = b - a
    right = np.array([along[1], -along[0]])
    return a + share * along + 4 * share * (1 - share) * bend * right


def name_boxes(
    places: Positions,
    segments: Sequence[tuple[Point, Point]],
    sizes: Mapping[Label, tuple[float, float]],
    radius: float,
) -> dict[Label, Box]:
    """A box beside each node for its name, over as little else as can be.

    Args:
        segments: straight edges.
        sizes: width and height of each name.
        radius: of the nodes.
    """
    share = np.linspace(0.0, 1.0, 40)[:, None]
    ink = np.concatenate([a + share * (b - a) for a, b in segments] or [np.zeros((0, 2))])
    nodes = [Box(x - radius, y - radius, 2 * radius, 2 * radius) for x, y in places.values()]
    boxes: dict[Label, Box] = {}
    # The crowded ones choose first.
    crowd = {
        node: sum(float(np.hypot(*(point - other))) < 1.5 for other in places.values())
        for node, point in places.items()
    }
    for node in sorted(sizes, key=lambda label: -crowd[label]):
        best: tuple[float, Box] | None = None
        for preference, direction in enumerate(_DIRECTIONS):
            box = _beside(places[node], direction, sizes[node], radius)
            inside = (
                (ink[:, 0] > box.x)
                & (ink[:, 0] < box.x + box.width)
                & (ink[:, 1] > box.y)
                & (ink[:, 1] < box.y + box.height)
            )
            cost = 0.02 * preference + 0.05 * float(inside.sum())
            cost += 40.0 * sum(box.overlap(other) for other in (*nodes, *boxes.values()))
            if best is None or cost < best[0]:
                best = (cost, box)
        if best is not None:
            boxes[node] = best[1]
    return boxes


def _beside(
    place: Point, direction: tuple[float, float], size: tuple[float, float], radius: float
) -> Box:
    dx, dy = direction
    width, height = size
    gap = radius + 0.04
    x = place[0] + dx * gap - width / 2 + (np.sign(dx) * width / 2)
    y = place[1] + dy * gap - height / 2 + (np.sign(dy) * height / 2)
    return Box(float(x), float(y), width, height)
