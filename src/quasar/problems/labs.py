"""Low-autocorrelation binary sequences: signs that differ from their shifted copies.

For N signs s_i the autocorrelation at lag k = 1..N-1 is C_k = Σ_i s_i s_{i+k}, and the energy is
Σ_k C_k² (Golay, IEEE Trans. Inf. Theory 23, 43 (1977); Bernasconi, J. Physique 48, 559 (1987)),
or Σ_k w_k C_k² with a weight for each lag. Variables: positions 0..N-1, s = 2x - 1; N qubits, terms
up to fourth order and none to enforce: every assignment is a sequence, so this is exact for any
weights. The form of the literature is kept, with its symmetries (negation, reversal, alternation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, exactly
from quasar.problems.overlay import LegendEntry, SolutionOverlay
from quasar.problems.structure import Structure

MAX_LENGTH = 100
"""Longest sequence encoded: it has 164,000 terms."""


class LowAutocorrelation(Problem):
    """Solution: list of the signs, 1 or -1. Objective: the energy."""

    problem_type = "labs"
    title = "Find the binary sequence of a given length with the lowest autocorrelation"
    sense = "min"
    qubits = "one per sign"
    answer = "list of the signs, 1 or -1"
    goal = "energy: the sum of the squared autocorrelations"
    reads = Reads(
        fields=(),
        attributes={
            "length": "number of signs, at least 3",
            "weights": "a number for each lag from 1 to length - 1; default 1",
        },
    )
    spelling = "(?:labs|low_autocorrelation_binary_sequence)"

    def __init__(self, length: int, weights: Sequence[values.Number] | None = None) -> None:
        if length > MAX_LENGTH:
            raise ProblemError(f"'length' is {length}: at most {MAX_LENGTH} can be encoded.")
        self.length = length
        self.weights = None if weights is None else list(weights)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        length = values.whole(values.required(attributes, "length", '{"length": 7}'), "'length'", 3)
        raw = attributes.get("weights")
        if raw is None:
            return cls(length)
        weights = values.listed(raw, "'weights'", "[1, 1, 2]")
        if len(weights) != length - 1:
            raise ProblemError(
                f"there are {length - 1} lags but {len(weights)} weights: give each lag one."
            )
        numbers = enumerate(weights, start=1)
        return cls(length, [values.number(w, f"the weight of lag {k}") for k, w in numbers])

    def to_data(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {"length": self.length}
        if self.weights is not None:
            attributes["weights"] = list(map(values.to_json_number, self.weights))
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    @property
    def is_plain(self) -> bool:
        """Whether all lags count the same, as in the literature."""
        return all(weight == 1 for _, weight in self._lags())

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return range(self.length)

    def least_qubits(self) -> int:
        return self.length

    def formulation(self) -> Formulation:
        spins: dict[frozenset[Label], Exact] = {}
        for k, weight in self._lags():
            pairs = [{i, i + k} for i in range(self.length - k)]
            for one in pairs:
                for other in pairs:
                    product = frozenset[Label](one ^ other)  # squares of signs are 1
                    spins[product] = spins.get(product, 0) + weight
        return Formulation(Polynomial.of_spins(spins.items()))

    def native(self) -> NativeModel:
        """Whether each two signs differ, and which value each autocorrelation has."""
        differ: list[Label] = []
        rows: list[LinearRow] = []
        cost: dict[Label, Exact] = {}
        for k, weight in self._lags():
            pairs = self.length - k
            correlation: dict[Label, Exact] = {}
            for i in range(pairs):
                label: Label = ("differ", i, k)
                differ.append(label)
                correlation[label] = 2
                for sign in (1, -1):
                    rows.append(LinearRow({label: 1, i: sign, i + k: -sign}, low=0))
                    rows.append(LinearRow({label: 1, i: sign, i + k: sign}, high=1 + sign))
            values: dict[Label, Exact] = {("lag", k, c): c for c in range(-pairs, pairs + 1, 2)}
            rows.append(exactly(values, 1))
            rows.append(LinearRow({**correlation, **values}, pairs, pairs))
            cost.update({label: weight * c**2 for label, c in values.items()})
        return NativeModel([*range(self.length), *differ, *cost], Polynomial.linear(cost), rows)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [1 if assignment[i] else -1 for i in range(self.length)]

    def is_feasible(self, solution: Solution) -> bool:
        return (
            isinstance(solution, list | tuple)
            and len(solution) == self.length
            and all(sign in (1, -1) for sign in solution)
        )

    def objective(self, solution: Solution) -> float:
        signs = np.array(solution)
        correlations = ((w, int(signs[:-k] @ signs[k:])) for k, w in self._lags())
        return float(total(weight * c**2 for weight, c in correlations))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        energy = self.objective(solution)
        plain = self.weights is None and energy
        merit = f", merit factor {self.length**2 / (2 * energy):.3g}" if plain else ""
        return SolutionOverlay(
            nx.path_graph(self.length),
            f"Sequence of energy {energy:g}{merit}",
            groups={i: 0 if sign == 1 else 1 for i, sign in enumerate(solution)},
            legend=[LegendEntry("+1", 0), LegendEntry("-1", 1)],
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        return {"length": self.length, "weights": [float(weight) for _, weight in self._lags()]}

    def prompt_details(self) -> str:
        weights = ", ".join(map(str, self.weights or []))
        return f"of length {self.length}" + (f" with the lag weights {weights}" if weights else "")

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        length = sampling.integer(rng, 3, min(16, max_qubits))
        if rng.random() < 0.5:
            return cls(length)
        return cls(length, [sampling.integer(rng, 0, 4) for _ in range(length - 1)])

    def _lags(self) -> list[tuple[int, Exact]]:
        """The lags, each with its weight."""
        weights = self.weights or [1] * (self.length - 1)
        return [(k, exact(weight)) for k, weight in enumerate(weights, start=1)]
