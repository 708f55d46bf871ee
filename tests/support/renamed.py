"""Copies of problem files with other names, and all lists in another order."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import numpy as np

from quasar.problems.sampling import permutation

Data = dict[str, Any]
_MARKS = ("source", "sink", "node", "start_node", "end_node", "depot")


def renamed(data: Data, rng: np.random.Generator) -> Data:
    """The same instance under other names."""
    data = copy.deepcopy(data)
    attributes = data.get("problem_specific_attributes") or {}
    if "graph" in data:
        names = _rename_graph(data["graph"], rng)
        for mark in _MARKS:
            if mark in attributes:
                attributes[mark] = names[json.dumps(attributes[mark])]
        if "autoisomorphic_graph" in attributes:
            _rename_graph(attributes["autoisomorphic_graph"], rng)
        attributes.pop("extra", None)  # names nodes
    if "numbers" in attributes:
        attributes["numbers"] = permutation(rng, attributes["numbers"])
    if "items" in attributes:
        attributes["items"] = permutation(rng, attributes["items"])
    lists = [key for key in ("clauses", "hard_clauses") if key in attributes]
    if lists:
        variables = sorted({abs(v) for key in lists for clause in attributes[key] for v in clause})
        to = dict(zip(variables, permutation(rng, variables), strict=True))
        for key in lists:
            clauses = [
                permutation(rng, [to[abs(v)] * (1 if v > 0 else -1) for v in clause])
                for clause in attributes[key]
            ]
            order = permutation(rng, range(len(clauses)))
            attributes[key] = [clauses[i] for i in order]
            if key == "clauses" and "weights" in attributes:
                attributes["weights"] = [attributes["weights"][i] for i in order]
    if "covariance" in attributes:
        order = permutation(rng, range(len(attributes["covariance"])))
        rows = attributes["covariance"]
        attributes["covariance"] = [[rows[i][j] for j in order] for i in order]
        attributes["expected_returns"] = [attributes["expected_returns"][i] for i in order]
    if "hamiltonian" in data:
        n = data["number_of_qubits"]
        to_qubit = permutation(rng, range(n))
        data["hamiltonian"] = re.sub(
            r"Z\((\d+)\)", lambda m: f"Z({to_qubit[int(m[1])]})", data["hamiltonian"]
        )
    for kind in ("qubo", "hubo"):
        if kind in data:
            labels = sorted({v for key, _ in data[kind] for v in key})
            names = dict(zip(labels, permutation(rng, labels), strict=True))
            terms = [[permutation(rng, [names[v] for v in key]), c] for key, c in data[kind]]
            data[kind] = permutation(rng, terms)
    return data


def _rename_graph(graph: Data, rng: np.random.Generator) -> dict[str, Any]:
    """Rename in place; returns the new name of each old one (as JSON)."""
    hyper = "hyperedges" in graph
    old = graph["nodes"] if hyper else [node["id"] for node in graph["nodes"]]
    fresh = [f"n{i}" for i in permutation(rng, range(len(old)))]
    to = {json.dumps(name): new for name, new in zip(old, fresh, strict=True)}
    if hyper:
        graph["nodes"] = permutation(rng, fresh)
        graph["hyperedges"] = permutation(
            rng,
            [permutation(rng, [to[json.dumps(v)] for v in edge]) for edge in graph["hyperedges"]],
        )
        return to
    for node in graph["nodes"]:
        node["id"] = to[json.dumps(node["id"])]
    for edge in graph["edges"]:
        edge["source"], edge["target"] = (
            to[json.dumps(edge["source"])],
            to[json.dumps(edge["target"])],
        )
        if not graph["directed"] and rng.random() < 0.5:
            edge["source"], edge["target"] = edge["target"], edge["source"]
    graph["nodes"] = permutation(rng, graph["nodes"])
    graph["edges"] = permutation(rng, graph["edges"])
    return to
