"""What a problem type reads and answers, for people and programs that have yet to write its file.

Which attributes are required and which kinds of graph are taken is not stated anywhere: it is found
by leaving a part of an example out, and asking the type whether it can still be read.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import Problem
from quasar.problems.registry import ALIASES, all_types, problem_class

_EXAMPLE_QUBITS = 9
_PART = "problem_specific_attributes"
_DEFAULT = "; default"


class ProblemType(BaseModel):
    """One problem type: what its file holds, and what its answers are."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    problem_type: str
    """Its name in problem files."""
    title: str
    """What its solution is."""
    sense: Literal["min", "max"]
    """Whether the objective is minimised or maximised."""
    objective: str
    """What is minimised or maximised."""
    solution: str
    """The form of an answer."""
    qubits: str
    """How many qubits the exact encoding takes."""
    encodings: list[str]
    """The encodings it has."""
    aliases: list[str]
    """Other names of the type."""
    graph: Literal["undirected", "directed", "undirected or directed", "hypergraph"] | None
    """The graph it takes; None for a type without one."""
    fields: list[str]
    """What states the problem at the top of its file, beside `problem_type`."""
    attributes: dict[str, str]
    """Entries of `problem_specific_attributes`, each with its meaning."""
    nodes: dict[str, str]
    """Numbers on the graph's nodes, each with its meaning."""
    edges: dict[str, str]
    """Numbers on its edges, each with its meaning."""
    required: list[str]
    """Those of `fields`, `attributes`, `nodes` and `edges` that cannot be left out."""
    defaults: dict[str, str]
    """What counts where one of the others is left out, if anything does."""
    template: dict[str, Any] | None = None
    """A small problem file to copy and to change; only where one type is asked for."""


def describe(problem_type: str) -> ProblemType:
    """What a type reads and answers, with a template.

    Raises:
        ProblemError: unknown name.
    """
    found = _described(problem_class(problem_type))
    return found.model_copy(update={"template": template(problem_type)})


def describe_all() -> list[ProblemType]:
    """All types without templates: those of bit strings, then those of quantum states."""
    return [_described(cls) for cls in all_types().values()]


@cache
def _described(cls: type[Problem]) -> ProblemType:
    reads = cls.reads
    meanings = {**reads.attributes, **reads.nodes, **reads.edges}
    return ProblemType(
        problem_type=cls.problem_type,
        title=cls.title,
        sense=cls.sense,
        objective=cls.goal,
        solution=cls.answer,
        qubits=cls.qubits,
        encodings=list(cls.encodings),
        aliases=[alias for alias, name in ALIASES.items() if name == cls.problem_type],
        graph=_graph(cls),
        fields=list(reads.fields),
        attributes=dict(reads.attributes),
        nodes=dict(reads.nodes),
        edges=dict(reads.edges),
        required=list(_required(cls)),
        defaults={
            name: meaning.partition(_DEFAULT)[2].lstrip(": ")
            for name, meaning in meanings.items()
            if _DEFAULT in meaning
        },
    )


def template(problem_type: str) -> dict[str, Any]:
    """A small problem file of a type, to copy and to change.

    Raises:
        ProblemError: unknown name.
    """
    cls = problem_class(problem_type)
    data = cls.sample(generator(0, "example"), _EXAMPLE_QUBITS).to_data()
    for graph in _graphs_of(data):
        for key in ("directed", "multigraph", "graph"):
            if not graph.get(key):
                graph.pop(key, None)
    return data


def _graphs_of(data: dict[str, Any]) -> list[dict[str, Any]]:
    places = [data.get("graph"), *data.get(_PART, {}).values()]
    return [place for place in places if isinstance(place, dict) and "nodes" in place]


def _required(cls: type[Problem]) -> Iterable[str]:
    """Names of what an example is not read without."""
    example = template(cls.problem_type)
    places: list[tuple[Iterable[str], Callable[[dict[str, Any]], list[Any]]]] = [
        (cls.reads.fields, lambda data: [data]),
        (cls.reads.attributes, lambda data: [data.get(_PART, {})]),
        (cls.reads.nodes, lambda data: data.get("graph", {}).get("nodes", [])),
        (cls.reads.edges, lambda data: data.get("graph", {}).get("edges", [])),
    ]
    for names, holders in places:
        for name in names:
            changed = copy.deepcopy(example)
            held = [
                h for h in holders(changed) if isinstance(h, dict) and h.pop(name, None) is not None
            ]
            if held and not _is_read(cls, changed):
                yield name


def _graph(cls: type[Problem]) -> Any:
    if "graph" not in cls.reads.fields:
        return None
    if cls.reads.hypergraph:
        return "hypergraph"
    if "graph" not in template(cls.problem_type):  # optional, beside lattices by name
        return "undirected"
    taken = [
        word
        for word, directed in (("undirected", False), ("directed", True))
        if _is_read(cls, _turned(cls, directed))
    ]
    return " or ".join(taken)


def _turned(cls: type[Problem], directed: bool) -> dict[str, Any]:
    """The example with a graph of that kind."""
    data = template(cls.problem_type)
    data["graph"]["directed"] = directed
    return data


def _is_read(cls: type[Problem], data: dict[str, Any]) -> bool:
    try:
        cls.from_data(data)
    except ProblemError:
        return False
    return True
