"""Matrix Market: a square matrix, as the Q of a QUBO or the adjacency of a graph.

Grammar: https://math.nist.gov/MatrixMarket/formats.html. Read here and not by scipy.io, which
rounds decimals to float64. Rows are numbered from 1, and so are nodes and variables. A `pattern`
has ones; `symmetric` files list one half; complex, Hermitian and skew-symmetric ones are refused.
"""

from __future__ import annotations

from typing import Any

from quasar.core.errors import ProblemError
from quasar.problems import values
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    FileLine,
    decimal_text,
    integer_of,
    lines_of,
    number_of,
    numbered,
)
from quasar.problems.formats.matrices import matrix_content
from quasar.problems.formats.written import Export, edge_weights, numbering

_MOST = 5_000  # rows that are spread out into a dense matrix


def sniff(text: str) -> bool:
    """Whether the banner is there."""
    return text[:14].lower() == "%%matrixmarket"


def read(text: str) -> Content:
    """The matrix, with names 1 to n."""
    banner = text.split("\n", 1)[0].lower().split()
    if len(banner) != 5 or banner[1] != "matrix" or banner[2] not in ("coordinate", "array"):
        raise ProblemError(
            "the first line must be '%%MatrixMarket matrix coordinate real symmetric' or another "
            "banner of this form."
        )
    layout, field, symmetry = banner[2:]
    if field not in ("real", "integer", "double", "pattern"):
        raise ProblemError(f"a matrix must hold real numbers, not {field} ones.")
    if symmetry not in ("general", "symmetric"):
        raise ProblemError(f"a {symmetry} matrix states no problem: symmetric or general is read.")
    lines = list(lines_of(text, "%"))
    if not lines:
        raise ProblemError("the file has no line of sizes: is it cut off?")
    n = _size(lines[0])
    rows: list[list[Any]] = [[0] * n for _ in range(n)]
    if layout == "array":
        _fill_dense(rows, lines[1:], symmetry == "symmetric")
    else:
        _fill_sparse(rows, lines, field == "pattern", symmetry == "symmetric")
    return matrix_content(rows, range(1, n + 1))


def _size(line: FileLine) -> int:
    n = integer_of(line.words[0], "the number of rows", min(_MOST, MAX_NODES))
    if len(line.words) < 2 or line.words[1] != line.words[0]:
        raise ProblemError(
            f"the matrix is {' by '.join(line.words[:2])}, and only square ones state a problem."
        )
    return n


def _fill_sparse(
    rows: list[list[Any]], lines: list[FileLine], pattern: bool, symmetric: bool
) -> None:
    n = len(rows)
    if len(lines[0].words) != 3:
        raise lines[0].fault("'rows columns entries'")
    announced = integer_of(lines[0].words[2], "the number of entries")
    if announced != len(lines) - 1:
        raise ProblemError(
            f"the file announces {announced} entries and has {len(lines) - 1}: is it cut off?"
        )
    seen = set()
    for line in lines[1:]:
        if len(line.words) != (2 if pattern else 3):
            raise line.fault("'row column'" if pattern else "'row column value'")
        i, j = (numbered(word, n, f"an index in line {line.number}") - 1 for word in line.words[:2])
        if (i, j) in seen or (symmetric and (j, i) in seen):
            raise ProblemError(f"entry {i + 1} {j + 1} stands twice: keep one.")
        seen.add((i, j))
        value = 1 if pattern else number_of(line.words[2], f"the value in line {line.number}")
        rows[i][j] = value
        if symmetric:
            rows[j][i] = value


def _fill_dense(rows: list[list[Any]], lines: list[FileLine], symmetric: bool) -> None:
    """Column by column; of a symmetric matrix the lower half."""
    n = len(rows)
    words = [word for line in lines for word in line.words]
    places = [(i, j) for j in range(n) for i in range(j if symmetric else 0, n)]
    if len(words) != len(places):
        raise ProblemError(f"the matrix needs {len(places)} values and has {len(words)}.")
    for (i, j), word in zip(places, words, strict=True):
        rows[i][j] = number_of(word, "a value")
        if symmetric:
            rows[j][i] = rows[i][j]


def write(written: Export) -> str:
    """The adjacency of a graph, or Q in upper triangular form."""
    where = "Matrix Market"
    entries: dict[tuple[int, int], Any] = {}
    if "qubo" in written.data:
        if written.data.get("vartype") == "SPIN":
            raise ProblemError(
                "Matrix Market holds QUBOs of 0/1 variables, not of spins: write JSON."
            )
        names, terms = written.numbered_terms()
        n, symmetry = max(names), "general"
        entries = {(min(pair), max(pair)): c for pair, c in terms.items()}
    else:
        graph = written.graph()
        numbering(graph, where)
        n, symmetry = len(graph), "general" if graph.is_directed() else "symmetric"
        weights = edge_weights(graph, where)
        for u, v in graph.edges:
            weight = weights.get((u, v), 1)
            if not weight:
                raise ProblemError(f"{where} cannot hold edge {u} - {v} of weight 0: remove it.")
            entries[(u, v) if graph.is_directed() else (max(u, v), min(u, v))] = weight
    integers = all(isinstance(values.real(c), int) for c in entries.values())
    lines = [f"%%MatrixMarket matrix coordinate {'integer' if integers else 'real'} {symmetry}"]
    lines.append(f"{n} {n} {len(entries)}")
    lines += [f"{i} {j} {decimal_text(c, where)}" for (i, j), c in sorted(entries.items())]
    return "\n".join(lines) + "\n"
