"""Quadratic assignment: facilities to locations so that flows travel as short as possible.

Variables: (i, k), facility i is at location k; n² qubits for n facilities. Cost: Σ_ij f_ij d_kl
over the locations k of i and l of j (Koopmans and Beckmann, Econometrica 25, 53 (1957)). Each two
facilities i < j, and each i alone, contribute one entry Q_ik,jl = f_ij d_kl + f_ji d_lk, or
f_ii d_kk, to every assignment; so with q = Q less the smallest of these entries, and U the sum of q
in some assignment:

    A Σ_i (1 - Σ_k x_ik)² + A Σ_k (1 - Σ_i x_ik)² + Σ q_ik,jl x_ik x_jl,  A above U/2

Exact, for numbers of any sign: the best assignment costs at most U, whereas a broken one-hot breaks
at least two squares (rows and columns hold the same number of ones) and so costs more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import combinations, permutations
from typing import Any, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, exact, total
from quasar.core.labels import Label, to_json
from quasar.core.polynomial import Monomial, Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution, selected
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, exactly
from quasar.problems.overlay import LegendEntry, SolutionOverlay, label_text
from quasar.problems.structure import Structure

_FLOWS = '{"flows": [[0, 3], [3, 0]], "distances": [[0, 2], [2, 0]]}'

MAX_FACILITIES = 20
"""Most facilities encoded: they have 72,000 terms."""


class QuadraticAssignment(Problem):
    """Solution: list of [facility, location]. Objective: Σ flow times distance.

    Attributes: the square matrices `flows` (from row to column) and `distances`; names in
    `facilities` and `locations`, default their positions from 0.
    """

    problem_type = "quadratic_assignment"
    title = "Assign facilities to locations so that flows times distances sum to the least"
    sense = "min"
    qubits = "n squared for n facilities"
    answer = "list of [facility, location]"
    goal = "sum of flow times distance"
    reads = Reads(
        fields=(),
        attributes={
            "flows": "square matrix, the flow from each facility to each",
            "distances": "square matrix of the same size, from each location to each",
            "facilities": "names of the facilities; default 0, 1, ...",
            "locations": "names of the locations; default 0, 1, ...",
        },
    )
    spelling = "(?:quadratic_assignment|qap)"

    def __init__(
        self,
        flows: Sequence[Sequence[values.Number]],
        distances: Sequence[Sequence[values.Number]],
        facilities: Sequence[Label] | None = None,
        locations: Sequence[Label] | None = None,
    ) -> None:
        self.flows = [list(row) for row in flows]
        self.distances = [list(row) for row in distances]
        size = range(len(self.flows))
        self.facilities = list(size if facilities is None else facilities)
        self.locations = list(size if locations is None else locations)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        flows, distances = (
            _matrix(values.required(attributes, name, _FLOWS), name)
            for name in ("flows", "distances")
        )
        if len(flows) != len(distances):
            raise ProblemError(
                f"there are {len(flows)} facilities but {len(distances)} locations: make 'flows' "
                "and 'distances' the same size, with flows of 0 for places left empty."
            )
        if len(flows) > MAX_FACILITIES:
            raise ProblemError(
                f"there are {len(flows)} facilities: at most {MAX_FACILITIES} can be encoded."
            )
        names: list[Sequence[Label] | None] = []
        for key in ("facilities", "locations"):
            raw = attributes.get(key)
            if raw is None:
                names.append(None)
                continue
            listed = values.listed(raw, f"{key!r}", '["A", "B"]')
            if len(listed) != len(flows):
                raise ProblemError(f"{key!r} has {len(listed)} names for {len(flows)}.")
            noun = "facility" if key == "facilities" else "location"
            names.append(values.distinct((values.name(n, f"a {noun}") for n in listed), noun))
        return cls(flows, distances, *names)

    def to_data(self) -> dict[str, Any]:
        attributes: dict[str, Any] = {
            "flows": [list(map(values.to_json_number, row)) for row in self.flows],
            "distances": [list(map(values.to_json_number, row)) for row in self.distances],
        }
        for key, names in (("facilities", self.facilities), ("locations", self.locations)):
            if names != list(range(len(self.flows))):
                attributes[key] = to_json(names)
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [(i, k) for i in self.facilities for k in self.locations]

    def least_qubits(self) -> int:
        return len(self.flows) ** 2

    def formulation(self) -> Formulation:
        n = range(len(self.flows))
        f = [[exact(x) for x in row] for row in self.flows]
        d = [[exact(x) for x in row] for row in self.distances]
        groups = [{((i, k),): f[i][i] * d[k][k] for k in n} for i in n]
        for i, j in combinations(n, 2):
            both = {
                ((i, k), (j, m)): f[i][j] * d[k][m] + f[j][i] * d[m][k]
                for k, m in permutations(n, 2)
            }
            groups.append(both)  # type: ignore[arg-type]
        cost: dict[Monomial, Exact] = {frozenset(): total(min(g.values()) for g in groups)}
        reduced: dict[tuple[tuple[int, int], ...], Exact] = {}
        for group in groups:
            least = min(group.values())
            reduced.update({places: value - least for places, value in group.items()})
        for places, value in reduced.items():
            names = frozenset((self.facilities[i], self.locations[k]) for i, k in places)
            cost[names] = value
        bound = min(
            total(
                value
                for places, value in reduced.items()
                if all((i + shift - k) % len(n) == 0 for i, k in places)
            )
            for shift in n
        )
        penalty = penalties.above(Fraction(bound) / 2)
        rows = [[(i, k) for k in self.locations] for i in self.facilities]
        columns = [[(i, k) for i in self.facilities] for k in self.locations]
        split = Constraint.of_parts(penalties.one_in_each([*rows, *columns]))
        why = "a tenth more than half the cost of some assignment, the least of each pair taken off"
        own = Penalties(split.polynomial * penalty, penalty, why)
        return Formulation(Polynomial(cost), [split], own)

    def native(self) -> NativeModel:
        rows = [exactly([(i, k) for k in self.locations], 1) for i in self.facilities]
        rows += [exactly([(i, k) for i in self.facilities], 1) for k in self.locations]
        return NativeModel(self.variables("exact"), self.formulation().cost, rows)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        return [to_json(pair) for pair in selected(assignment, self.variables(encoding))]

    def is_feasible(self, solution: Solution) -> bool:
        rows = graphs.rows_from_json(solution)
        return (
            sorted((self.facilities.index(i) for i, _ in rows))
            == sorted(self.locations.index(k) for _, k in rows)
            == list(range(len(self.flows)))
        )

    def objective(self, solution: Solution) -> float:
        rows = [
            (self.facilities.index(i), self.locations.index(k))
            for i, k in graphs.rows_from_json(solution)
        ]
        return float(
            total(
                exact(self.flows[i][j]) * exact(self.distances[k][m])
                for i, k in rows
                for j, m in rows
            )
        )

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        graph = nx.Graph()
        graph.add_nodes_from(("facility", i) for i in self.facilities)
        graph.add_nodes_from(("location", k) for k in self.locations)
        chosen: set[tuple[Label, Label]] = {
            (("facility", i), ("location", k)) for i, k in graphs.rows_from_json(solution)
        }
        graph.add_edges_from(sorted(chosen, key=str))
        return SolutionOverlay(
            graph,
            f"Assignment of cost {self.objective(solution):g}",
            groups={node: int(node[0] == "location") for node in graph},
            strong=chosen,
            wrong_nodes={node for node in graph if graph.degree[node] != 1},
            names={node: label_text(node[1]) for node in graph},
            legend=[LegendEntry("facility", 0), LegendEntry("location", 1)],
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        for kind, matrix in (("flow", self.flows), ("distance", self.distances)):
            n = range(len(matrix))
            for i in n:
                found.element((kind, i), kind, float(matrix[i][i]))
            for i, j in permutations(n, 2):
                if matrix[i][j]:
                    ends = (((kind, i), "from"), ((kind, j), "to"))
                    found.group((kind, i, j), float(matrix[i][j]), ends)
        return {}

    def prompt_details(self) -> str:
        plain = list(range(len(self.flows)))
        who = ", ".join(map(label_text, self.facilities))
        of = "" if self.facilities == plain else f" of {who}"
        places = ", ".join(map(label_text, self.locations))
        between = "" if self.locations == plain else f" between {places}"
        flows, distances = _text(self.flows), _text(self.distances)
        return f"with the flows {flows}{of} and the distances {distances}{between}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 4)
        n = sampling.integer(rng, 2, min(4, int(np.sqrt(max_qubits))))
        return cls(_random_matrix(rng, n), _random_matrix(rng, n))


def _matrix(raw: Any, name: str) -> list[list[values.Number]]:
    rows = [
        values.listed(row, f"a row of {name!r}", "[0, 3]")
        for row in values.listed(raw, f"{name!r}", "[[0, 3], [3, 0]]")
    ]
    if any(len(row) != len(rows) for row in rows):
        raise ProblemError(f"{name!r} must be a square matrix: {len(rows)} rows of {len(rows)}.")
    return [[values.number(x, f"an entry of {name!r}") for x in row] for row in rows]


def _random_matrix(rng: np.random.Generator, n: int) -> list[list[values.Number]]:
    """Entries of 0 to 9 beside a diagonal of 0, in every second matrix symmetric."""
    symmetric = rng.random() < 0.5
    rows = [[sampling.integer(rng, 0, 9) * (i != j) for j in range(n)] for i in range(n)]
    if symmetric:
        rows = [[rows[min(i, j)][max(i, j)] for j in range(n)] for i in range(n)]
    return [list(row) for row in rows]


def _text(matrix: Sequence[Sequence[values.Number]]) -> str:
    return "; ".join(" ".join(map(str, row)) for row in matrix)
