"""What problems on named sets of elements have in common: reading, writing, decoding, pictures.

A solution chooses some of the sets, one variable each, named as the set. Costs, constraints and
samples are each type's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.keys import Reads
from quasar.problems.overlay import LegendEntry, SolutionOverlay, counted, label_text
from quasar.problems.structure import Structure

_SETS = '{"sets": {"A": [1, 2], "B": [2, 3]}}'


class SetSystem(Problem):
    """Solution: list of the names of the sets chosen. Objective: their total weight.

    Attributes: `sets`, an object from name to elements, or a list of lists, which are named by
    their positions from 0; `weights` of the same form (any numbers, default 1); `elements`, where
    some are in no set.

    Class attributes:
        chosen: what the chosen sets are called in a title.
    """

    chosen: ClassVar[str]
    reads = Reads(
        fields=(),
        attributes={
            "sets": "object from name to list of elements, or list of lists",
            "weights": "a number for each set, in the form of 'sets'; default 1",
            "elements": "all elements; default: those that are in a set",
        },
    )

    def __init__(
        self,
        sets: Mapping[Label, Sequence[Label]],
        weights: Sequence[values.Number] | None = None,
        elements: Sequence[Label] | None = None,
    ) -> None:
        self.sets = {name: tuple(members) for name, members in sets.items()}
        self.weights = None if weights is None else list(weights)
        self.given_elements = elements
        inside = (element for members in self.sets.values() for element in members)
        self.elements = list(dict.fromkeys(inside)) if elements is None else list(elements)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        raw = values.required(attributes, "sets", _SETS)
        named = _named(raw, "'sets'", _SETS)
        sets = {name: _members(name, members) for name, members in named.items()}
        elements = attributes.get("elements")
        if elements is not None:
            listed = values.listed(elements, "'elements'", "[1, 2, 3]")
            elements = values.distinct((values.name(e, "an element") for e in listed), "element")
            strangers = [e for members in sets.values() for e in members if e not in elements]
            if strangers:
                raise ProblemError(
                    f"a set holds {strangers[0]!r}, which 'elements' lacks: add it there."
                )
        return cls(sets, _weights(attributes.get("weights"), sets, raw), elements)

    def to_data(self) -> dict[str, Any]:
        sets = {name: to_json(members) for name, members in self.sets.items()}
        attributes: dict[str, Any] = {"sets": values.as_stated(sets)}
        if self.weights is not None:
            plain = map(values.to_json_number, self.weights)
            attributes["weights"] = values.as_stated(dict(zip(sets, plain, strict=True)))
        if self.given_elements is not None:
            attributes["elements"] = to_json(list(self.given_elements))
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    @property
    def exact_weights(self) -> dict[Label, Exact]:
        """What each set weighs."""
        weights = [1] * len(self.sets) if self.weights is None else self.weights
        return {name: exact(weight) for name, weight in zip(self.sets, weights, strict=True)}

    def containing(self) -> dict[Label, list[Label]]:
        """The sets that hold each element."""
        return {e: [name for name, has in self.sets.items() if e in has] for e in self.elements}

    def times_covered(self, solution: Solution) -> dict[Label, int]:
        """How many of the chosen sets hold each element."""
        chosen = values.recognised(solution, list(self.sets))
        return {e: sum(e in self.sets[name] for name in chosen) for e in self.elements}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(self.sets)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(name) for name in self.sets if assignment[name]]

    def objective(self, solution: Solution) -> float:
        weights = self.exact_weights
        return float(total(weights[name] for name in values.recognised(solution, list(self.sets))))

    def is_wrong(self, times: int) -> bool:
        """Whether so many chosen sets may not hold an element."""
        raise NotImplementedError

    def is_feasible(self, solution: Solution) -> bool:
        return values.is_subset(solution, list(self.sets)) and not any(
            map(self.is_wrong, self.times_covered(solution).values())
        )

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """Sets and elements as nodes, joined where a set holds an element."""
        chosen = values.recognised(solution, list(self.sets))
        graph = nx.Graph()
        graph.add_nodes_from(("set", name) for name in self.sets)
        graph.add_nodes_from(("element", e) for e in self.elements)
        joined = [(("set", s), ("element", e)) for s, members in self.sets.items() for e in members]
        graph.add_edges_from(joined)
        times = self.times_covered(solution)
        weighted = graphs.are_weights(self.exact_weights.values())
        weight = f", weight {self.objective(solution):g}" if weighted else ""
        groups: dict[Label, int] = {("set", name): 0 for name in chosen}
        groups.update({("element", e): 1 for e, count in times.items() if count})
        return SolutionOverlay(
            graph,
            f"{self.chosen} of {counted(len(chosen), 'set')}{weight}",
            groups=groups,
            strong={edge for edge in joined if edge[0][1] in chosen},
            wrong_nodes={("element", e) for e, count in times.items() if self.is_wrong(count)},
            names={node: label_text(node[1]) for node in graph},
            notes={("set", s): "set" for s in self.sets},
            legend=[LegendEntry("chosen set", 0), LegendEntry("element in one", 1)],
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for element in self.elements:
            found.element(("element", element), "element")
        weights = self.exact_weights
        for name, members in self.sets.items():
            weight = None if weights[name] == 1 else float(weights[name])
            found.group(("set", name), weight, ((("element", e), "in") for e in members))
        return {}

    def prompt_details(self) -> str:
        sets = (
            f"{label_text(name)} ({', '.join(map(label_text, members))})"
            + ("" if self.weights is None else f" of weight {weight}")
            for (name, members), weight in zip(
                self.sets.items(), self.weights or [1] * len(self.sets), strict=True
            )
        )
        inside = {element for members in self.sets.values() for element in members}
        alone = [label_text(e) for e in self.elements if e not in inside]
        also = f" and the elements {', '.join(alone)} in no set" if alone else ""
        return f"with the sets {', '.join(sets)}{also}"

    @classmethod
    def _sampled(cls, rng: np.random.Generator, members: Sequence[Sequence[int]]) -> Self:
        """These sets, in every second instance with random weights."""
        sets: dict[Label, Sequence[Label]] = {i: sorted(m) for i, m in enumerate(members)}
        if rng.random() < 0.5:
            return cls(sets)
        return cls(sets, [sampling.integer(rng, 1, 9) for _ in sets])


def _named(raw: Any, what: str, example: str) -> dict[Label, Any]:
    """Entries by name, or by position where they are a list."""
    for name in raw if isinstance(raw, Mapping) else ():
        values.name(name, "the name of a set")
    return values.by_name(raw, what, "set", example)


def _members(name: Label, raw: Any) -> list[Label]:
    listed = values.listed(raw, f"set {name!r}", "[1, 2]")
    members = [values.name(element, f"an element of set {name!r}") for element in listed]
    if len(set(members)) != len(members):
        raise ProblemError(f"set {name!r} lists an element twice: list each once.")
    return members


def _weights(raw: Any, sets: Mapping[Label, Any], given: Any) -> list[values.Number] | None:
    if raw is None:
        return None
    if isinstance(raw, Mapping) != isinstance(given, Mapping):
        raise ProblemError("'weights' must have the form of 'sets': both lists or both objects.")
    named = _named(raw, "'weights'", "[3, 1]")
    if set(named) != set(sets):
        raise ProblemError(
            f"there are {len(sets)} sets but {len(named)} weights, or other names: give each set "
            "one weight."
        )
    return [values.number(named[name], f"the weight of set {name!r}") for name in sets]
