"""Number partitioning: two groups of numbers with sums as equal as possible.

Variables: names of the numbers. Cost: (Σ_i a_i (2x_i - 1))², the squared difference of the sums;
exact, since every assignment is a partition. Both orders of the groups are ground states.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Self

import numpy as np

from quasar.core.exact import Exact, FloatVector, exact, total
from quasar.core.labels import Label, from_json, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, Values
from quasar.problems.overlay import label_text
from quasar.problems.stacks import SolutionStacks, Stack
from quasar.problems.structure import Structure

_EXAMPLE = '{"numbers": [4, 5, 6, 7]}'


class NumberPartitioning(Problem):
    """Solution: [[names of one group], [names of the other]]. Objective: difference of the sums.

    Attribute `numbers`: a list, whose numbers are named by their positions from 0, or an object
    from name to number.
    """

    problem_type = "number_partitioning"
    title = "Split the numbers into two groups with sums as equal as possible"
    sense = "min"
    qubits = "one per number"
    answer = "two lists of names, one for each group"
    goal = "difference of the two sums"
    reads = Reads(
        fields=(),
        attributes={"numbers": "list of numbers, or object from name to number"},
    )

    def __init__(self, numbers: Mapping[Label, values.Number]) -> None:
        self.numbers = dict(numbers)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        raw = values.required(graphs.attributes_of(data), "numbers", _EXAMPLE)
        named = values.by_name(raw, "'numbers'", "number", _EXAMPLE)
        what = "number {!r}" if isinstance(raw, Mapping) else "number {} of 'numbers'"
        return cls({name: values.number(a, what.format(name)) for name, a in named.items()})

    def to_data(self) -> dict[str, Any]:
        plain = {name: values.to_json_number(a) for name, a in self.numbers.items()}
        attributes = {"numbers": values.as_stated(plain)}
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(self.numbers)

    def formulation(self) -> Formulation:
        return Formulation(self._difference().square())

    def native(self) -> NativeModel:
        """The difference as an integer, in units of which all numbers are multiples."""
        parts = {k: Fraction(exact(a)) for k, a in self.numbers.items()}
        unit = Fraction(1, math.lcm(*(a.denominator for a in parts.values())))
        whole = {k: int(a / unit) for k, a in parts.items()}
        far = sum(map(abs, whole.values()))
        signed: dict[Label, Exact] = {("first", k): 2 * a for k, a in whole.items()}
        everything = sum(whole.values())
        gap: Label = ("difference",)
        rows = [
            LinearRow({gap: 1, **signed}, low=everything),
            LinearRow({gap: 1, **{k: -a for k, a in signed.items()}}, low=-everything),
        ]
        return NativeModel(list(signed), Polynomial.linear({gap: unit}), rows, {gap: (0, far)})

    def from_native(self, values: Values) -> Solution:
        return self.decode({k: values[("first", k)] for k in self.numbers}, "exact")

    def objectives(self, costs: FloatVector, variables: Sequence[Label]) -> FloatVector:
        return np.abs(self._difference().values(variables).floats())

    def _difference(self) -> Polynomial:
        """The first group's sum less the other's."""
        numbers = {k: exact(a) for k, a in self.numbers.items()}
        return Polynomial.linear({k: 2 * a for k, a in numbers.items()}, -total(numbers.values()))

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [[to_json(k) for k in self.numbers if assignment[k] == x] for x in (1, 0)]

    def is_feasible(self, solution: Solution) -> bool:
        if not isinstance(solution, list | tuple) or len(solution) != 2:
            return False
        if not all(isinstance(group, list | tuple) for group in solution):
            return False
        both = [*solution[0], *solution[1]]
        return values.is_subset(both, list(self.numbers)) and len(both) == len(self.numbers)

    def objective(self, solution: Solution) -> float:
        names = list(self.numbers)
        groups = solution if isinstance(solution, list | tuple) else []
        sums = [
            total(exact(self.numbers[k]) for k in values.recognised(group, names))
            for group in groups
        ]
        return abs(float(total(sums[:1]) - total(sums[1:])))

    def stacks(self, solution: Solution) -> SolutionStacks:
        """The two groups, each as high as its sum."""
        stacks = []
        for side, group in zip(("first group", "second group"), solution, strict=False):
            named = [from_json(name) for name in group]
            stacks.append(Stack(side, [(label_text(v), float(self.numbers[v])) for v in named]))
        title = f"difference {self.objective(solution):g}"
        return SolutionStacks(title, stacks, "sum")

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for name, number in self.numbers.items():
            found.element(name, values.to_json_number(number))
        return {}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        largest = sampling.choice(rng, [10, 30, 100])
        return cls({i: sampling.integer(rng, 1, largest) for i in range(n)})

    def prompt_details(self) -> str:
        return "of the numbers " + ", ".join(map(str, self.numbers.values()))
