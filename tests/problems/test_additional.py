"""The problem types beyond the benchmark's twelve: hard cases, JSON forms, and bad input.

That random instances are encoded exactly is shown by the contract test over the registry; here
are the cases that its samplers do not reach.
"""

from __future__ import annotations

import itertools
import json
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp

from problems.solvers import canonical
from problems.solvers_more import MORE_SOLVERS
from quasar.core.errors import ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import sort_labels
from quasar.core.seeds import generator
from quasar.problems.base import Problem, encode
from quasar.problems.knapsack import Item, Knapsack
from quasar.problems.max_3sat import MaxThreeSat
from quasar.problems.number_partitioning import NumberPartitioning
from quasar.problems.portfolio import Portfolio
from quasar.problems.registry import problem_class
from quasar.problems.tsp import TravelingSalesperson

SMALLEST = {"tsp": 4, "knapsack": 3}
quick = settings(deadline=None, max_examples=40)


def build(problem_type: str, **data: Any) -> Problem:
    return problem_class(problem_type).from_data(data)


def with_attributes(problem_type: str, **attributes: Any) -> Problem:
    return build(problem_type, problem_specific_attributes=attributes)


def on_graph(problem_type: str, edges: list[tuple[Any, ...]], nodes: Any = None) -> Problem:
    names = nodes or sort_labels({v for edge in edges for v in edge[:2]})
    rows = [{"source": u, "target": v, **({"weight": w[0]} if w else {})} for u, v, *w in edges]
    return build(problem_type, graph={"nodes": [{"id": v} for v in names], "edges": rows})


def optima(problem: Problem) -> set[Any]:
    encoded = encode(problem)
    states = [encoded.decode(int(k)) for k in encoded.hamiltonian.spectrum.ground_states]
    assert all(state.feasible for state in states)
    return {canonical(state.solution) for state in states}


def assert_exact(problem: Problem) -> None:
    assert optima(problem) == MORE_SOLVERS[problem.problem_type](problem)


def same_after_json(problem: Problem) -> bool:
    return type(problem).from_data(json.loads(json.dumps(problem.to_data()))) == problem


# ---- every type


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
def test_largest_samples_are_exact(problem_type: str) -> None:
    for seed in range(8):
        assert_exact(problem_class(problem_type).sample(generator(seed, "large"), 16))


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
def test_samples_vary_in_size_repeat_by_seed_and_survive_json(problem_type: str) -> None:
    cls = problem_class(problem_type)
    sizes = set()
    for seed in range(60):
        problem = cls.sample(generator(seed), 16)
        assert problem == cls.sample(generator(seed), 16)
        assert same_after_json(problem)
        sizes.add(encode(problem).n_qubits)
        assert isinstance(problem.prompt_details(), str)
    assert min(sizes) >= 2
    assert max(sizes) >= 15
    assert len(sizes) >= (3 if problem_type == "tsp" else 10)


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
def test_the_qubit_limit_holds_down_to_the_smallest_instance(problem_type: str) -> None:
    cls = problem_class(problem_type)
    smallest = SMALLEST.get(problem_type, 2)
    for limit, seed in itertools.product((smallest, smallest + 1, 8), range(10)):
        assert encode(cls.sample(generator(seed), max(limit, smallest))).n_qubits <= limit
    with pytest.raises(ProblemError, match=f"at least {smallest}"):
        cls.sample(generator(0), smallest - 1)


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
def test_every_state_decodes_to_json_with_a_finite_objective(problem_type: str) -> None:
    encoded = encode(problem_class(problem_type).sample(generator(3, "all states"), 9))
    spectrum = encoded.hamiltonian.spectrum
    for index, energy in enumerate(encoded.hamiltonian.diagonal):
        state = encoded.decode(index)
        assert json.loads(json.dumps(state.solution)) == state.solution
        assert np.isfinite(state.objective)
        if not state.feasible:
            assert energy > spectrum.e_min


# the energy, constant included, of a feasible state with best slack, from its objective
COST = {
    "maxcut": lambda p, value: -value,
    "max_independent_set": lambda p, value: -value,
    "tsp": lambda p, value: value,
    "number_partitioning": lambda p, value: value**2,
    "knapsack": lambda p, value: -value,
    "portfolio": lambda p, value: value,
    "max_3sat": lambda p, value: len(p.clauses) - value,
    "qubo": lambda p, value: value,
    "hubo": lambda p, value: value,
    "ising": lambda p, value: value,
}


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
def test_energy_of_feasible_states_is_the_objective(problem_type: str) -> None:
    for seed in range(5):
        problem = problem_class(problem_type).sample(generator(seed, "energy"), 9)
        encoded = encode(problem)
        lowest: dict[Any, tuple[float, float]] = {}
        for index, energy in enumerate(encoded.hamiltonian.diagonal):
            state = encoded.decode(index)
            if state.feasible:
                total = float(energy) + encoded.hamiltonian.constant
                key = canonical(state.solution)
                lowest[key] = min(lowest.get(key, (np.inf, 0.0)), (total, state.objective))
        for total, value in lowest.values():
            assert total == pytest.approx(COST[problem_type](problem, value), abs=1e-8)


@pytest.mark.parametrize("problem_type", sorted(MORE_SOLVERS))
@pytest.mark.parametrize("junk", [None, 3, "ab", {}, [[]], [None, None], [{"a": 1}], [["a"], 1, 2]])
def test_junk_solutions_are_infeasible_with_a_finite_objective(
    problem_type: str, junk: Any
) -> None:
    problem = problem_class(problem_type).sample(generator(1), 9)
    assert problem.is_feasible(junk) is False
    assert np.isfinite(problem.objective(junk))


@pytest.mark.parametrize(
    "problem_type", ["knapsack", "max_3sat", "number_partitioning", "portfolio"]
)
@pytest.mark.parametrize("attributes", [None, {}, [], "text", {"unknown": 1}])
def test_missing_attributes(problem_type: str, attributes: Any) -> None:
    with pytest.raises(ProblemError, match="problem_specific_attributes"):
        build(problem_type, problem_specific_attributes=attributes)


# ---- on graphs


@quick
@given(
    st.integers(2, 6),
    st.lists(st.none() | st.integers(-5, 5), min_size=15, max_size=15),
)
def test_maxcut_with_any_weights(n: int, weights: list[int | None]) -> None:
    pairs = zip(itertools.combinations(range(n), 2), weights, strict=False)
    edges = [(u, v, w) for (u, v), w in pairs if w is not None]
    assert_exact(on_graph("maxcut", edges, nodes=list(range(n))))


def test_maxcut_default_weight_and_objective() -> None:
    problem = on_graph("maxcut", [("a", "b", 1), ("b", "c", 2.5)])
    assert optima(problem) == {("b",), ("a", "c")}
    assert problem.objective(["b"]) == 3.5
    assert problem.objective([]) == 0


def test_independent_set_without_edges_is_everything() -> None:
    assert optima(on_graph("max_independent_set", [], nodes=[1, 2, 10])) == {(1, 2, 10)}
    problem = on_graph("max_independent_set", [(1, 2)])
    assert not problem.is_feasible([1, 2])
    assert not problem.is_feasible([1, 1])
    assert not problem.is_feasible([3])


@pytest.mark.parametrize("problem_type", ["maxcut", "max_independent_set", "tsp"])
def test_node_names_of_any_form_come_back_as_given(problem_type: str) -> None:
    names = ["são paulo", "東京", "Zürich HB", 7, "a*b"]
    pairs = enumerate(itertools.combinations(names, 2))
    weighted = problem_type != "max_independent_set"
    edges = [(u, v, 1 + i) if weighted else (u, v) for i, (u, v) in pairs]
    problem = on_graph(problem_type, edges, nodes=names)
    assert same_after_json(problem)
    for solution in optima(problem):
        assert set(solution) <= set(names)
    data = json.loads(json.dumps(problem.to_data(), ensure_ascii=False))
    assert type(problem).from_data(data) == problem


@pytest.mark.parametrize("problem_type", ["maxcut", "tsp"])
@pytest.mark.parametrize("weight", ["3", None, float("nan"), float("inf"), True])
def test_bad_weights(problem_type: str, weight: Any) -> None:
    with pytest.raises(ProblemError, match="'weight'"):
        on_graph(problem_type, [(0, 1, weight), (1, 2, 1), (0, 2, 1)])


@quick
@given(
    st.integers(3, 4),
    st.lists(st.none() | st.integers(-3, 6), min_size=6, max_size=6),
)
def test_tsp_with_any_weights(n: int, weights: list[int | None]) -> None:
    pairs = zip(itertools.combinations(range(n), 2), weights, strict=False)
    edges = [(u, v, w) for (u, v), w in pairs if w is not None]
    problem = on_graph("tsp", edges, nodes=list(range(n)))
    expected = MORE_SOLVERS["tsp"](problem)
    if expected:
        assert optima(problem) == expected
    else:  # no tour at all: the Hamiltonian exists and every state is infeasible
        encoded = encode(problem)
        assert not any(encoded.decode(k).feasible for k in range(2**encoded.n_qubits))


def test_tsp_where_every_nearest_neighbour_walk_gets_stuck() -> None:
    # short edges lead into a dead end; the only tour takes the long ones
    short = [(0, 1), (0, 2), (1, 3), (2, 3)]
    graph = nx.Graph()
    graph.add_weighted_edges_from([(0, 1, 9), (1, 2, 9), (2, 3, 9), (3, 4, 9), (4, 0, 9)])
    graph.add_weighted_edges_from([(u, v, 1) for u, v in short if not graph.has_edge(u, v)])
    assert_exact(TravelingSalesperson(graph))


def test_tsp_solution_starts_at_the_first_node_in_one_direction() -> None:
    problem = on_graph(
        "tsp", [("b", "a", 1), ("a", "d", 1), ("d", "c", 1), ("c", "b", 1), ("a", "c", 9)]
    )
    assert optima(problem) == {("a", "b", "c", "d")}
    assert encode(problem).hamiltonian.spectrum.n_ground_states == 2
    assert problem.objective(["a", "b", "c", "d"]) == 4
    assert problem.is_feasible(["c", "d", "a", "b"])
    assert not problem.is_feasible(["a", "c", "b", "d"])  # b - d is no edge
    assert not problem.is_feasible(["a", "b", "c"])
    assert not problem.is_feasible(["a", "b", None, "d"])


def test_tsp_shows_positions_without_exactly_one_node_as_null() -> None:
    problem = on_graph("tsp", [(0, 1), (1, 2), (0, 2)])
    values = {(1, 1): 1, (2, 1): 1, (1, 2): 0, (2, 2): 0}
    assert problem.decode(values, "exact") == [0, None, None]


def test_tsp_is_unchanged_in_shape_by_a_common_weight() -> None:
    near = on_graph("tsp", [(0, 1, 1), (1, 2, 2), (2, 3, 3), (0, 3, 4), (0, 2, 5), (1, 3, 6)])
    far = on_graph("tsp", [(u, v, w + 1000) for u, v, w in near.graph.edges(data="weight")])
    assert encode(far).hamiltonian.terms == pytest.approx(encode(near).hamiltonian.terms)
    shift = encode(far).hamiltonian.constant - encode(near).hamiltonian.constant
    assert shift == pytest.approx(4000)


def test_tsp_needs_three_nodes() -> None:
    with pytest.raises(ProblemError, match="at least 3 nodes, not 2"):
        on_graph("tsp", [(0, 1, 1)])


# ---- number_partitioning


@quick
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=8))
def test_partitioning_any_integers(numbers: list[int]) -> None:
    problem = with_attributes("number_partitioning", numbers=numbers)
    assert_exact(problem)
    assert same_after_json(problem)


def test_partitioning_forms() -> None:
    named = with_attributes("number_partitioning", numbers={"tea": 4, "hot water": 1, "x": 3})
    assert optima(named) == {(("tea",), ("hot water", "x")), (("hot water", "x"), ("tea",))}
    assert named.objective([["tea"], ["hot water", "x"]]) == 0
    assert named.objective([["tea", "x"], ["hot water"]]) == 6
    assert not named.is_feasible([["tea"], ["x"]])
    assert not named.is_feasible([["tea", "x"], ["x", "hot water"]])
    assert same_after_json(named)
    assert with_attributes("number_partitioning", numbers=np.array([1, 2])) == NumberPartitioning(
        {0: 1, 1: 2}
    )


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([], "empty"),
        ({}, "empty"),
        (7, "must be a list"),
        ("1 2", "must be a list"),
        ([1, "2"], "number 1 of 'numbers' must be a number"),
        ([1, None], "must be a number"),
        ([1, True], "must be a number"),
        ([1, float("nan")], "finite"),
        ([1, 10**400], "finite"),
        ({1: 2, "1": 3}, "occurs twice"),
    ],
)
def test_bad_numbers(numbers: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        with_attributes("number_partitioning", numbers=numbers)


# ---- knapsack


@quick
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(-3, 8)), min_size=1, max_size=6),
    st.integers(0, 15),
)
def test_knapsack_with_weightless_heavy_and_worthless_items(
    items: list[tuple[int, int]], capacity: int
) -> None:
    problem = Knapsack([Item(i, w, v) for i, (w, v) in enumerate(items)], capacity)
    assert_exact(problem)
    assert same_after_json(problem)


@pytest.mark.parametrize("capacity", range(1, 40))
def test_slack_reaches_every_rest_and_none_beyond(capacity: int) -> None:
    problem = Knapsack([Item("big", 1000, 1)], capacity)
    weights = problem._slack_weights()
    sums = {sum(s) for r in range(len(weights) + 1) for s in itertools.combinations(weights, r)}
    assert sums == set(range(capacity + 1))
    assert len(weights) == capacity.bit_length()


def test_knapsack_needs_no_slack_when_everything_fits() -> None:
    problem = Knapsack([Item("a", 1, 1), Item("b", 2, -1)], 3)
    assert encode(problem).variables == (("item", "a"), ("item", "b"))
    assert optima(problem) == {("a",)}


def test_knapsack_forms() -> None:
    items = [{"weight": 2.0, "value": 3}, {"weight": 3, "value": 2.5}]
    problem = with_attributes("knapsack", items=items, capacity=4)
    assert optima(problem) == {(0,)}
    assert problem.is_feasible([1])
    assert not problem.is_feasible([0, 1])
    assert problem.objective([0, 1]) == 5.5
    assert problem.prompt_details() == (
        "with capacity 4 and items 0 (weight 2, value 3), 1 (weight 3, value 2.5)"
    )


GOOD_ITEM = {"name": "a", "weight": 1, "value": 1}


@pytest.mark.parametrize(
    ("items", "capacity", "message"),
    [
        ([], 1, "empty"),
        ({"a": 1}, 1, "must be a list"),
        ([3], 1, "must be an object"),
        ([{"name": "a", "value": 1}], 1, "no 'weight'"),
        ([{"name": "a", "weight": 1}], 1, "no 'value'"),
        ([{**GOOD_ITEM, "weight": 1.5}], 1, "integer.*scale"),
        ([{**GOOD_ITEM, "weight": -1}], 1, "at least 0"),
        ([{**GOOD_ITEM, "weight": "1"}], 1, "must be a number"),
        ([{**GOOD_ITEM, "value": float("inf")}], 1, "finite"),
        ([{**GOOD_ITEM, "name": ""}], 1, "non-empty string"),
        ([{**GOOD_ITEM, "name": None}], 1, "non-empty string"),
        ([GOOD_ITEM, GOOD_ITEM], 1, "'a' occurs twice"),
        ([GOOD_ITEM], -1, "'capacity' must be at least 0"),
        ([GOOD_ITEM], 1.5, "'capacity' must be an integer"),
        ([GOOD_ITEM], None, "lacks 'capacity'"),
    ],
)
def test_bad_knapsacks(items: Any, capacity: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        with_attributes("knapsack", items=items, capacity=capacity)


# ---- portfolio


@st.composite
def portfolios(draw: Any) -> Portfolio:
    n = draw(st.integers(1, 6))
    entries = st.integers(-30, 30).map(lambda e: e / 100)
    covariance = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            covariance[i, j] = covariance[j, i] = draw(entries)
    return Portfolio(
        assets=[f"asset {i}" for i in range(n)],
        expected_returns=[draw(entries) for _ in range(n)],
        covariance=covariance.tolist(),
        risk_aversion=draw(st.sampled_from([0, 0.25, 1, 3])),
        budget=draw(st.integers(1, n)),
    )


@quick
@given(portfolios())
def test_portfolio_with_any_matrix(problem: Portfolio) -> None:
    assert_exact(problem)
    assert same_after_json(problem)


def test_portfolio_where_all_choices_are_alike() -> None:
    problem = Portfolio("abc", [0.1] * 3, [[0.0] * 3] * 3, 1, 2)
    assert optima(problem) == {("a", "b"), ("a", "c"), ("b", "c")}


def test_portfolio_forms() -> None:
    problem = with_attributes(
        "portfolio",
        expected_returns=np.array([0.1, 0.2]),
        covariance=np.array([[0.5, 0.1], [0.1, 0.4]]),
        risk_aversion=0.5,
        budget=1,
    )
    assert optima(problem) == {(1,)}
    assert problem.objective([0, 1]) == pytest.approx(0.5 * 1.1 - 0.3)
    assert not problem.is_feasible([0, 1])
    assert not problem.is_feasible([])
    assert same_after_json(problem)


GOOD_PORTFOLIO: dict[str, Any] = {
    "assets": ["A", "B"],
    "expected_returns": [0.1, 0.2],
    "covariance": [[0.5, 0.1], [0.1, 0.4]],
    "risk_aversion": 0.5,
    "budget": 1,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expected_returns": []}, "empty"),
        ({"expected_returns": [0.1, "x"]}, "expected return 1 must be a number"),
        ({"expected_returns": None}, "lacks 'expected_returns'"),
        ({"assets": ["A"]}, "1 assets but 2 expected returns"),
        ({"assets": ["A", "A"]}, "'A' occurs twice"),
        ({"assets": "AB"}, "'assets' must be a list"),
        ({"covariance": [[0.5, 0.1]]}, "2 x 2.*1 rows"),
        ({"covariance": [[0.5, 0.1], [0.1]]}, "2 x 2.*lengths"),
        ({"covariance": [[0.5, 0.1], [0.2, 0.4]]}, "symmetric"),
        ({"covariance": [0.5, 0.1]}, "row 0 of 'covariance' must be a list"),
        ({"covariance": [[0.5, None], [None, 0.4]]}, "entry .0, 1. must be a number"),
        ({"risk_aversion": -1}, "not be negative"),
        ({"risk_aversion": float("nan")}, "finite"),
        ({"budget": 3}, "'budget' is 3 but there are only 2 assets"),
        ({"budget": 0}, "at least 1"),
        ({"budget": 1.5}, "must be an integer"),
    ],
)
def test_bad_portfolios(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        with_attributes("portfolio", **{**GOOD_PORTFOLIO, **change})


# ---- max_3sat


@quick
@given(
    st.lists(
        st.lists(st.sampled_from([-4, -3, -2, -1, 1, 2, 3, 4]), min_size=1, max_size=3),
        min_size=1,
        max_size=10,
    )
)
def test_clauses_with_repeated_and_opposite_literals(clauses: list[list[int]]) -> None:
    problem = with_attributes("max_3sat", clauses=clauses)
    assert_exact(problem)
    assert same_after_json(problem)


def test_literal_forms() -> None:
    problem = with_attributes(
        "max_3sat", clauses=[["rain", "!snow"], ["-rain", "~the sun"], ["-2"]]
    )
    assert problem == MaxThreeSat(
        [
            [("rain", True), ("snow", False)],
            [("rain", False), ("the sun", False)],
            [(2, False)],
        ]
    )
    solution = {"rain": True, "snow": True, "the sun": True, "2": False}
    assert problem.is_feasible(solution)
    assert problem.objective(solution) == 2
    assert not problem.is_feasible({"rain": True})
    assert problem.prompt_details() == (
        "with the clauses (rain or not snow), (not rain or not the sun), (not 2)"
    )
    assert same_after_json(problem)


@pytest.mark.parametrize(
    ("clauses", "message"),
    [
        ([], "empty"),
        ([[]], "empty"),
        ([[1, 2, 3, 4]], "4 literals but at most 3"),
        ([[1, 0]], "literal 0"),
        ([["!"]], "must be a name"),
        ([["!!a"]], "must be a name"),
        ([[1.5]], "literal 1.5"),
        ([[True]], "literal True"),
        ([1, 2], "a clause must be a list"),
    ],
)
def test_bad_clauses(clauses: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        with_attributes("max_3sat", clauses=clauses)


# ---- qubo and hubo


EXPECTED = {"a": 1, "b": 0, "c d": 1}
BQM = dimod.BinaryQuadraticModel(
    {"a": -1.0, "b": 1.0}, {("a", "b"): 2.0, ("b", "c d"): 1.0, ("a", "c d"): -0.5}, 3.0, "BINARY"
)
ENTRIES = [
    [["a"], -1],
    [["b"], 1],
    [["a", "b"], 2],
    [["b", "c d"], 1],
    [["c d", "a"], -0.25],
    [["a", "c d"], -0.25],
    [[], 3],
]


@pytest.mark.parametrize("problem_type", ["qubo", "hubo"])
@pytest.mark.parametrize(
    "model",
    [
        ENTRIES,
        BQM,
        BQM.to_serializable(),
        json.loads(json.dumps(BQM.to_serializable())),
        dimod.BinaryPolynomial.from_hubo(
            {tuple(k): c for k, c in ENTRIES[:4] + ENTRIES[6:]} | {("a", "c d"): -0.5}
        ),
        {("a",): -1, ("b", "b"): 1, ("a", "b"): 2, ("b", "c d"): 1, ("a", "c d"): -0.5, (): 3},
    ],
    ids=["entries", "bqm", "serialised", "serialised json", "polynomial", "dict"],
)
def test_forms_of_one_polynomial(problem_type: str, model: Any) -> None:
    problem = build(problem_type, **{problem_type: model})
    assert optima(problem) == {canonical(EXPECTED)}
    assert problem.objective(EXPECTED) == 1.5
    assert problem.is_feasible(EXPECTED)
    assert not problem.is_feasible({**EXPECTED, "a": 2})
    assert same_after_json(problem)


@quick
@given(
    st.dictionaries(
        st.frozensets(st.sampled_from("abcd"), max_size=4),
        st.integers(-400, 400).map(lambda c: c / 100),
        min_size=1,
    ),
    st.sampled_from(["SPIN", "BINARY"]),
)
def test_dimod_polynomials_keep_their_energies(terms: dict[Any, float], vartype: str) -> None:
    model = dimod.BinaryPolynomial({**terms, ("a",): 1.0}, vartype)
    problem = build("hubo", hubo=model)
    names = sorted(model.variables)
    for sample in itertools.product((-1, 1) if vartype == "SPIN" else (0, 1), repeat=len(names)):
        solution = dict(zip(names, sample, strict=True))
        assert problem.is_feasible(solution)
        assert problem.objective(solution) == pytest.approx(float(model.energy(solution)))
    assert same_after_json(problem)


SPINS = BQM.change_vartype("SPIN", inplace=False)


@pytest.mark.parametrize("problem_type", ["qubo", "hubo"])
@pytest.mark.parametrize(
    "model", [SPINS, SPINS.to_serializable(), json.loads(json.dumps(SPINS.to_serializable()))]
)
def test_models_in_spins_are_answered_in_spins(problem_type: str, model: Any) -> None:
    problem = build(problem_type, **{problem_type: model})
    best = {name: 2 * value - 1 for name, value in EXPECTED.items()}
    assert optima(problem) == {canonical(best)}
    assert problem.objective(best) == 1.5
    assert not problem.is_feasible(EXPECTED)
    assert problem.to_data()["vartype"] == "SPIN"
    assert same_after_json(problem)
    hamiltonian = encode(problem).hamiltonian
    assert hamiltonian.constant == pytest.approx(SPINS.offset)
    assert "spins" in problem.title


def test_spins_in_a_file() -> None:
    problem = build("hubo", hubo={"a*b*c": 2, "a*a": 3, "c": -1, "d*d": 1}, vartype="spin")
    assert encode(problem).variables == ("a", "b", "c", "d")
    assert problem.objective({"a": -1, "b": 1, "c": 1, "d": 1}) == 1
    assert encode(problem).hamiltonian.constant == 4
    assert same_after_json(problem)
    assert build("hubo", hubo={"a": 1}, vartype="BINARY") == build("hubo", hubo={"a": 1})
    assert build("hubo", hubo={"a": 1}, vartype="SPIN") != build("hubo", hubo={"a": 1})


@pytest.mark.parametrize("stated", ["INTEGER", 3, "BINARY"])
def test_a_vartype_that_does_not_fit(stated: Any) -> None:
    with pytest.raises(ProblemError, match="'vartype'"):
        build("qubo", qubo=SPINS, vartype=stated)


def test_keys_and_matrices() -> None:
    by_key = build("qubo", qubo={"0": 1, "0*1": -3, " 1 * 2 ": 2, "": 0.5})
    assert encode(by_key).variables == (0, 1, 2)
    matrix = [[1, -1, 0], [-2, 0, 2], [0, 0, 0]]
    by_matrix = build("qubo", qubo=matrix)
    assert by_matrix == build("qubo", qubo=np.array(matrix))
    assert optima(by_key) == optima(by_matrix) == {canonical({"0": 1, "1": 1, "2": 0})}
    assert by_key.objective({"0": 1, "1": 1, "2": 0}) == -1.5
    assert by_matrix.objective({"0": 1, "1": 1, "2": 0}) == -2


def test_variables_with_zero_coefficients_and_tuple_names_stay() -> None:
    problem = build("qubo", qubo=[[[[0, "x"], "b"], 1], [["idle"], 0]])
    assert encode(problem).variables == ("b", "idle", (0, "x"))
    assert problem.is_feasible({"b": 0, "idle": 1, '[0, "x"]': 0})
    assert same_after_json(problem)


@pytest.mark.parametrize("problem_type", ["qubo", "hubo"])
@pytest.mark.parametrize(
    ("model", "message"),
    [
        (None, "has no '...o': add"),
        ([], "no variables"),
        ({}, "no variables"),
        ([[[], 3]], "no variables"),
        ([["a", "b", 1]], "must be ..variables., coefficient"),
        ([["a", 1]], "must be ..variables., coefficient"),
        ([[["a"], "1"]], "coefficient of .'a'. must be a number"),
        ([[["a"], float("nan")]], "finite"),
        ({"a": float("inf")}, "finite"),
        ({"a b": 1}, "one name or several"),
        ({"a,b": 1}, "one name or several"),
        ({"a**b": 1}, "non-empty string"),
        ([[[None], 1]], "a number or a non-empty string"),
        ([[[3], 1], [["3"], 1]], "occurs twice"),
        ("a*b", "neither a list of terms"),
        (7, "neither a list of terms"),
        (dimod.ConstrainedQuadraticModel(), "cqm_to_bqm"),
        ({"type": "BinaryQuadraticModel"}, "dimod cannot read"),
    ],
)
def test_bad_polynomials(problem_type: str, model: Any, message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        build(problem_type, **{problem_type: model})


def test_orders_that_are_too_high() -> None:
    with pytest.raises(ProblemError, match="as problem type 'hubo'"):
        build("qubo", qubo={"a*b*c": 1})
    with pytest.raises(ProblemError, match="joins 17 variables"):
        build("hubo", hubo=[[list(range(17)), 1]])


# ---- ising


def test_ising_keeps_the_text() -> None:
    text = "0.5 * (Z(0) @ Z(2)) + -0.25 * Z(1) + 1.5"
    problem = build("ising", hamiltonian=text)
    encoded = encode(problem)
    assert encoded.variables == (0, 1, 2)
    assert encoded.hamiltonian == IsingHamiltonian.from_text(text)
    assert optima(problem) == {(1, 1, -1), (-1, 1, 1)}
    assert problem.objective([1, 1, -1]) == 0.75
    assert same_after_json(problem)


def test_ising_from_an_operator_keeps_idle_qubits() -> None:
    problem = build("ising", hamiltonian=SparsePauliOp(["IZZ", "IIZ", "III"], [1.0, 0.5, 2.0]))
    assert encode(problem).n_qubits == 3
    assert optima(problem) == {(-1, 1, 1), (-1, 1, -1)}
    assert problem.objective([-1, 1, 1]) == 0.5
    assert same_after_json(problem)
    assert build("ising", hamiltonian="Z(0)", number_of_qubits=2) == build(
        "ising", hamiltonian=SparsePauliOp("IZ")
    )


def test_ising_qubits_stay_in_place_beyond_ten() -> None:
    h = IsingHamiltonian(12, {(i,): float(i + 1) for i in range(12)} | {(2, 10): 0.5})
    assert encode(build("ising", hamiltonian=h)).hamiltonian == h


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "has no 'hamiltonian'"),
        ({"hamiltonian": ""}, "empty"),
        ({"hamiltonian": "X(0)"}, "cannot be read"),
        ({"hamiltonian": "3.0"}, "0 qubits"),
        ({"hamiltonian": "Z(123456789)"}, "not a sensible qubit index"),
        ({"hamiltonian": 5}, "must be text or a SparsePauliOp"),
        ({"hamiltonian": SparsePauliOp("XZ")}, "diagonal"),
        ({"hamiltonian": "Z(3)", "number_of_qubits": 2}, "names Z"),
        ({"hamiltonian": "Z(3)", "number_of_qubits": "4"}, "must be a number"),
    ],
)
def test_bad_hamiltonians(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        build("ising", **data)
