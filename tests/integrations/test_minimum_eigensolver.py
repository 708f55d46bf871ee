"""qiskit-optimization's own applications, solved with circuits of ours, against brute force."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest

pytest.importorskip("qiskit_optimization", reason="the extra 'optimization'")

from qiskit.quantum_info import Operator, Pauli, SparseObservable, SparsePauliOp, Statevector
from qiskit_optimization import QuadraticProgram
from qiskit_optimization.algorithms import MinimumEigenOptimizer
from qiskit_optimization.applications import (
    ExactCover,
    Knapsack,
    Maxcut,
    NumberPartition,
    SetPacking,
    StableSet,
    Tsp,
    VertexCover,
)

from quasar.core.errors import InputError, ProblemError
from quasar.integrations import QuasarMinimumEigensolver

SEEDS = pytest.mark.parametrize("seed", range(3))


def brute_force(program: QuadraticProgram) -> float:
    """The best value over all feasible points of a program in binary or small integer variables."""
    ranges = [range(int(v.lowerbound), int(v.upperbound) + 1) for v in program.variables]
    values = [
        program.objective.evaluate(x)
        for x in map(list, itertools.product(*ranges))
        if feasible(program, x)
    ]
    return max(values) if program.objective.sense.name == "MAXIMIZE" else min(values)


def feasible(program: QuadraticProgram, x) -> bool:
    return program.get_feasibility_info(list(x))[0]


def solve(program: QuadraticProgram, **options):
    solver = QuasarMinimumEigensolver(sandbox=False, **options)
    found = MinimumEigenOptimizer(solver).solve(program)
    assert feasible(program, found.x)
    assert found.fval == pytest.approx(brute_force(program))
    result = found.min_eigen_solver_result
    assert result.report.feasible
    assert sum(result.eigenstate.values()) == pytest.approx(1)
    return found


def random_graph(seed: int, n: int = 6) -> nx.Graph:
    rng = np.random.default_rng(seed)
    graph = nx.gnp_random_graph(n, 0.6, seed=seed)
    for _, _, data in graph.edges(data=True):
        data["weight"] = float(rng.integers(1, 9))
    return graph


@SEEDS
def test_maxcut(seed):
    application = Maxcut(random_graph(seed))
    found = solve(application.to_quadratic_program())
    sides = application.interpret(found)
    cut = sum(
        data["weight"]
        for u, v, data in application.graph.edges(data=True)
        if (u in sides[0]) != (v in sides[0])
    )
    assert cut == pytest.approx(found.fval)


@pytest.mark.parametrize(("cities", "seed"), [(3, 0), (3, 1), (3, 2), (4, 1)])
def test_tsp(cities, seed):
    application = Tsp.create_random_instance(cities, seed=seed)
    solver = QuasarMinimumEigensolver(sandbox=False)
    found = MinimumEigenOptimizer(solver).solve(application.to_quadratic_program())
    distances = nx.to_numpy_array(application.graph)
    orders = itertools.permutations(range(1, cities))
    shortest = min(application.tsp_value([0, *order], distances) for order in orders)
    tour = application.interpret(found)
    assert sorted(tour) == list(range(cities))
    assert application.tsp_value(tour, distances) == pytest.approx(shortest)


@SEEDS
def test_knapsack(seed):
    rng = np.random.default_rng(seed)
    values, weights = rng.integers(1, 9, 4).tolist(), rng.integers(1, 6, 4).tolist()
    application = Knapsack(values, weights, int(sum(weights) // 2))
    found = solve(application.to_quadratic_program())
    assert sum(values[i] for i in application.interpret(found)) == found.fval


@SEEDS
def test_vertex_cover_and_stable_set(seed):
    graph = random_graph(seed, 5)
    cover = VertexCover(graph)
    chosen = set(cover.interpret(solve(cover.to_quadratic_program())))
    assert all(u in chosen or v in chosen for u, v in graph.edges)
    stable = StableSet(graph)
    kept = set(stable.interpret(solve(stable.to_quadratic_program())))
    assert not any(u in kept and v in kept for u, v in graph.edges)


@SEEDS
def test_set_packing_and_exact_cover(seed):
    rng = np.random.default_rng(seed)
    parts = [[0, 1], [2, 3], [4]]
    others = [sorted(rng.choice(5, 2, replace=False).tolist()) for _ in range(2)]
    solve(SetPacking(parts + others).to_quadratic_program())
    cover = ExactCover(parts + others)
    chosen = cover.interpret(solve(cover.to_quadratic_program()))
    assert sorted(itertools.chain(*chosen)) == [0, 1, 2, 3, 4]


@SEEDS
def test_number_partition(seed):
    numbers = np.random.default_rng(seed).integers(1, 20, 6).tolist()
    application = NumberPartition(numbers)
    program = application.to_quadratic_program()
    found = MinimumEigenOptimizer(QuasarMinimumEigensolver(sandbox=False)).solve(program)
    split = application.interpret(found)
    least = min(
        abs(sum(sign * number for sign, number in zip(signs, numbers, strict=True)))
        for signs in itertools.product((1, -1), repeat=6)
    )
    assert abs(sum(split[0]) - sum(split[1])) == least


def test_linear_constraints_and_integers_by_the_converters():
    program = QuadraticProgram()
    program.binary_var("a")
    program.binary_var("b")
    program.integer_var(0, 3, "c")
    program.maximize(linear=[2, 3, 1], quadratic={("a", "b"): -2, ("b", "c"): 0.5})
    program.linear_constraint({"a": 1, "b": 2, "c": 1}, "<=", 4)
    program.linear_constraint({"a": 1, "c": 1}, ">=", 1)
    solve(program)


def test_the_result_holds_what_others_read():
    operator = SparsePauliOp(["ZZI", "IZZ", "IIZ", "III"], [1.0, 0.5, -0.25, 3.0])
    others = {"x": SparsePauliOp("XII"), "z": SparsePauliOp(["IIZ", "III"], [1, 2]), "nothing": 0}
    solver = QuasarMinimumEigensolver(
        "designer", shots=None, seed=3, settings={"algorithm": "qaoa"}
    )
    found = solver.compute_minimum_eigenvalue(operator, others)
    circuit = found.optimal_circuit.assign_parameters(found.optimal_parameters)
    assert found.optimal_circuit.num_parameters == len(found.optimal_point) > 0
    state = Statevector(circuit.remove_final_measurements(inplace=False))
    assert found.eigenvalue == pytest.approx(state.expectation_value(operator).real)
    assert found.eigenvalue == pytest.approx(found.report.energy + 3)
    for name in ("x", "z"):
        value, _ = found.aux_operators_evaluated[name]
        assert value == pytest.approx(state.expectation_value(others[name]).real)
    assert found.aux_operators_evaluated["nothing"] == (0.0, {})
    expected = {k: p for k, p in enumerate(state.probabilities()) if p > 1e-12}
    assert dict(found.eigenstate) == pytest.approx(expected)
    best = found.best_measurement
    index = best["state"]
    assert best["bitstring"] == format(index, "03b")
    assert best["value"] == pytest.approx(np.diag(operator.to_matrix())[index].real)
    assert best["value"] == pytest.approx(min(np.diag(operator.to_matrix()).real))
    assert found.qasm == found.generation.best.qasm
    assert "optimal_circuit" in str(found)


def test_shots_are_drawn_with_a_seed():
    operator = SparsePauliOp(["ZZ", "IZ"], [1.0, 0.5])
    options = {"shots": 50, "sandbox": False}
    found = [
        QuasarMinimumEigensolver("designer", seed=seed, **options).compute_minimum_eigenvalue(
            operator
        )
        for seed in (1, 1)
    ]
    assert found[0].eigenstate == found[1].eigenstate
    assert found[0].eigenstate.shots == 50
    assert all(round(50 * p, 9).is_integer() for p in found[0].eigenstate.values())


def test_auxiliary_operators_in_a_list():
    solver = QuasarMinimumEigensolver("designer")
    found = solver.compute_minimum_eigenvalue(SparsePauliOp("ZZ"), [SparsePauliOp("ZZ")])
    assert found.aux_operators_evaluated[0][0] == pytest.approx(found.eigenvalue)


@pytest.mark.parametrize(
    "operator",
    [Pauli("ZZ"), Operator(SparsePauliOp("ZZ")), SparseObservable("ZZ")],
    ids=lambda operator: type(operator).__name__,
)
def test_other_kinds_of_operators(operator):
    found = QuasarMinimumEigensolver("designer").compute_minimum_eigenvalue(operator)
    assert found.best_measurement["value"] == pytest.approx(-1)


@pytest.mark.parametrize("text", ["I", "III", "Z"])
def test_small_and_constant_operators(text):
    found = QuasarMinimumEigensolver(sandbox=False).compute_minimum_eigenvalue(SparsePauliOp(text))
    assert found.best_measurement["value"] == (-1 if text == "Z" else 1)


def test_the_fallback_is_asked_where_the_model_is_not_good_enough():
    operator = SparsePauliOp(["ZZI", "IZZ", "IIZ"], [1.0, 0.5, -0.25])
    solver = QuasarMinimumEigensolver(
        sandbox=False, model_options={"max_qubits": 2}, fallback="designer"
    )
    assert solver.compute_minimum_eigenvalue(operator).generation.model == "designer"
    with pytest.raises(InputError, match="trained on up to 2"):
        QuasarMinimumEigensolver(
            sandbox=False, model_options={"max_qubits": 2}, fallback=None
        ).compute_minimum_eigenvalue(operator)


@pytest.mark.parametrize(
    ("operator", "error", "message"),
    [
        (SparsePauliOp(["XX", "ZZ"]), ProblemError, "must be diagonal"),
        (SparsePauliOp(["ZZ"], [1j]), ProblemError, "only real sums"),
        (SparsePauliOp("Z" * 30), ProblemError, "30 qubits asked for"),
        (Operator(np.eye(2**11)), InputError, "pass a SparsePauliOp"),
        ("ZZ", InputError, "must be a SparsePauliOp, not str"),
    ],
)
def test_wrong_operators(operator, error, message):
    with pytest.raises(error, match=message):
        QuasarMinimumEigensolver().compute_minimum_eigenvalue(operator)


def test_wrong_arguments():
    with pytest.raises(InputError, match="shots must be an integer of at least 1"):
        QuasarMinimumEigensolver(shots=0)
    with pytest.raises(InputError, match="seed"):
        QuasarMinimumEigensolver(seed="a")
    with pytest.raises(InputError, match="no model 'nothing-like-it'"):
        QuasarMinimumEigensolver("nothing-like-it").compute_minimum_eigenvalue(SparsePauliOp("Z"))


def test_operators_of_the_mapper_addon():
    pytest.importorskip("qiskit_addon_opt_mapper", reason="the mapper addon")
    from qiskit_addon_opt_mapper import OptimizationProblem
    from qiskit_addon_opt_mapper.converters import OptimizationProblemToHubo
    from qiskit_addon_opt_mapper.translators import to_ising

    problem = OptimizationProblem()
    for name in "abc":
        problem.binary_var(name)
    problem.minimize(linear=[1, -2, 1], higher_order={3: {("a", "b", "c"): 5}})
    operator, offset = to_ising(OptimizationProblemToHubo().convert(problem))
    found = QuasarMinimumEigensolver("designer").compute_minimum_eigenvalue(operator)
    x = [int(bit) for bit in reversed(found.best_measurement["bitstring"])]
    assert x == [0, 1, 0]
    assert found.best_measurement["value"] + offset == pytest.approx(-2)


def test_says_what_to_install(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "qiskit_optimization.minimum_eigensolvers", None)
    monkeypatch.delitem(sys.modules, "quasar.integrations.minimum_eigensolver")
    import quasar.integrations

    monkeypatch.delattr(quasar.integrations, "minimum_eigensolver", raising=False)
    with pytest.raises(ImportError, match=r"pip install -e '\.\[optimization\]'"):
        _ = quasar.integrations.QuasarMinimumEigensolver
    with pytest.raises(AttributeError):
        _ = quasar.integrations.nothing


def test_a_sampler_measures_the_circuit():
    from qiskit.primitives import StatevectorSampler

    operator = SparsePauliOp(["ZZI", "IZZ", "IIZ"], [1.0, 0.5, -0.25])
    solver = QuasarMinimumEigensolver(
        sandbox=False, shots=300, engine=StatevectorSampler(seed=1), fallback=None
    )
    found = solver.compute_minimum_eigenvalue(operator, [SparsePauliOp("IIZ")])
    assert found.eigenstate.shots == 300
    assert found.report.measured_by.engine == "qiskit StatevectorSampler"
    mean, how = found.aux_operators_evaluated[0]
    assert -1 <= mean <= 1
    assert how["kind"] == "statistical"
    with pytest.raises(InputError, match="X and Y cannot be read off measured bits"):
        solver.compute_minimum_eigenvalue(operator, [SparsePauliOp("IIX")])
