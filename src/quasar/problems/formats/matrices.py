"""Square matrices: the Q of a QUBO, or the adjacency of a graph, as the problem type has it.

From and to `.npy` files (NumPy's format 1.0 to 3.0, without pickles), from tables of numbers, NumPy
arrays and SciPy's sparse matrices. Which of the two a matrix is follows from the problem type
(`as_problem`).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import exact
from quasar.core.labels import Label
from quasar.problems import values
from quasar.problems.formats.content import MAX_NODES, Content, edge, graph_of
from quasar.problems.formats.written import Export, edge_weights, numbering

Rows = Sequence[Sequence[Any]]

_MOST = 5_000  # rows that are written
_INT64 = 1 << 63


def read(data: bytes) -> Content:
    """The matrix of a `.npy` file."""
    try:
        array = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # a damaged header raises what Python's own parser does
        said = str(error).partition("\n")[0] or type(error).__name__
        raise ProblemError(f"this is no matrix of NumPy (.npy): {said}.") from None
    if not isinstance(array, np.ndarray):
        raise ProblemError("a .npz archive holds several arrays: save one matrix by numpy.save.")
    return array_content(array)


def array_content(array: Any, names: Sequence[Label] | None = None) -> Content:
    """A square array of numbers; single precision counts as it prints."""
    if array.ndim != 2:
        raise ProblemError(
            f"an array of shape {tuple(array.shape)} is no matrix: give it two dimensions, n by n."
        )
    if array.dtype.kind not in "biuf":
        raise ProblemError(f"a matrix must hold real numbers, not {array.dtype}.")
    if array.dtype.kind == "b":
        array = array.astype(int)
    rows = [[values.real(entry) for entry in row] for row in array]
    return matrix_content(rows, names)


def matrix_content(rows: Rows, names: Sequence[Label] | None = None) -> Content:
    """A square matrix, of a type that is not known yet.

    Raises:
        ProblemError: not square, too large, or not of finite numbers.
    """
    n = len(rows)
    if not n or any(len(row) != n for row in rows):
        columns = len(rows[0]) if n else 0
        raise ProblemError(
            f"the matrix is {n} by {columns}, and only square ones state a problem: pass an n by n "
            "Q of a QUBO, or an adjacency matrix. A list of edges needs a line of column names: "
            "source,target,weight."
        )
    if n > MAX_NODES:
        raise ProblemError(f"the matrix has {n:,} rows; at most {MAX_NODES:,} are read.")
    for row in rows:
        for entry in row:
            values.number(entry, "an entry of the matrix")
    return Content({"matrix": (rows, list(range(n)) if names is None else list(names))})


def as_problem(matrix: tuple[Rows, list[Label]], directed: bool | None) -> dict[str, Any]:
    """The part of a problem file that a matrix is.

    Args:
        directed: whether the type's graph is; None: the type is qubo.

    Raises:
        ProblemError: the adjacency of an undirected graph is not symmetric, or has a diagonal.
    """
    rows, names = matrix
    entries = [(i, j, c) for i, row in enumerate(rows) for j, c in enumerate(row) if c]
    if directed is None:
        # A variable whose row and column are zero stays a variable.
        linear = [[[v], rows[i][i]] for i, v in enumerate(names)]
        return {"qubo": linear + [[[names[i], names[j]], c] for i, j, c in entries if i != j]}
    for i, j, c in entries:
        if i == j:
            raise ProblemError(
                f"entry ({i}, {i}) of the matrix is {c}, an edge from a node to itself: an "
                "adjacency matrix has zeros on its diagonal; the Q of a QUBO has the type qubo."
            )
        if not directed and rows[j][i] != c:
            raise ProblemError(
                f"entries ({i}, {j}) and ({j}, {i}) of the matrix differ ({c} and {rows[j][i]}): "
                "an undirected graph has a symmetric matrix, such as (A + A.T) / 2."
            )
    edges = [edge(names[i], names[j], c) for i, j, c in entries if directed or i < j]
    return {"graph": graph_of(names, edges, directed)}


def write(written: Export) -> bytes:
    """The adjacency of a graph, or Q in upper triangular form, as a `.npy` file.

    Raises:
        ProblemError: names other than 0 to n-1, a number that is no float, or an edge of weight 0.
    """
    where = "NumPy"
    if "qubo" in written.data:
        if written.data.get("vartype") == "SPIN":
            raise ProblemError("a NumPy matrix holds 0/1 variables and no spins: write JSON.")
        names, terms = written.numbered_terms(0)
        entries: dict[tuple[int, int], Any] = {(min(t), max(t)): c for t, c in terms.items()}
        n = max(names) + 1
    else:
        graph = written.graph()
        numbering(graph, where, 0)
        weights = edge_weights(graph, where)
        n = len(graph)
        entries = {(u, v): weights.get((u, v), 1) for u, v in graph.edges}
        if not all(entries.values()):
            raise ProblemError("a NumPy matrix cannot hold an edge of weight 0: remove it.")
        if not graph.is_directed():
            entries |= {(v, u): c for (u, v), c in entries.items()}
    if n > _MOST:
        raise ProblemError(f"a NumPy matrix of {n:,} rows is too large to be written.")
    exactly = [exact(c) for c in entries.values()]
    kind = int if all(isinstance(c, int) and abs(c) < _INT64 for c in exactly) else float
    matrix = np.zeros((n, n), dtype=kind)
    for place, c in zip(entries, exactly, strict=True):
        matrix[place] = kind(c)
    out = io.BytesIO()
    np.save(out, matrix, allow_pickle=False)
    return out.getvalue()


def sniff_npy(data: bytes) -> bool:
    """Whether these are the first bytes of a `.npy` file."""
    return data[:6] == b"\x93NUMPY"
