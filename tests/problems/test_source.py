"""What may be passed as a problem, and the file it is written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dimod
import networkx as nx
import numpy as np
import pytest
from qiskit.quantum_info import SparsePauliOp

from quasar.core.errors import ProblemError
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.load import load_problem, problem_content
from quasar.problems.registry import PROBLEMS
from quasar.problems.source import file_content
from support.plain_id import plain_id

GRAPH = nx.petersen_graph()


def same(a: EncodedProblem, b: EncodedProblem) -> bool:
    return a == b and a.hamiltonian.constant == b.hamiltonian.constant


@pytest.mark.parametrize(
    ("source", "given", "kind"),
    [
        (GRAPH, {"problem_type": "maxcut"}, "maxcut"),
        (GRAPH, {"problem_type": "kclique", "attributes": {"k": 3}}, "kclique"),
        ({"graph": GRAPH}, {"problem_type": "maxcut"}, "maxcut"),
        ({"graph": GRAPH, "problem_type": "maxcut"}, {"problem_type": "maxcut"}, "maxcut"),
        ('{"qubo": {"a": 1}}', {}, "qubo"),
        (dimod.BinaryQuadraticModel({"a": 1}, {}, 0.5, "SPIN"), {}, "qubo"),
        (dimod.BinaryPolynomial({"abc": 1.0, "": 2.0}, "SPIN"), {}, "hubo"),
        (SparsePauliOp(["ZZI", "III"], [1, 0.5]), {}, "ising"),
    ],
    ids=plain_id,
)
def test_forms(source: Any, given: dict[str, Any], kind: str) -> None:
    encoded = load_problem(source, **given)
    assert encoded.problem is not None
    assert encoded.problem.problem_type == kind
    assert same(load_problem(json.loads(json.dumps(file_content(encoded)))), encoded)
    if not given:
        assert same(load_problem(json.loads(json.dumps(problem_content(source)))), encoded)


@pytest.mark.parametrize(
    ("source", "given", "message"),
    [
        (GRAPH, {}, "problem_type='maxcut'"),
        (GRAPH, {"problem_type": 3}, "name such as 'maxcut'"),
        (GRAPH, {"problem_type": "maxcuts"}, "unknown problem type"),
        (GRAPH, {"problem_type": "maxcut", "attributes": [3]}, "attributes must be a dict"),
        (GRAPH, {"problem_type": "maxcut", "encoding": "best"}, "unknown encoding"),
        (GRAPH, {"problem_type": "maxcut", "variable_order": "any"}, "unknown variable order"),
        ({"graph": GRAPH, "problem_type": "maxcut"}, {"problem_type": "tsp"}, "given twice"),
        ("file.json", {"problem_type": "maxcut"}, "no problem file at"),
        (load_problem(GRAPH, problem_type="maxcut"), {"problem_type": "tsp"}, "go with a graph"),
        (None, {}, "not None"),
        (7, {}, "not int"),
        (np.eye(2), {}, "does not say what to find in it: add --type"),
        (Path(__file__).open(), {}, "Pass the file's name"),  # noqa: SIM115
        ("a\0b", {}, "not a file name"),
        ("", {}, "folder"),
    ],
)
def test_refusals(source: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        load_problem(source, **given)


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_encoded_problems_survive_their_file(problem_type: str) -> None:
    for seed in range(3):
        problem = PROBLEMS[problem_type].sample(np.random.default_rng(seed), 12)
        for encoding in problem.encodings:
            for order in ("natural", "lexicographic"):
                encoded = encode(problem, encoding, order)  # type: ignore[arg-type]
                again = load_problem(json.loads(json.dumps(file_content(encoded))))
                assert again.hamiltonian == encoded.hamiltonian
                assert again.hamiltonian.constant == encoded.hamiltonian.constant
                for state in (0, 1, 3):
                    one, two = again.decode(state), encoded.decode(state)
                    assert one is not None
                    assert two is not None
                    assert (one.solution, one.feasible) == (two.solution, two.feasible)
                    assert one.objective == pytest.approx(two.objective, abs=1e-12)


def test_a_hamiltonian_of_no_encoding_survives() -> None:
    given = load_problem(
        {"problem_type": "maxcut", "graph": GRAPH, "cost_hamiltonian": "2.0 * Z(0) + 1.5"}
        | {"number_of_qubits": 10, "circuit_with_params": "OPENQASM 3.0;"}
    )
    assert given.encoding == "given"
    assert same(load_problem(file_content(given)), given)
    bare = EncodedProblem(None, given.hamiltonian, (), "given", "natural")
    assert load_problem(file_content(bare)).hamiltonian == bare.hamiltonian
