"""What a problem file may hold: every key is read, merely describes, or is refused by name.

A problem type says what it reads (`Problem.reads`). A key that is neither read nor in `DESCRIPTIVE`
is an error, since the answer would ignore what the user meant by it. Records are the exception:
their other columns, and anything that their graphs carry, stay as they are. Whether values are
right is checked where they are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quasar.problems import graphs
from quasar.problems.graph_inputs import checked_graph, is_graph
from quasar.problems.keys import Reader, advice_on, describes, nearest, refuse

RECORD_FIELDS = (
    "sample_index",
    "signature",
    "problem_type",
    "optimization_type",
    "graph",
    "problem_specific_attributes",
    "number_of_qubits",
    "number_of_layers",
    "cost_hamiltonian",
    "circuit_with_params",
    "solution",
    "exact_solution",
)
"""The public fields of a benchmark record."""

_MARKS = ("cost_hamiltonian", "circuit_with_params", "signature", "exact_solution", "instance_id")
_FILE = (
    "problem_type",
    "problem_specific_attributes",
    "encoding",
    "variable_order",
    "penalty",
    "problem",
)
_MISTYPED = 0.85  # in records, where other columns are welcome


def is_record(data: Mapping[str, Any]) -> bool:
    """Whether this is a record of a data set: it has a Hamiltonian, a circuit or a signature."""
    return any(data.get(field) is not None for field in _MARKS)


def checked(reader: Reader, data: Mapping[str, Any], record: bool | None = None) -> dict[str, Any]:
    """The content of a problem file, all of which the type reads.

    Where an attribute such as `"weight": "distance"` names the key of the edges (or nodes) that is
    read, that key is renamed in the graph that is returned, and what else these edges carry is left
    out.

    Args:
        reader: the problem type.
        record: whether this is a record; default: decided by its fields.

    Raises:
        ProblemError: a key that is not read, with the nearest one that is; two spellings of one
            thing; a named key that some edge lacks.
    """
    record = is_record(data) if record is None else record
    _check_fields(reader, data, record)
    attributes = graphs.attributes_of(data)
    if not record:
        _check_attributes(reader, attributes)
    out = dict(data)
    if "graph" in reader.reads.fields and data.get("graph") is not None:
        out["graph"] = checked_graph(reader, data["graph"], attributes, record, "graph")
    for name in reader.reads.attributes:
        if is_graph(attributes.get(name)):
            attributes[name] = checked_graph(reader, attributes[name], {}, record, "second graph")
    for key in reader.reads.naming:
        attributes.pop(key, None)
    out["problem_specific_attributes"] = attributes
    return out


def _check_fields(reader: Reader, data: Mapping[str, Any], record: bool) -> None:
    known = list(dict.fromkeys((*_FILE, *reader.reads.fields, *RECORD_FIELDS)))
    if "graph" not in reader.reads.fields and not record:
        known.remove("graph")
    name = f"the type {reader.problem_type}"
    for key, value in data.items():
        if value is None or key in known:
            continue
        if record:
            near = nearest(key, known, _MISTYPED)
            if near is not None and not data.get(near):
                refuse(key, "the record", name, f"did you mean {near!r}? Otherwise rename it")
        elif not describes(key, "file", {*reader.reads.attributes, *reader.reads.hints}):
            refuse(key, "the problem", name, _field_advice(reader, key, known))


def _field_advice(reader: Reader, key: Any, known: list[str]) -> str:
    if key in reader.reads.attributes or key in reader.reads.naming:
        return "write it inside 'problem_specific_attributes'"
    if key in reader.reads.hints:
        return reader.reads.hints[key]
    useful = [name for name in known if name in (*_FILE, *reader.reads.fields)]
    near = nearest(key, useful)
    if near is not None:
        return f"did you mean {near!r}? Otherwise remove it"
    near = nearest(key, (*reader.reads.attributes, *reader.reads.naming))
    if near is not None:
        return f"did you mean {near!r}? That goes inside 'problem_specific_attributes'"
    listed = ", ".join(repr(name) for name in useful if name != "problem")
    return f"what is read is {listed}. Remove it, or begin its name with '_' to keep it as a remark"


def _check_attributes(reader: Reader, attributes: Mapping[str, Any]) -> None:
    known = [*reader.reads.attributes, *reader.reads.naming]
    for key, value in attributes.items():
        if value is None or key in known or describes(key, "attributes", reader.reads.hints):
            continue
        if key in reader.reads.hints:
            advice = reader.reads.hints[key]
        elif key in (*_FILE, *reader.reads.fields):
            advice = "write it beside 'problem_type', at the top of the file"
        elif known:
            advice = advice_on(key, known)
        else:
            advice = "the type has no attributes. Remove it"
        refuse(key, "problem_specific_attributes", reader.problem_type, advice)
