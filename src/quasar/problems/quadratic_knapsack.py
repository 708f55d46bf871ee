"""Quadratic knapsack: items of the greatest value, alone and in pairs, that fit a capacity.

As `knapsack`, with a value p_ij of any sign for pairs of items that are packed together (Gallo,
Hammer and Simeone, Mathematical Programming Study 12, 132 (1980)). Cost: A (Σ w x + s - C)² -
Σ v_i x_i - Σ p_ij x_i x_j, with the bounded binary slack s of `knapsack`: a qubit for each item and
⌊log₂ C⌋ + 1 for the slack. A is above the largest v_i + Σ_j max(p_ij, 0) of an item of positive
weight. Exact: a selection d too heavy becomes feasible by dropping at most d such items, and each
costs no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Monomial, Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Solution
from quasar.problems.keys import Reads
from quasar.problems.knapsack import Item, Knapsack
from quasar.problems.structure import Structure

_PAIRS = '{"pair_values": [["map", "tin", 5]]}'


class QuadraticKnapsack(Knapsack):
    """Solution: list of the packed items' names. Objective: their total value, pairs included.

    Attributes as in `knapsack`, and `pair_values`: a list of [item, item, value].
    """

    problem_type = "quadratic_knapsack"
    title = "Find the most valuable set of items, alone and in pairs, that fits the capacity"
    qubits = "one per item, and one per binary digit of the capacity"
    answer = "list of the packed items' names"
    goal = "their total value, pairs included"
    reads = Reads(
        fields=(),
        attributes={
            **Knapsack.reads.attributes,
            "pair_values": "list of [item, item, value of both together]",
        },
    )

    def __init__(
        self,
        items: Sequence[Item],
        capacity: int,
        pairs: Mapping[tuple[Label, Label], values.Number] | None = None,
    ) -> None:
        super().__init__(items, capacity)
        self.pairs = dict(pairs or {})

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        plain = super()._read(data)
        raw = values.required(graphs.attributes_of(data), "pair_values", _PAIRS)
        pairs: dict[tuple[Label, Label], values.Number] = {}
        for row in values.listed(raw, "'pair_values'", _PAIRS):
            if not isinstance(row, list | tuple) or len(row) != 3:
                raise ProblemError(f"entry {row!r} of 'pair_values' must be [item, item, value].")
            a, b = (values.name(name, "the name of an item") for name in row[:2])
            for name in (a, b):
                if name not in plain.items:
                    raise ProblemError(f"'pair_values' names {name!r}, which is not an item.")
            if a == b or (a, b) in pairs or (b, a) in pairs:
                raise ProblemError(
                    f"'pair_values' has {a!r} and {b!r}: give each two different items one value."
                )
            pairs[a, b] = values.number(row[2], f"the value of {a!r} and {b!r}")
        return cls(list(plain.items.values()), plain.capacity, pairs)

    def to_data(self) -> dict[str, Any]:
        data = super().to_data()
        data["problem_specific_attributes"]["pair_values"] = [
            [to_json(a), to_json(b), values.to_json_number(value)]
            for (a, b), value in self.pairs.items()
        ]
        return data

    def _cost(self) -> Polynomial:
        together: dict[Monomial, Exact] = {
            frozenset([("item", a), ("item", b)]): -exact(value)
            for (a, b), value in self.pairs.items()
        }
        return super()._cost() + Polynomial(together)

    def _worth(self, name: Label) -> Exact:
        gains = (exact(value) for pair, value in self.pairs.items() if name in pair and value > 0)
        return super()._worth(name) + total(gains)

    def objective(self, solution: Solution) -> float:
        packed = set(values.recognised(solution, list(self.items)))
        alone = (exact(self.items[name].value) for name in packed)
        pairs = (exact(value) for pair, value in self.pairs.items() if packed.issuperset(pair))
        return float(total(alone) + total(pairs))

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        header = super()._structure(found)
        for (a, b), value in self.pairs.items():
            found.group(("pair", a, b), values.to_json_number(value), ((a, "in"), (b, "in")))
        return header

    def prompt_details(self) -> str:
        pairs = ", ".join(f"{a} and {b} (value {value})" for (a, b), value in self.pairs.items())
        return f"{super().prompt_details()}, and the pairs {pairs}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        plain = Knapsack.sample(rng, max_qubits)
        while len(plain.items) < 2:
            plain = Knapsack.sample(rng, max_qubits)
        every = list(combinations(plain.items, 2))
        chosen = sampling.subset(rng, every, sampling.integer(rng, 1, len(every)))
        pairs = {pair: sampling.integer(rng, -5, 15) for pair in chosen}
        return cls(list(plain.items.values()), plain.capacity, pairs)
