"""Independent classical solvers for the problem types beyond the benchmark's twelve.

As in `solvers.py`: written from the statements in user terms, on data scaled to integers, so
that ties are exact; no polynomial, variable label or decoder is used.
"""

from __future__ import annotations

from collections.abc import Hashable
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np
from ortools.sat.python import cp_model

from problems.solvers import Solver, all_optima, canonical


def _bits(n: int) -> np.ndarray:
    """All rows of n bits, shape [2**n, n]."""
    return np.arange(1 << n)[:, None] >> np.arange(n) & 1


def maxcut(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    side = {v: model.new_bool_var(f"side {v}") for v in graph}
    total = 0
    for u, v, weight in graph.edges(data="weight", default=1):
        cut = model.new_bool_var(f"cut {u} {v}")
        model.add_bool_xor([side[u], side[v], ~cut])
        total += weight * cut
    return all_optima(model, lambda get: [v for v in sorted(graph) if get(side[v])], maximize=total)


def max_independent_set(problem: Any) -> set[Hashable]:
    graph = problem.graph
    if not nx.get_node_attributes(graph, "weight"):
        cliques = list(nx.find_cliques(nx.complement(graph)))
        largest = max(map(len, cliques))
        return {canonical(sorted(clique)) for clique in cliques if len(clique) == largest}
    model = cp_model.CpModel()
    taken = {v: model.new_bool_var(f"{v}") for v in sorted(graph)}
    for u, v in graph.edges:
        model.add_at_most_one(taken[u], taken[v])
    weight = sum(graph.nodes[v]["weight"] * taken[v] for v in taken)
    return all_optima(model, lambda get: [v for v in taken if get(taken[v])], maximize=weight)


def tsp(problem: Any) -> set[Hashable]:
    graph = problem.graph
    nodes = sorted(graph)
    if min(degree for _, degree in graph.degree) < 2:
        return set()
    number = {v: i for i, v in enumerate(nodes)}
    model = cp_model.CpModel()
    arcs, total = [], 0
    for u, v, weight in graph.edges(data="weight", default=1):
        for tail, head in ((u, v), (v, u)):
            used = model.new_bool_var(f"{tail} to {head}")
            arcs.append((number[tail], number[head], used))
            total += weight * used
    model.add_circuit(arcs)

    def read(get: Any) -> list[Any]:
        following = {tail: head for tail, head, used in arcs if get(used)}
        tour = [0]
        while len(tour) < len(nodes):
            tour.append(following[tour[-1]])
        if tour[1] > tour[-1]:
            tour = [0, *reversed(tour[1:])]
        return [nodes[i] for i in tour]

    return all_optima(model, read, minimize=total)


def number_partitioning(problem: Any) -> set[Hashable]:
    names, numbers = list(problem.numbers), list(problem.numbers.values())
    in_first = _bits(len(names))
    differences = np.abs((2 * in_first - 1) @ np.array(numbers))
    return {
        canonical([[k for k, x in zip(names, row, strict=True) if x == group] for group in (1, 0)])
        for row in in_first[differences == differences.min()]
    }


def knapsack(problem: Any) -> set[Hashable]:
    items = problem.to_data()["problem_specific_attributes"]["items"]
    model = cp_model.CpModel()
    packed = [model.new_bool_var(str(item["name"])) for item in items]
    model.add(sum(i["weight"] * x for i, x in zip(items, packed, strict=True)) <= problem.capacity)
    return all_optima(
        model,
        lambda get: [i["name"] for i, x in zip(items, packed, strict=True) if get(x)],
        maximize=sum(i["value"] * x for i, x in zip(items, packed, strict=True)),
    )


def portfolio(problem: Any) -> set[Hashable]:
    # in units of 0.25 * 0.0001, the grid of the sampled data
    risk = round(4 * problem.risk_aversion) * np.rint(np.array(problem.covariance) * 10_000)
    returns = 40 * np.rint(np.array(problem.expected_returns) * 1000)
    best, optima = np.inf, set()
    for chosen in combinations(range(len(returns)), problem.budget):
        index = list(chosen)
        value = risk[np.ix_(index, index)].sum() - returns[index].sum()
        if value < best:
            best, optima = value, set()
        if value == best:
            optima.add(canonical([problem.assets[i] for i in chosen]))
    return optima


def max_3sat(problem: Any) -> set[Hashable]:
    attributes = problem.to_data()["problem_specific_attributes"]
    clauses = attributes["clauses"]
    weights = attributes.get("weights", [1] * len(clauses))
    model = cp_model.CpModel()
    names = sorted({abs(literal) for clause in clauses for literal in clause})
    truth = {v: model.new_bool_var(str(v)) for v in names}
    satisfied = []
    for clause in clauses:
        literals = [truth[v] if v > 0 else ~truth[-v] for v in clause]
        holds = model.new_bool_var("")
        model.add_bool_or(literals).only_enforce_if(holds)
        for literal in literals:
            model.add_implication(literal, holds)
        satisfied.append(holds)
    return all_optima(
        model,
        lambda get: {str(v): bool(get(truth[v])) for v in names},
        maximize=sum(w * holds for w, holds in zip(weights, satisfied, strict=True)),
    )


def hubo(problem: Any) -> set[Hashable]:
    data = problem.to_data()
    entries = data[data["problem_type"]]
    names = sorted({name for labels, _ in entries for name in labels})
    bits = _bits(len(names))
    cost = np.zeros(len(bits), dtype=np.int64)
    for labels, coefficient in entries:
        columns = [names.index(name) for name in labels]
        cost += round(100 * coefficient) * bits[:, columns].prod(axis=1)
    return {
        canonical({name: int(x) for name, x in zip(names, row, strict=True)})
        for row in bits[cost == cost.min()]
    }


def ising(problem: Any) -> set[Hashable]:
    spins = 1 - 2 * _bits(problem.hamiltonian.n_qubits)
    energy = np.zeros(len(spins), dtype=np.int64)
    for qubits, coefficient in problem.hamiltonian.terms.items():
        energy += round(100 * coefficient) * spins[:, list(qubits)].prod(axis=1)
    return {canonical([int(s) for s in row]) for row in spins[energy == energy.min()]}


MORE_SOLVERS: dict[str, Solver] = {
    "maxcut": maxcut,
    "max_independent_set": max_independent_set,
    "tsp": tsp,
    "number_partitioning": number_partitioning,
    "knapsack": knapsack,
    "portfolio": portfolio,
    "max_3sat": max_3sat,
    "qubo": hubo,
    "hubo": hubo,
    "ising": ising,
}
