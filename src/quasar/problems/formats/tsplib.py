"""TSPLIB: cities by coordinates, or by a matrix of distances; CVRPLIB's vehicle routing.

Grammar and distance functions: G. Reinelt, "TSPLIB 95" (1995), section 2. Read are EUC_2D, EUC_3D,
CEIL_2D, MAN_2D, MAX_2D, GEO and ATT, all rounded to integers as stated there, and EXPLICIT in its
matrix forms. Cities go by the numbers of the file, from 1. Fixed edges and tours of other
sections are refused, as they state other problems.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.problems.formats.content import (
    Content,
    decimal_text,
    edge,
    graph_of,
    integer_of,
    name_of,
    number_of,
)
from quasar.problems.formats.written import Export, edge_weights, numbering

_MOST_CITIES = 2_000
_DESCRIBE = ("NAME", "COMMENT", "DISPLAY_DATA_TYPE", "NODE_COORD_TYPE", "EDGE_DATA_FORMAT")
_SKIPPED = ("DISPLAY_DATA_SECTION", "TOUR_SECTION")
_KEYWORDS = ("TYPE", "DIMENSION", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT")
_OF_ROUTES = ("CAPACITY", "DEMAND_SECTION", "DEPOT_SECTION")
_SECTIONS = ("NODE_COORD_SECTION", "EDGE_WEIGHT_SECTION", *_OF_ROUTES[1:], *_SKIPPED)
_EARTH = 6378.388  # radius in km, TSPLIB 95, 2.4
_PI = 3.141592  # as there

Point = Sequence[float]


def sniff(text: str) -> bool:
    """Whether a keyword of the format begins a line."""
    start = text[:8000].upper()
    return any(
        line.split(":")[0].strip()
        in ("EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_SECTION", "NODE_COORD_SECTION")
        for line in start.splitlines()
    )


def read(text: str) -> Content:
    """The complete graph of distances."""
    stated, sections = _parts(text)
    kind = stated.get("TYPE", "TSP").split()[0].upper() if stated.get("TYPE", "TSP") else "TSP"
    if kind not in ("TSP", "ATSP", "STSP", "CVRP"):
        raise ProblemError(
            f"the TSPLIB file is of type {kind}; TSP, ATSP and CVRP are read. State another "
            "problem in JSON (`quasar problems`)."
        )
    if kind != "CVRP" and not stated.keys().isdisjoint(_OF_ROUTES):
        raise ProblemError(
            f"the TSPLIB file has {min(stated.keys() & set(_OF_ROUTES))}, which a tour does not "
            "depend on: it is of TYPE CVRP, or remove it."
        )
    n = integer_of(stated.get("DIMENSION", ""), "DIMENSION", _MOST_CITIES)
    weights = stated.get("EDGE_WEIGHT_TYPE", "EXPLICIT").upper()
    if weights == "EXPLICIT":
        names: list[Label] = list(range(1, n + 1))
        rows = _explicit(stated, sections, n)
    else:
        names, points = _points(sections, n)
        rows = _distances(weights, points)
    directed = kind == "ATSP" or any(rows[i][j] != rows[j][i] for i, j in combinations(range(n), 2))
    if directed:
        edges = [
            edge(u, v, rows[i][j])
            for i, u in enumerate(names)
            for j, v in enumerate(names)
            if i != j
        ]
    else:
        edges = [edge(names[i], names[j], rows[i][j]) for i, j in combinations(range(n), 2)]
    graph = graph_of(names, edges, directed)
    if kind != "CVRP":
        return Content({"graph": graph}, "tsp", positional=True)
    return _routes(graph, names, stated, sections)


def _routes(
    graph: dict[str, Any],
    names: list[Label],
    stated: dict[str, str],
    sections: dict[str, list[list[str]]],
) -> Content:
    """Customers with demands, a depot and a capacity; how many vehicles is the user's matter.

    Raises:
        ProblemError: several depots, or a city without a demand.
    """
    demands = {}
    for words in sections.get("DEMAND_SECTION", []):
        if len(words) != 2:
            raise ProblemError(f"demand {' '.join(words)!r} must be 'city demand'.")
        demands[name_of(words[0])] = number_of(words[1], "a demand")
    depots = [w for words in sections.get("DEPOT_SECTION", []) for w in words if w != "-1"]
    if len(depots) != 1 or name_of(depots[0]) not in names:
        raise ProblemError(f"the file has {len(depots)} depots in DEPOT_SECTION: one is read.")
    if set(demands) != set(names):
        raise ProblemError("every city needs one line in DEMAND_SECTION, the depot with 0.")
    depot = name_of(depots[0])
    graph["nodes"] = [{"id": v, "demand": demands[v]} for v in names]
    attributes = {"depot": depot, "capacity": number_of(stated.get("CAPACITY", ""), "CAPACITY")}
    data = {"graph": graph, "problem_specific_attributes": attributes}
    return Content(data, "vehicle_routing", positional=True)


def _parts(text: str) -> tuple[dict[str, str], dict[str, list[list[str]]]]:
    """Entries `KEYWORD: value`, and the lines of the sections."""
    stated: dict[str, str] = {}
    sections: dict[str, list[list[str]]] = {}
    current: list[list[str]] | None = None
    for line in text.splitlines():
        word = line.split(":")[0].strip().upper()
        if not word or word.startswith("#"):  # QOBLIB's remarks
            continue
        if word == "EOF":
            break
        if word in _SECTIONS:
            current = sections.setdefault(word, [])
            if word in _OF_ROUTES:
                stated[word] = ""
        elif word[0].isalpha() and (":" in line or word.endswith("_SECTION")):
            current = None
            if word not in (*_DESCRIBE, *_KEYWORDS, "CAPACITY"):
                raise ProblemError(
                    f"the TSPLIB file has {word}, which a tour's length does not depend on here: "
                    "state the problem in JSON, or remove it."
                )
            stated[word] = line.partition(":")[2].strip()
        elif current is not None:
            current.append(line.split())
        else:
            raise ProblemError(f"{line.strip()[:40]!r} is no entry of a TSPLIB file.")
    return stated, sections


def _points(sections: dict[str, list[list[str]]], n: int) -> tuple[list[Label], list[list[float]]]:
    lines = sections.get("NODE_COORD_SECTION", [])
    if len(lines) != n:
        raise ProblemError(f"DIMENSION is {n}, but there are {len(lines)} coordinates.")
    names, points = [], []
    for words in lines:
        if len(words) not in (3, 4):
            raise ProblemError(f"coordinate {' '.join(words)!r} must be 'city x y'.")
        names.append(name_of(words[0]))
        points.append([float(number_of(word, "a coordinate")) for word in words[1:]])
    if len(set(names)) < n:
        raise ProblemError("a city of the TSPLIB file stands twice.")
    return names, points


def _distances(kind: str, points: list[list[float]]) -> list[list[int]]:
    functions: dict[str, Callable[[Point, Point], int]] = {
        "EUC_2D": _euclidean,
        "EUC_3D": _euclidean,
        "CEIL_2D": lambda a, b: math.ceil(math.dist(a, b)),
        "MAN_2D": lambda a, b: _nearest(sum(abs(x - y) for x, y in zip(a, b, strict=True))),
        "MAX_2D": lambda a, b: max(_nearest(abs(x - y)) for x, y in zip(a, b, strict=True)),
        "GEO": _geographical,
        "ATT": _pseudo_euclidean,
    }
    if kind not in functions:
        raise ProblemError(
            f"EDGE_WEIGHT_TYPE {kind} is not read: {', '.join(functions)} or EXPLICIT are."
        )
    size = 3 if kind == "EUC_3D" else 2
    if any(len(point) != size for point in points):
        raise ProblemError(f"{kind} needs {size} coordinates for every city.")
    n = len(points)
    rows = [[0] * n for _ in range(n)]
    for i, j in combinations(range(n), 2):
        rows[i][j] = rows[j][i] = functions[kind](points[i], points[j])
    return rows


def _nearest(x: float) -> int:
    """TSPLIB's nint."""
    return int(x + 0.5)


def _euclidean(a: Point, b: Point) -> int:
    return _nearest(math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True))))


def _pseudo_euclidean(a: Point, b: Point) -> int:
    r = math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / 10.0)
    t = _nearest(r)
    return t + 1 if t < r else t


def _geographical(a: Point, b: Point) -> int:
    (lat_a, lon_a), (lat_b, lon_b) = ([_radians(x) for x in point] for point in (a, b))
    q1 = math.cos(lon_a - lon_b)
    q2 = math.cos(lat_a - lat_b)
    q3 = math.cos(lat_a + lat_b)
    return int(_EARTH * math.acos(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)) + 1.0)


def _radians(x: float) -> float:
    """From DDD.MM, degrees and minutes; the degrees are cut off, as in the published lengths."""
    degrees = int(x)
    return _PI * (degrees + 5.0 * (x - degrees) / 3.0) / 180.0


def _explicit(
    stated: dict[str, str], sections: dict[str, list[list[str]]], n: int
) -> list[list[Any]]:
    form = stated.get("EDGE_WEIGHT_FORMAT", "FULL_MATRIX").upper()
    places = _places(form, n)
    if places is None:
        raise ProblemError(
            f"EDGE_WEIGHT_FORMAT {form} is not read: FULL_MATRIX, UPPER_ROW, LOWER_ROW, "
            "UPPER_DIAG_ROW, LOWER_DIAG_ROW and the forms by columns are."
        )
    words = [word for line in sections.get("EDGE_WEIGHT_SECTION", []) for word in line]
    cells = list(places)
    if len(words) != len(cells):
        raise ProblemError(
            f"{n} cities in {form} need {len(cells)} distances, but there are {len(words)}."
        )
    rows: list[list[Any]] = [[0] * n for _ in range(n)]
    for (i, j), word in zip(cells, words, strict=True):
        rows[i][j] = number_of(word, "a distance")
        if form != "FULL_MATRIX":
            rows[j][i] = rows[i][j]
    return rows


def _places(form: str, n: int) -> Iterator[tuple[int, int]] | None:
    """Row and column of the distances in the order of the file; one half by columns is the other
    half by rows, since the matrix is symmetric then.
    """
    if form == "FULL_MATRIX":
        return ((i, j) for i in range(n) for j in range(n))
    diagonal = 0 if "DIAG" in form else 1
    if form in ("UPPER_ROW", "UPPER_DIAG_ROW", "LOWER_COL", "LOWER_DIAG_COL"):
        return ((i, j) for i in range(n) for j in range(i + diagonal, n))
    if form in ("LOWER_ROW", "LOWER_DIAG_ROW", "UPPER_COL", "UPPER_DIAG_COL"):
        return ((i, j) for i in range(n) for j in range(i + 1 - diagonal))
    return None


def write(written: Export) -> str:
    """Distances as a full matrix."""
    graph = written.graph()
    where = "TSPLIB"
    if written.problem_type != "tsp":
        raise ProblemError(f"TSPLIB holds tours, and this is {written.problem_type}: write JSON.")
    n = len(graph)
    numbering(graph, where)
    directed = graph.is_directed()
    if graph.number_of_edges() < n * (n - 1) // (1 if directed else 2):
        raise ProblemError(
            "TSPLIB has a distance for every pair of cities, and this graph lacks some: write JSON."
        )
    weights = edge_weights(graph, where)
    both = weights if directed else {**weights, **{(v, u): w for (u, v), w in weights.items()}}
    head = [f"NAME: problem\nTYPE: {'ATSP' if directed else 'TSP'}\nDIMENSION: {n}"]
    head.append("EDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: FULL_MATRIX\nEDGE_WEIGHT_SECTION")
    rows = [
        " ".join(
            "0" if i == j else decimal_text(both.get((i, j), 1), where) for j in range(1, n + 1)
        )
        for i in range(1, n + 1)
    ]
    return "\n".join([*head, *rows, "EOF"]) + "\n"
