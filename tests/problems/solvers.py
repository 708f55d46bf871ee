"""Independent classical solvers: every optimal solution of a problem, in the user's terms.

Each model is written from the problem's statement, on its graph and attributes; nothing here uses
a polynomial, a variable label or a decoder. A solver returns the set of all optimal feasible
solutions as `canonical` values: the JSON value that `decode` would return, lists as tuples, nodes
in natural order.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise, permutations, product
from typing import Any

import networkx as nx
from ortools.sat.python import cp_model

Solver = Callable[[Any], set[Hashable]]


def canonical(solution: Any) -> Hashable:
    """A JSON value as a hashable one: lists become tuples, objects sorted tuples of pairs."""
    if isinstance(solution, list | tuple):
        return tuple(canonical(part) for part in solution)
    if isinstance(solution, dict):
        return tuple(sorted((key, canonical(value)) for key, value in solution.items()))
    return solution


class _Collector(cp_model.CpSolverSolutionCallback):
    def __init__(self, read: Callable[[Callable[[Any], int]], Any]) -> None:
        super().__init__()
        self.read = read
        self.found: set[Hashable] = set()

    def on_solution_callback(self) -> None:
        self.found.add(canonical(self.read(self.value)))


def all_optima(
    model: cp_model.CpModel,
    read: Callable[[Callable[[Any], int]], Any],
    *,
    minimize: Any = None,
    maximize: Any = None,
) -> set[Hashable]:
    """All optimal solutions of a CP-SAT model (all feasible ones without an objective).

    Args:
        read: makes the user's solution, given a function from variables to their values.
    """
    objective = minimize if minimize is not None else maximize
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    if objective is not None:
        model.minimize(objective) if minimize is not None else model.maximize(objective)
        if solver.solve(model) != cp_model.OPTIMAL:
            return set()
        best = round(solver.objective_value)
        model.clear_objective()
        model.add(objective == best)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.enumerate_all_solutions = True
    collector = _Collector(read)
    solver.solve(model, collector)
    return collector.found


def _booleans(model: cp_model.CpModel, names: Iterable[Any]) -> dict[Any, cp_model.IntVar]:
    return {name: model.new_bool_var(str(name)) for name in names}


def _edges(graph: nx.Graph) -> list[tuple[Any, Any]]:
    return sorted((min(edge), max(edge)) for edge in graph.edges)


def vertex_cover(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    taken = _booleans(model, sorted(graph))
    for u, v in graph.edges:
        model.add_bool_or(taken[u], taken[v])
    weight = sum(graph.nodes[v].get("weight", 1) * taken[v] for v in taken)
    return all_optima(model, lambda get: [v for v in taken if get(taken[v])], minimize=weight)


def edge_cover(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    taken = _booleans(model, _edges(graph))
    for node in graph:
        model.add_bool_or(taken[edge] for edge in taken if node in edge)
    weight = sum(graph.edges[e].get("weight", 1) * taken[e] for e in taken)
    return all_optima(model, lambda get: [e for e in taken if get(taken[e])], minimize=weight)


def matching(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    taken = _booleans(model, _edges(graph))
    for node in graph:
        at_node = [taken[edge] for edge in taken if node in edge]
        if problem.kind.startswith("perfect"):
            model.add_exactly_one(at_node)
        else:
            model.add_at_most_one(at_node)
    size = len(nx.max_weight_matching(graph, maxcardinality=True, weight=None))
    model.add(sum(taken.values()) == size)
    weight = sum(graph.edges[e].get("weight", 1) * taken[e] for e in taken)
    found = all_optima(model, lambda get: [e for e in taken if get(taken[e])], minimize=weight)
    lightest = sum(graph.edges[e]["weight"] for e in nx.min_weight_matching(graph))
    assert all(sum(graph.edges[e]["weight"] for e in one) == lightest for one in found)
    return found


def kclique(problem: Any) -> set[Hashable]:
    return {
        tuple(sorted(clique))
        for clique in nx.enumerate_all_cliques(problem.graph)
        if len(clique) == problem.k
    }


def connected_components(problem: Any) -> set[Hashable]:
    return {tuple(sorted(nx.node_connected_component(problem.graph, problem.node)))}


def graph_coloring(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    color = {v: model.new_int_var(0, problem.number_of_colors - 1, str(v)) for v in sorted(graph)}
    for u, v in graph.edges:
        model.add(color[u] != color[v])
    return all_optima(model, lambda get: [[v, get(color[v])] for v in color])


def community_detection(problem: Any) -> set[Hashable]:
    """Every split, judged by networkx's own modularity."""
    graph = problem.graph
    nodes = sorted(graph)
    best: list[tuple[int, ...]] = []
    highest = -1.0
    for labels in product(range(problem.number_of_communities), repeat=len(nodes)):
        parts = [
            {v for v, label in zip(nodes, labels, strict=True) if label == c} for c in set(labels)
        ]
        value = nx.community.modularity(graph, parts) if labels[0] == 0 else -1.0
        if value > highest + 1e-9:
            best, highest = [labels], value
        elif abs(value - highest) <= 1e-9:
            best.append(labels)
    # Renaming communities changes nothing, so those with node 0 elsewhere need no evaluation.
    names = list(permutations(range(problem.number_of_communities)))
    return {
        tuple((v, name[label]) for v, label in zip(nodes, labels, strict=True))
        for labels in best
        for name in names
    }


def graph_isomorphism(problem: Any) -> set[Hashable]:
    matcher = nx.isomorphism.GraphMatcher(problem.graph, problem.other)
    return {tuple(sorted(mapping.items())) for mapping in matcher.isomorphisms_iter()}


def hamiltonian_path(problem: Any) -> set[Hashable]:
    """A circuit through all arcs and one that leads from the end back to the start."""
    graph = problem.graph
    number = {v: i for i, v in enumerate(sorted(graph))}
    model = cp_model.CpModel()
    arcs = [(number[problem.end_node], number[problem.start_node], model.new_constant(1))]
    weight: Any = 0
    for edge in graph.edges:
        for u, v in (edge, edge[::-1]):
            used = model.new_bool_var(f"{u} to {v}")
            arcs.append((number[u], number[v], used))
            weight += graph.edges[edge].get("weight", 1) * used
    model.add_circuit(arcs)
    name = {i: v for v, i in number.items()}

    def read(get: Callable[[Any], int]) -> list[Any]:
        following = {u: v for u, v, used in arcs if get(used)}
        path = [number[problem.start_node]]
        while len(path) < len(number):
            path.append(following[path[-1]])
        return [name[i] for i in path]

    return all_optima(model, read, minimize=weight)


def min_cut(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    near = _booleans(model, sorted(graph))
    model.add(near[problem.source] == 1)
    model.add(near[problem.sink] == 0)
    total: Any = 0
    for u, v, capacity in graph.edges(data="capacity"):
        cut = model.new_bool_var(f"cut {u} {v}")
        model.add(cut == 1).only_enforce_if(near[u], ~near[v])
        model.add_implication(cut, near[u])
        model.add_implication(cut, ~near[v])
        total += capacity * cut
    found = all_optima(model, lambda get: [v for v in near if get(near[v])], minimize=total)
    value, _ = nx.minimum_cut(graph, problem.source, problem.sink)
    for side in found:
        crossing = [c for u, v, c in _arcs(graph) if u in side and v not in side]
        assert sum(crossing) == value
    return found


def max_flow(problem: Any) -> set[Hashable]:
    graph = problem.graph
    model = cp_model.CpModel()
    flow = {(u, v): model.new_int_var(0, c, f"{u} {v}") for u, v, c in _arcs(graph)}
    for node in graph:
        if node not in (problem.source, problem.sink):
            into = sum(f for (_, v), f in flow.items() if v == node)
            model.add(into == sum(f for (u, _), f in flow.items() if u == node))
    value, _ = nx.maximum_flow(graph, problem.source, problem.sink)
    out = sum(f for (u, _), f in flow.items() if u == problem.source)
    back = sum(f for (_, v), f in flow.items() if v == problem.source)
    model.add(out - back == value)
    return all_optima(model, lambda get: [[u, v, get(f)] for (u, v), f in flow.items()])


def _arcs(graph: nx.DiGraph) -> list[tuple[Any, Any, int]]:
    return sorted(graph.edges(data="capacity"))


def hypermaxcut(problem: Any) -> set[Hashable]:
    nodes, hyperedges = problem.graph.nodes, problem.graph.hyperedges
    weights = problem.graph.weights or [1] * len(hyperedges)
    model = cp_model.CpModel()
    side = _booleans(model, sorted(nodes))
    cuts = []
    for edge in hyperedges:
        cut = model.new_bool_var(f"cut {edge}")
        members = [side[v] for v in edge]
        model.add_bool_or(members).only_enforce_if(cut)
        model.add_bool_or(~member for member in members).only_enforce_if(cut)
        for first, second in pairwise(members):
            model.add(first == second).only_enforce_if(~cut)
        cuts.append(cut)
    weight = sum(w * cut for w, cut in zip(weights, cuts, strict=True))
    return all_optima(model, lambda get: [v for v in side if get(side[v])], maximize=weight)


SOLVERS: dict[str, Solver] = {
    "vertex_cover": vertex_cover,
    "edge_cover": edge_cover,
    "matching": matching,
    "kclique": kclique,
    "connected_components": connected_components,
    "graph_coloring": graph_coloring,
    "community_detection": community_detection,
    "graph_isomorphism": graph_isomorphism,
    "hamiltonian_path": hamiltonian_path,
    "min_cut": min_cut,
    "max_flow": max_flow,
    "hypermaxcut": hypermaxcut,
}
