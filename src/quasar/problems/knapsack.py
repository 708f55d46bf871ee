"""Knapsack: the most valuable items whose weights stay within a capacity.

Variables: ("item", name), and ("slack", i) for unused capacity s, bounded binary: the powers of two
1, 2, .., 2^(M-1) and the remainder C + 1 - 2^M with M = ⌊log₂ C⌋ reach every s in 0..C and none
beyond. Cost: A (Σ w x + s - C)² - Σ v x with A above the largest value v_max of an item of positive
weight. Exact: a selection d too heavy becomes feasible by dropping at most d such items, so it
gains at most d v_max < A d². No slack and no penalty when all items fit together. Several codes of
s may stand for one selection; they decode to the same solution.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, from_json, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads, refuse_unknown
from quasar.problems.native import LinearRow, NativeModel
from quasar.problems.overlay import label_text
from quasar.problems.stacks import SolutionStacks, Stack
from quasar.problems.structure import Structure

_ITEMS = '{"items": [{"name": "map", "weight": 2, "value": 3}], "capacity": 4}'


_QUANTITIES = dict.fromkeys(
    ("quantity", "count", "amount", "copies", "number", "multiplicity"),
    "an item is packed once or not at all. List it once for each copy, each under a name of its "
    "own",
)


@dataclass(frozen=True)
class Item:
    """A thing to pack: integer weight >= 0, any finite value."""

    name: Label
    weight: int
    value: values.Number


class Knapsack(Problem):
    """Solution: list of the packed items' names. Objective: their total value.

    Attributes `items` (objects with `weight` and `value`; `name` defaults to the position from 0)
    and `capacity`. Weights and capacity are integers.
    """

    problem_type = "knapsack"
    title = "Find the most valuable set of items that fits the capacity"
    sense = "max"
    qubits = "one per item, and one per binary digit of the capacity"
    answer = "list of the packed items' names"
    goal = "their total value"
    reads = Reads(
        fields=(),
        attributes={
            "items": "list of objects with name, weight (integer) and value",
            "capacity": "the largest total weight, an integer",
        },
    )

    def __init__(self, items: Sequence[Item], capacity: int) -> None:
        self.items = {item.name: item for item in items}
        self.capacity = capacity

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        raw_items = values.listed(values.required(attributes, "items", _ITEMS), "'items'", _ITEMS)
        items = [_read_item(raw, position) for position, raw in enumerate(raw_items)]
        values.distinct((item.name for item in items), "item")
        capacity = values.whole(values.required(attributes, "capacity", _ITEMS), "'capacity'")
        return cls(items, capacity)

    def to_data(self) -> dict[str, Any]:
        items = [
            {
                **asdict(item),
                "name": to_json(item.name),
                "value": values.to_json_number(item.value),
            }
            for item in self.items.values()
        ]
        return {
            "problem_type": self.problem_type,
            "problem_specific_attributes": {"items": items, "capacity": self.capacity},
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        slack = [("slack", i) for i in range(len(self._slack_weights()))]
        return [*(("item", name) for name in self.items), *slack]

    def formulation(self) -> Formulation:
        cost = self._cost()
        if self._all_fit():
            return Formulation(cost)
        filled: dict[Label, int] = {("item", k): item.weight for k, item in self.items.items()}
        fits = Constraint(Polynomial.linear(filled), self.capacity)
        filled.update({("slack", i): w for i, w in enumerate(self._slack_weights())})
        heavy = (name for name, item in self.items.items() if item.weight)
        penalty = penalties.above(max(map(self._worth, heavy), default=0))
        excess = Polynomial.linear(filled, -self.capacity).square()
        why = "a tenth more than the most valuable item that weighs anything"
        return Formulation(cost, [fits], Penalties(excess * penalty, penalty, why))

    def native(self) -> NativeModel:
        weights: dict[Label, Exact] = {("item", k): item.weight for k, item in self.items.items()}
        return NativeModel(list(weights), self._cost(), [LinearRow(weights, high=self.capacity)])

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(name) for name in self.items if assignment[("item", name)]]

    def is_feasible(self, solution: Solution) -> bool:
        names = list(self.items)
        weight = sum(self.items[name].weight for name in values.recognised(solution, names))
        return values.is_subset(solution, names) and weight <= self.capacity

    def objective(self, solution: Solution) -> float:
        packed = values.recognised(solution, list(self.items))
        return float(total(exact(self.items[name].value) for name in packed))

    def stacks(self, solution: Solution) -> SolutionStacks:
        """The packed items by weight, and beside them those left out."""
        packed = [from_json(name) for name in solution]
        names = [name for name in self.items if name not in packed]

        def parts(chosen: Iterable[Label]) -> list[tuple[str, float]]:
            return [(label_text(v), float(self.items[v].weight)) for v in chosen]

        wrong = not self.is_feasible(solution)
        title = f"value {self.objective(solution):g}{' (infeasible)' if wrong else ''}"
        stacks = [Stack("packed", parts(packed), wrong)]
        stacks += [Stack("left out", parts(names), aside=True)] if names else []
        return SolutionStacks(title, stacks, "weight", float(self.capacity))

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for name, item in self.items.items():
            found.element(name, item.weight, values.to_json_number(item.value))
        return {"capacity": self.capacity}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        n_qubits = sampling.integer(rng, 3, min(16, max_qubits))
        n_slack = sampling.integer(rng, 1, min(6, n_qubits // 2))
        capacity = sampling.integer(rng, 2 ** (n_slack - 1), 2**n_slack - 1)
        items = [
            Item(i, sampling.integer(rng, 1, capacity), sampling.integer(rng, 1, 20))
            for i in range(n_qubits - n_slack)
        ]
        return cls(items, min(capacity, sum(item.weight for item in items) - 1))

    def prompt_details(self) -> str:
        items = ", ".join(
            f"{i.name} (weight {i.weight}, value {i.value})" for i in self.items.values()
        )
        return f"with capacity {self.capacity} and items {items}"

    def _cost(self) -> Polynomial:
        """Minus the value of the packed items."""
        return Polynomial.linear({("item", k): -item.value for k, item in self.items.items()})

    def _worth(self, name: Label) -> Exact:
        """The most that leaving out an item can cost."""
        return exact(self.items[name].value)

    def _all_fit(self) -> bool:
        return sum(item.weight for item in self.items.values()) <= self.capacity

    def _slack_weights(self) -> list[int]:
        """Weights of the slack bits; their sums are exactly 0..capacity."""
        if self._all_fit() or self.capacity == 0:
            return []
        m = self.capacity.bit_length() - 1
        return [*(2**i for i in range(m)), self.capacity + 1 - 2**m]


def _read_item(raw: Any, position: int) -> Item:
    if not isinstance(raw, Mapping):
        raise ProblemError(f"item {raw!r} must be an object with 'name', 'weight' and 'value'.")
    place = f"item {raw.get('name', position)!r}"
    known = [field.name for field in fields(Item)]
    refuse_unknown(raw, known, place, "knapsack", hints=_QUANTITIES)
    name = values.name(raw.get("name", position), "the name of an item")
    for key in ("weight", "value"):
        if key not in raw:
            raise ProblemError(f"item {name!r} has no {key!r}: give every item one.")
    weight = values.whole(raw["weight"], f"the weight of item {name!r}")
    return Item(name, weight, values.number(raw["value"], f"the value of item {name!r}"))
