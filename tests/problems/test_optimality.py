"""What is optimal: exact arithmetic against enumeration, whatever the scale of the input."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, Problem, encode
from quasar.problems.load import load_problem
from quasar.problems.registry import PROBLEMS, problem_class
from support.cases import cases

SCALES = (1, 10**3, 10**6, 10**9)
SENTINEL = 10**14
"""Much larger than all else, yet sums of a few stay exact in the objectives' float64."""


def scaled(data: dict[str, Any], factor: int, sentinel: bool) -> dict[str, Any]:
    """A problem file whose weights are multiplied, and one of them made a sentinel."""
    data = json.loads(json.dumps(data))
    attributes = data.get("problem_specific_attributes") or {}
    holders: list[tuple[Any, Any]] = []
    graph = data.get("graph") or {}
    key = "capacity" if data["problem_type"] == "min_cut" else "weight"
    if data["problem_type"] in {"vertex_cover", "max_independent_set"}:
        holders += [(node, "weight") for node in graph["nodes"]]
    elif data["problem_type"] in WEIGHTED_EDGES:
        holders += [(edge, key) for edge in graph["edges"]]
    elif data["problem_type"] == "hypermaxcut":
        graph["hyperedges"] = [{"nodes": edge} for edge in graph["hyperedges"]]
        holders += [(edge, "weight") for edge in graph["hyperedges"]]
    elif data["problem_type"] == "knapsack":
        holders += [(item, "value") for item in attributes["items"]]
    elif data["problem_type"] == "number_partitioning":
        holders += [(attributes["numbers"], i) for i in range(len(attributes["numbers"]))]
    elif data["problem_type"] == "max_3sat":
        attributes["weights"] = [1] * len(attributes["clauses"])
        holders += [(attributes["weights"], i) for i in range(len(attributes["clauses"]))]
    elif data["problem_type"] == "portfolio":
        attributes["risk_aversion"] = 1
        attributes["expected_returns"] = [round(100 * r) for r in attributes["expected_returns"]]
        attributes["covariance"] = [[round(100 * c) for c in r] for r in attributes["covariance"]]
        n = len(attributes["covariance"])
        for i, j in itertools.combinations_with_replacement(range(n), 2):
            c = attributes["covariance"][i][j] * factor
            attributes["covariance"][i][j] = attributes["covariance"][j][i] = c
        holders += [(attributes["expected_returns"], i) for i in range(n)]
    elif data["problem_type"] in {"qubo", "hubo"}:
        entries = data[data["problem_type"]]
        for entry in entries:
            entry[1] = round(100 * entry[1])
        holders += [(entry, 1) for entry in entries]
    elif data["problem_type"] == "ising":
        data["hamiltonian"] = " + ".join(
            f"{round(100 * float(term.split(' * ')[0])) * factor} * {term.split(' * ')[1]}"
            for term in data["hamiltonian"].split(" + ")
            if " * " in term
        )
    for number, (holder, name) in enumerate(holders):
        given = holder.get(name, number % 5 + 1) if isinstance(holder, dict) else holder[name]
        holder[name] = round(given) * factor
    if sentinel and holders:
        holder, name = holders[len(holders) // 2]
        holder[name] = SENTINEL
    return data


WEIGHTED_EDGES = {"maxcut", "tsp", "matching", "hamiltonian_path", "min_cut", "edge_cover"}
WEIGHTED = sorted(
    WEIGHTED_EDGES
    | {"vertex_cover", "max_independent_set", "hypermaxcut", "knapsack", "number_partitioning"}
    | {"max_3sat", "portfolio", "qubo", "hubo", "ising"}
)


def enumerated(encoded: EncodedProblem) -> tuple[list[int], list[int]]:
    """Feasible states, and those of best rank, by decoding all of them."""
    assert encoded.problem is not None
    ranks: dict[tuple[float, ...], list[int]] = {}
    feasible = []
    for state in range(1 << encoded.n_qubits):
        decoded = encoded.decode(state)
        assert decoded is not None
        if decoded.feasible:
            feasible.append(state)
            rank = encoded.problem.rank(decoded.solution)
            assert all(abs(value) < 2**53 and value == int(value) for value in rank)
            ranks.setdefault(rank, []).append(state)
    return feasible, ranks[min(ranks)] if ranks else []


@pytest.mark.parametrize("sentinel", [False, True], ids=["scaled", "sentinel"])
@pytest.mark.parametrize("factor", SCALES)
@pytest.mark.parametrize("problem_type", WEIGHTED)
def test_optimal_states_are_the_enumerated_ones(
    problem_type: str, factor: int, sentinel: bool
) -> None:
    for seed in range(2):
        problem = problem_class(problem_type).sample(generator(seed, "scales"), 9)
        encoded = load_problem(scaled(problem.to_data(), factor, sentinel))
        feasible, best = enumerated(encoded)
        optimality = encoded.optimality
        assert optimality.states().tolist() == best
        assert optimality.n_feasible == len(feasible)
        assert optimality.is_exact
        assert set(np.flatnonzero(encoded.hamiltonian.ground).tolist()) <= set(best)


UNWEIGHTED = sorted(set(PROBLEMS) - set(WEIGHTED))


@pytest.mark.parametrize("problem_type", UNWEIGHTED)
def test_unweighted_types(problem_type: str) -> None:
    for seed in range(3):
        problem = problem_class(problem_type).sample(generator(seed, "scales"), 9)
        for encoding in problem.encodings:
            encoded = encode(problem, encoding)
            ranks: dict[tuple[float, ...], list[int]] = {}
            for state in range(1 << encoded.n_qubits):
                decoded = encoded.decode(state)
                assert decoded is not None
                feasible = encoded.optimality.feasible
                assert (feasible is None or bool(feasible[state])) == decoded.feasible
                if decoded.feasible:
                    rank = tuple(round(x, 9) for x in problem.rank(decoded.solution))
                    ranks.setdefault(rank, []).append(state)
            assert np.flatnonzero(encoded.optimality.best).tolist() == ranks[min(ranks)]
            if encoding == "exact":
                assert encoded.optimality.is_exact


@pytest.mark.parametrize("factor", SCALES)
def test_number_partitioning_against_cp_sat(factor: int) -> None:
    rng = generator(factor, "cp-sat")
    numbers = [int(a) * factor + int(rng.integers(3)) for a in rng.integers(1, 9_999_999, 9)]
    encoded = load_problem(
        {
            "problem_type": "number_partitioning",
            "problem_specific_attributes": {"numbers": numbers},
        }
    )
    model = cp_model.CpModel()
    side = [model.new_bool_var(str(i)) for i in range(len(numbers))]
    difference = model.new_int_var(0, sum(numbers), "difference")
    signed = sum(a * (2 * x - 1) for a, x in zip(numbers, side, strict=True))
    model.add(difference >= signed)
    model.add(difference >= -signed)
    model.minimize(difference)
    solver = cp_model.CpSolver()
    assert solver.solve(model) == cp_model.OPTIMAL
    for state in encoded.optimality.states().tolist():
        decoded = encoded.decode(state)
        assert decoded is not None
        assert decoded.objective == round(solver.objective_value)
    assert encoded.optimality.n_optimal >= 2


def test_a_large_capacity_hides_nothing() -> None:
    items = [
        {"weight": 1009, "value": 7},
        {"weight": 1010, "value": 5},
        {"weight": 900, "value": 6},
    ]
    encoded = load_problem(
        {
            "problem_type": "knapsack",
            "problem_specific_attributes": {"items": items, "capacity": 2000},
        }
    )
    feasible, best = enumerated(encoded)
    assert encoded.optimality.states().tolist() == best
    solutions = {json.dumps(encoded.decode(s).solution) for s in best}  # type: ignore[union-attr]
    assert solutions == {"[0, 2]"}
    assert encoded.optimality.n_feasible == len(feasible)


@given(
    st.lists(st.integers(1, 9), min_size=3, max_size=5),
    st.sampled_from([10**6, 10**9, 10**12, 10**15, 10**18]),
)
@settings(deadline=None, max_examples=cases(60))
def test_a_penalty_of_any_size_hides_no_difference(values: list[int], penalty: int) -> None:
    """Exactly one of the variables, enforced by a user's own square in a QUBO."""
    names = [f"v{i}" for i in range(len(values))]
    terms: dict[str, int] = {name: c - penalty for name, c in zip(names, values, strict=True)}
    terms |= {f"{a}*{b}": 2 * penalty for a, b in itertools.combinations(names, 2)}
    encoded = load_problem({"qubo": {**terms, "": penalty}})
    found = [encoded.decode(state).solution for state in encoded.optimality.states()]  # type: ignore[union-attr]
    assert sorted(map(sum, (s.values() for s in found))) == [1] * values.count(min(values))
    assert all(values[names.index(max(s, key=s.__getitem__))] == min(values) for s in found)


@given(st.lists(st.decimals("0.001", "9.999", places=3), min_size=2, max_size=7))
@settings(deadline=None)
def test_decimals_are_what_is_written(weights: list[Any]) -> None:
    """0.1 + 0.2 = 0.3: sums that tie on paper tie here."""
    numbers = [float(w) for w in weights] + [float(sum(weights))]
    encoded = load_problem(
        {
            "problem_type": "number_partitioning",
            "problem_specific_attributes": {"numbers": numbers},
        }
    )
    exact = [Fraction(str(a)) for a in numbers]
    n = len(exact)
    differences = [
        abs(sum(a if state >> i & 1 else -a for i, a in enumerate(exact))) for state in range(2**n)
    ]
    assert encoded.optimality.states().tolist() == [
        state for state, d in enumerate(differences) if d == 0
    ]


NO_SOLUTION: dict[str, dict[str, Any]] = {
    "an odd ring in two colours": {
        "problem_type": "graph_coloring",
        "graph": nx.node_link_data(nx.cycle_graph(5), edges="edges"),
        "problem_specific_attributes": {"number_of_colors": 2},
    },
    "four of a ring all joined": {
        "problem_type": "kclique",
        "graph": nx.node_link_data(nx.cycle_graph(6), edges="edges"),
        "problem_specific_attributes": {"k": 3},
    },
    "a tour over a bridge": {
        "problem_type": "tsp",
        "graph": nx.node_link_data(nx.path_graph(4), edges="edges"),
    },
    "a triangle and a path": {
        "problem_type": "graph_isomorphism",
        "graph": nx.node_link_data(nx.cycle_graph(3), edges="edges"),
        "problem_specific_attributes": {
            "autoisomorphic_graph": nx.node_link_data(nx.path_graph(3), edges="edges")
        },
    },
    "a path through a star": {
        "problem_type": "hamiltonian_path",
        "graph": nx.node_link_data(nx.star_graph(4), edges="edges"),
        "problem_specific_attributes": {"start_node": 1, "end_node": 2},
    },
    "pairs of an odd number": {
        "problem_type": "matching",
        "graph": nx.node_link_data(nx.cycle_graph(5), edges="edges"),
        "problem_specific_attributes": {"matching": "perfect"},
    },
    "a lonely node to cover": {
        "problem_type": "edge_cover",
        "graph": {
            "nodes": [{"id": i} for i in range(4)],
            "edges": [{"source": 0, "target": 1}, {"source": 1, "target": 2}],
        },
    },
}


@pytest.mark.parametrize("case", sorted(NO_SOLUTION))
def test_no_state_is_optimal_where_no_solution_exists(case: str) -> None:
    data = NO_SOLUTION[case]
    for encoding in problem_class(data["problem_type"]).encodings:
        encoded = load_problem(data, encoding=encoding)
        assert not any(
            decoded.feasible
            for state in range(1 << encoded.n_qubits)
            if (decoded := encoded.decode(state)) is not None
        )
        assert encoded.optimality.status == "infeasible"
        assert encoded.optimality.n_optimal == encoded.optimality.n_feasible == 0


def test_a_given_hamiltonian_is_the_problem_itself() -> None:
    problem = problem_class("hypermaxcut").sample(generator(4, "given"), 8)
    encoded = encode(problem, "agent-q")
    assert np.array_equal(encoded.optimality.optimal, encoded.hamiltonian.ground)
    _, best = enumerated(encoded)
    assert np.flatnonzero(encoded.optimality.best).tolist() == best


def test_a_penalty_that_is_too_small_fools_nobody() -> None:
    graph = nx.cycle_graph(5)
    data = {"problem_type": "vertex_cover", "graph": nx.node_link_data(graph, edges="edges")}
    right, wrong = load_problem(data), load_problem(data, penalty=0.1)
    assert np.array_equal(right.optimality.optimal, wrong.optimality.optimal)
    assert not np.array_equal(right.hamiltonian.ground, wrong.hamiltonian.ground)
    assert not wrong.optimality.optimal[wrong.hamiltonian.ground].any()


def test_pickled_problems_leave_their_vectors_behind() -> None:
    import pickle

    problem: Problem = problem_class("maxcut").sample(generator(1, "pickle"), 12)
    encoded = encode(problem)
    fresh = len(pickle.dumps(encoded))
    assert encoded.optimality.n_optimal
    assert encoded.hamiltonian.spectrum.n_ground_states
    assert len(pickle.dumps(encoded)) == fresh


@pytest.mark.parametrize(
    ("file", "solutions"),
    [
        ('{"qubo": {"a": 0.12345678901234567891, "b": 0.12345678901234567890, "a*b": -9}}', 1),
        ('{"qubo": {"a": 100000000000000000.5, "b": -100000000000000000.4, "a*b": -0.11}}', 1),
        ('{"problem_type": "number_partitioning", "problem_specific_attributes": '
         '{"numbers": [4503599627370497.3, 4503599627370497.1, 0.2]}}', 2),
    ],
)  # fmt: skip
def test_more_digits_than_a_float_holds_are_kept(tmp_path: Any, file: str, solutions: int) -> None:
    path = tmp_path / "long.json"
    path.write_text(file, encoding="utf-8")
    encoded = load_problem(path)
    assert encoded.optimality.n_optimal == solutions
    if encoded.problem is not None and encoded.problem.problem_type == "number_partitioning":
        state = int(encoded.optimality.states()[0])
        assert encoded.decode(state).objective == 0.0  # type: ignore[union-attr]


def test_a_users_hamiltonian_is_as_it_is_written() -> None:
    for text in (
        "1000000000000000.1 * Z(0) + 0.05 * Z(1)",
        "0.30000000000000004 * Z(0) + -0.3 * Z(1) + -1e-20 * Z(0)",
    ):
        encoded = load_problem({"hamiltonian": text})
        assert encoded.hamiltonian.tolerance == 0
        assert encoded.optimality.n_optimal == 1


def test_an_operators_terms_add_up_exactly() -> None:
    from qiskit.quantum_info import SparsePauliOp

    operator = SparsePauliOp.from_list([("IZ", 1e17), ("IZ", 1.0), ("IZ", -1e17), ("ZI", 0.5)])
    encoded = load_problem({"hamiltonian": operator})
    assert encoded.hamiltonian.terms == {(0,): 1.0, (1,): 0.5}
    assert encoded.optimality.states().tolist() == [3]
