"""Bin packing: items in as few bins as possible, none of them overfull.

Variables: (i, b), item i (counted from 0 in the order given) is in bin b = 1..min(i, B - 1); one
that is in none of these is in bin 0. Bins are numbered by their first items, so item 0 is in bin 0,
and B is how many bins first-fit decreasing takes, or the number allowed if that is smaller. That
takes Σ_i min(i, B - 1) qubits, and none to count bins or their contents (Lucas, Frontiers in
Physics 2, 5 (2014), section 5.2, counts the contents of a knapsack). With y_i0 = Π_b (1 - x_ib) and
y_ib = x_ib, all of them 0 or 1, and C the smallest sets of items that are too large together,

    Σ_b (1 - Π_i (1 - y_ib)) + A (Σ_i Σ_{b<c} x_ib x_ic + Σ_b Σ_C Π_{i∈C} y_ib)

where the first sum is the number of bins in use, from 1 to B. Exact: a wrong state costs at least
1 + A, with A above B - 1, and a best one at most B.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, from_json, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, Values, exactly
from quasar.problems.overlay import SolutionOverlay, counted, label_text
from quasar.problems.stacks import SolutionStacks, Stack
from quasar.problems.structure import Structure

_SIZES = '{"sizes": {"desk": 6, "lamp": 2}, "capacity": 7}'


class BinPacking(Problem):
    """Solution: list of bins, each the list of its items, in the order of the items. Objective:
    how many bins there are.

    Attributes: `sizes`, a list, whose items are named by their positions from 0, or an object from
    name to size; `capacity` of a bin; `bins`, the most that may be used (default: any number).
    Sizes and capacity are numbers of 0 or more.
    """

    problem_type = "bin_packing"
    title = "Pack items into the fewest bins of a given capacity"
    sense = "min"
    qubits = "item i (from 0) takes min(i, B - 1) for B bins"
    answer = "list of bins, each the list of its items"
    goal = "how many bins there are"
    reads = Reads(
        fields=(),
        attributes={
            "sizes": "list of sizes, or object from name to size",
            "capacity": "of each bin",
            "bins": "how many bins there are at most; default: any number",
        },
    )

    def __init__(
        self, sizes: Mapping[Label, values.Number], capacity: values.Number, bins: int | None = None
    ) -> None:
        self.sizes = dict(sizes)
        self.capacity = capacity
        self.bins = bins
        self._exact: dict[Label, Exact] = {name: exact(size) for name, size in self.sizes.items()}
        fits = self._first_fit()
        self._most = fits if bins is None else min(bins, fits)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        named = values.named(attributes, "sizes", "item", _SIZES)
        sizes = {name: _size(size, f"the size of item {name!r}") for name, size in named.items()}
        capacity = _size(values.required(attributes, "capacity", _SIZES), "'capacity'")
        return cls(sizes, capacity, values.positive_or_none(attributes, "bins"))

    def to_data(self) -> dict[str, Any]:
        plain = {name: values.to_json_number(size) for name, size in self.sizes.items()}
        attributes: dict[str, Any] = {
            "sizes": values.as_stated(plain),
            "capacity": values.to_json_number(self.capacity),
        }
        if self.bins is not None:
            attributes["bins"] = self.bins
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def _first_fit(self) -> int:
        """How many bins first-fit decreasing takes; items too large have one each."""
        room: list[Exact] = []
        for size in sorted(self._exact.values(), reverse=True):
            place = next((b for b, left in enumerate(room) if left >= size), len(room))
            if place == len(room):
                room.append(exact(self.capacity))
            room[place] -= size
        return len(room)

    def _bits(self, position: int) -> list[Label]:
        return [(position, b) for b in range(1, min(position, self._most - 1) + 1)]

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [bit for i in range(len(self.sizes)) for bit in self._bits(i)]

    def formulation(self) -> Formulation:
        """Cost, constraints and penalties.

        Raises:
            ProblemError: too many items, or a set of items that is too large together takes too
                many variables.
        """
        if len(self.sizes) > penalties.MAX_FACTORS:
            raise ProblemError(
                f"there are {len(self.sizes)} items: at most {penalties.MAX_FACTORS} can be "
                "encoded; `quasar solve` takes more."
            )
        n = range(len(self.sizes))
        used, wrong = Polynomial.constant(1), Polynomial()
        for b in range(1, self._most):
            used += 1 - penalties.none_of([(i, b) for i in n[b:]], "a bin")
        for i in n:
            wrong.accumulate(penalties.products(combinations(self._bits(i), 2)))
        for together in self._too_large():
            in_first = [bit for i in together for bit in self._bits(i)]
            wrong.accumulate(penalties.none_of(in_first, f"a bin of {len(together)} items"))
            for b in range(1, min(self._most - 1, together[0]) + 1):
                wrong.accumulate(Polynomial({frozenset((i, b) for i in together): 1}))
        penalty = penalties.above(self._most - 1)
        why = "a tenth more than the bins that can be saved"
        own = Penalties(wrong * penalty, penalty, why)
        return Formulation(used, [Constraint(wrong)], own)

    def native(self) -> NativeModel:
        """Whether each item is in each bin, and whether each bin is used, those first used first.

        As in the Hamiltonian item i is in one of the bins 0..i, which loses no packing.
        """
        sizes = list(self._exact.values())
        places = {i: range(min(i + 1, self._most)) for i in range(len(sizes))}
        rows = [exactly([(i, b) for b in places[i]], 1) for i in places]
        used: list[Label] = [("used", b) for b in range(self._most)]
        for b, label in enumerate(used):
            inside: dict[Label, Exact] = {(i, b): sizes[i] for i in places if b in places[i]}
            rows.append(LinearRow({**inside, label: -exact(self.capacity)}, high=0))
            rows += [LinearRow({(i, b): 1, label: -1}, high=0) for i in places if b in places[i]]
            if b:
                rows.append(LinearRow({label: 1, used[b - 1]: -1}, high=0))
        variables = [*((i, b) for i in places for b in places[i]), *used]
        return NativeModel(variables, Polynomial.linear(dict.fromkeys(used, 1)), rows)

    def native_size(self) -> int:
        return len(self.sizes)

    def from_native(self, values: Values) -> Solution:
        names = list(self.sizes)
        bins = [
            [names[i] for i in range(len(names)) if values.get((i, b))] for b in range(self._most)
        ]
        return [[to_json(name) for name in items] for items in bins if items]

    def _too_large(self) -> list[tuple[int, ...]]:
        """The sets of items, by position, that exceed a bin while no smaller part does."""
        sizes = list(self._exact.values())
        capacity = exact(self.capacity)
        found: list[tuple[int, ...]] = []
        for count in range(1, len(sizes) + 1):
            for items in combinations(range(len(sizes)), count):
                together = total(sizes[i] for i in items)
                if together > capacity >= together - min(sizes[i] for i in items):
                    found.append(items)
        return found

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        bins: list[list[Any]] = [[] for _ in range(self._most)]
        for i, name in enumerate(self.sizes):
            chosen = [b for b, bit in enumerate(self._bits(i), start=1) if assignment[bit]]
            for b in chosen or [0]:
                bins[b].append((i, name))
        return [[to_json(name) for _, name in items] for items in sorted(filter(None, bins))]

    def is_feasible(self, solution: Solution) -> bool:
        names = [from_json(name) for items in solution for name in items]
        whole = len(names) == len(self.sizes) and set(names) == set(self.sizes)
        few = self.bins is None or len(solution) <= self.bins
        return whole and few and not any(map(self._is_overfull, solution))

    def _is_overfull(self, items: Sequence[Any]) -> bool:
        return bool(total(self._exact[from_json(name)] for name in items) > exact(self.capacity))

    def objective(self, solution: Solution) -> float:
        return float(len(solution))

    def stacks(self, solution: Solution) -> SolutionStacks:
        """The bins with their items."""
        stacks = []
        for number, items in enumerate(solution, start=1):
            named = [from_json(name) for name in items]
            parts = [(label_text(name), float(self._exact[name])) for name in named]
            stacks.append(Stack(f"bin {number}", parts, self._is_overfull(items)))
        wrong = "" if self.is_feasible(solution) else " (infeasible)"
        title = f"{counted(len(solution), 'bin')}{wrong}"
        return SolutionStacks(title, stacks, "size", float(self.capacity))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """The items, joined to those in the same bin."""
        graph = nx.Graph()
        graph.add_nodes_from(("item", name) for name in self.sizes)
        bins: list[list[Label]] = [
            [("item", from_json(name)) for name in items] for items in solution
        ]
        joined = {(u, v) for items in bins for u, v in combinations(items, 2)}
        graph.add_edges_from(sorted(joined, key=str))
        overfull = map(self._is_overfull, solution)
        full = {item for items, too in zip(bins, overfull, strict=True) if too for item in items}
        packed = [item for items in bins for item in items]
        return SolutionOverlay(
            graph,
            f"Packing in {counted(len(bins), 'bin')}",
            groups={item: b for b, items in enumerate(bins) for item in items},
            strong=joined,
            wrong_nodes={node for node in graph if node in full or packed.count(node) != 1},
            names={node: label_text(node[1]) for node in graph},
            notes={("item", name): f"size {float(s):g}" for name, s in self.sizes.items()},
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for name, size in self.sizes.items():
            found.element(name, float(size))
        return {"capacity": float(self.capacity), "bins": self.bins}

    def prompt_details(self) -> str:
        items = ", ".join(f"{label_text(name)} (size {size})" for name, size in self.sizes.items())
        most = "" if self.bins is None else f", at most {self.bins} of them,"
        return f"with bins of capacity {self.capacity}{most} and items {items}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 1)
        for _ in range(100):
            n = sampling.integer(rng, 2, min(8, 2 + max_qubits))
            capacity = sampling.integer(rng, 8, 14)
            sizes = [sampling.integer(rng, 2, capacity - 2) for _ in range(n)]
            problem = cls(dict(enumerate(sizes)), capacity)
            if 1 <= len(problem.variables("exact")) <= max_qubits:
                return problem
        return cls({0: sampling.integer(rng, 6, 9), 1: sampling.integer(rng, 6, 9)}, 10)


def _size(raw: Any, what: str) -> values.Number:
    size = values.number(raw, what)
    if size < 0:
        raise ProblemError(f"{what} is {raw!r}: it must be 0 or more.")
    return size
