"""Objects of other libraries that state a problem or a graph, by what they offer.

NumPy and SciPy matrices, pandas tables, rustworkx graphs, dimod's constrained models, quadratic
programs of Qiskit, instances of OMMX. None of these libraries is imported. networkx graphs, dimod
models and Qiskit operators need no translation; see `problems/source.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.labels import Label
from quasar.problems import values
from quasar.problems.formats.content import Content, edge, graph_of
from quasar.problems.formats.delimited import table_content
from quasar.problems.formats.graph_json import content_of_json
from quasar.problems.formats.matrices import array_content
from quasar.problems.formats.models import (
    constrained_content,
    is_constrained_model,
    is_h_and_j,
    is_ommx_instance,
    is_quadratic_program,
    ising_content,
    ommx_content,
    program_content,
)


def content_of(source: Any) -> Content | None:
    """What an object states; None for an object of another kind."""
    if isinstance(source, Mapping):
        return ising_content(source) if is_h_and_j(source) else content_of_json(source)
    if is_constrained_model(source):
        return constrained_content(source)
    if is_quadratic_program(source):
        return program_content(source)
    if is_ommx_instance(source):
        return ommx_content(source)
    if all(hasattr(source, name) for name in ("node_indices", "weighted_edge_list")):
        return _rustworkx(source)
    if all(hasattr(source, name) for name in ("columns", "index", "iloc")):
        return _frame(source)
    if hasattr(source, "tocoo") and hasattr(source, "toarray"):
        return array_content(source.toarray())
    if hasattr(source, "ndim") and hasattr(source, "dtype") and hasattr(source, "tolist"):
        return array_content(source)
    return None


def plain_attributes(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes with pandas objects as lists; names of assets come from a table of returns.

    Raises:
        ProblemError: two pandas objects name their rows differently.
    """
    out = dict(attributes)
    names: list[Any] | None = None
    for key, value in attributes.items():
        if not (hasattr(value, "index") and hasattr(value, "to_numpy")):
            continue
        own = [_name(label) for label in value.index]
        out[key] = value.to_numpy().tolist()
        if names is not None and own != names:
            raise ProblemError(
                f"the rows of {key!r} are {own}, but another table's are {names}: sort them alike, "
                "e.g. by .loc."
            )
        if getattr(value, "ndim", 1) == 2 and [_name(c) for c in value.columns] != own:
            raise ProblemError(f"the columns of {key!r} are not its rows: sort them alike.")
        names = own
    if names is not None and "expected_returns" in out and out.get("assets") is None:
        out["assets"] = names
    return out


def _name(label: Any) -> Label:
    return values.name(label, "a name")


def _frame(frame: Any) -> Content:
    """A table of edges or items, or a matrix whose rows and columns have the same names."""
    columns = list(frame.columns)
    if len(columns) == len(frame.index) and columns == list(frame.index):
        return array_content(frame.to_numpy(), [_name(label) for label in columns])
    rows = [
        {
            column: value.item() if hasattr(value, "item") else value
            for column, value in zip(columns, row, strict=True)
            if value == value and value is not None  # NaN is an empty cell
        }
        for row in frame.itertuples(index=False, name=None)
    ]
    return table_content(columns, rows)


def _rustworkx(graph: Any) -> Content:
    """Nodes go by their payload where all are different names, else by their index."""
    indices = list(graph.node_indices())
    payloads = [graph.get_node_data(i) for i in indices]
    usable = all(isinstance(p, int | str) and not isinstance(p, bool) for p in payloads)
    names: dict[int, Label] = dict(zip(indices, indices, strict=True))
    if usable and len(set(payloads)) == len(payloads):
        names = dict(zip(indices, payloads, strict=True))
    elif any(p is not None and not isinstance(p, Mapping) for p in payloads):
        raise ProblemError(
            "the nodes of the rustworkx graph carry data that are not different names: give each "
            "node a number or a string of its own, or a dict of attributes."
        )
    edges = []
    for u, v, data in graph.weighted_edge_list():
        ends = edge(names[u], names[v])
        if isinstance(data, Mapping):
            edges.append({**data, **ends})
        elif data is None:
            edges.append(ends)
        else:
            edges.append({**ends, "weight": values.number(data, f"the weight of edge {u} - {v}")})
    directed = type(graph).__name__.endswith("DiGraph")
    found = graph_of([names[i] for i in indices], edges, directed)
    if not usable:
        found["nodes"] = [
            {**(p or {}), "id": names[i]} for i, p in zip(indices, payloads, strict=True)
        ]
    return Content({"graph": found}, positional=True)
