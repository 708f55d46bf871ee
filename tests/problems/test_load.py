"""Problem files: every form that is read, and one clear sentence for every form that is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import quasar
from quasar.core.errors import ProblemError
from quasar.problems.load import load_problem
from support.agentq import load_records

EDGE = {
    "problem_type": "vertex_cover",
    "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1}]},
}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_objects_and_json_strings_are_the_same(tmp_path: Path) -> None:
    strings = {**EDGE, "graph": json.dumps(EDGE["graph"]), "problem_specific_attributes": "null"}
    assert load_problem(written(tmp_path, strings)).hamiltonian == load_problem(EDGE).hamiltonian


def test_encoding_comes_from_option_then_file_then_exact() -> None:
    data = {
        "problem_type": "hypermaxcut",
        "graph": {"nodes": [0, 1, 2], "hyperedges": [[0, 1, 2]]},
    }
    assert load_problem(data).encoding == "exact"
    assert load_problem({**data, "encoding": "agent-q"}).encoding == "agent-q"
    assert load_problem({**data, "encoding": "agent-q"}, encoding="exact").encoding == "exact"


def test_records_are_solved_for_their_own_hamiltonian() -> None:
    orders = set()
    for record in load_records():
        problem = load_problem(record)
        orders.add(problem.variable_order)
        assert problem.n_qubits == record["number_of_qubits"]
        assert problem.reference == record["circuit_with_params"]
        assert len(problem.variables) == problem.n_qubits
    assert orders == {"natural", "lexicographic"}


def test_a_foreign_hamiltonian_is_kept_and_not_decoded() -> None:
    problem = load_problem({**EDGE, "cost_hamiltonian": "1.5 * (Z(0) @ Z(1))"})
    assert problem.encoding == "given"
    assert problem.hamiltonian.terms == {(0, 1): 1.5}
    assert problem.decode(0) is None
    report = quasar.verify('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q; x q[0];', problem)
    assert report.top_is_optimal
    assert any("cannot be decoded" in remark for remark in report.remarks)


def test_free_forms_need_no_problem_type() -> None:
    assert load_problem({"hamiltonian": "Z(0) + 2 * (Z(0) @ Z(1))"}).n_qubits == 2
    assert load_problem({"qubo": {"a": -1, "a*b": 2}}).variables == ("a", "b")


@pytest.mark.parametrize("name", ["vertex-cover", "VertexCover", "vertex cover", "mvc"])
def test_other_spellings_of_a_type(name: str) -> None:
    problem = load_problem({**EDGE, "problem_type": name}).problem
    assert problem is not None
    assert problem.problem_type == "vertex_cover"


def test_names_with_spaces_and_unicode_come_back(tmp_path: Path) -> None:
    nodes = ["Gare du Nord", "Ōsaka 大阪", "10"]
    graph = {
        "nodes": [{"id": n} for n in nodes],
        "edges": [{"source": nodes[0], "target": n} for n in nodes[1:]],
    }
    problem = load_problem(written(tmp_path, {**EDGE, "graph": graph}))
    solution = problem.decode(int(problem.hamiltonian.spectrum.ground_states[0])).solution
    assert solution == ["Gare du Nord"]


def test_isolated_nodes_are_fine_where_the_problem_allows() -> None:
    graph = {**EDGE["graph"], "nodes": [{"id": 0}, {"id": 1}, {"id": 2}]}
    assert load_problem({**EDGE, "graph": graph}).n_qubits == 3


BAD = {
    "not json": ("{nope", "not JSON"),
    "json lines": ('{"a": 1}\n{"a": 2}', "--records"),
    "a list": ("[1, 2]", "must hold a JSON object"),
    "no type": ({"graph": EDGE["graph"]}, "no 'problem_type'"),
    "unknown type": ({**EDGE, "problem_type": "sudoku"}, "unknown problem type 'sudoku'; known:"),
    "no graph": ({"problem_type": "vertex_cover"}, "no 'graph'"),
    "empty graph": ({**EDGE, "graph": {"nodes": [], "edges": []}}, "is empty"),
    "not node-link": ({**EDGE, "graph": {"edges": []}}, "must have the lists"),
    "self-loop": (
        {**EDGE, "graph": {"nodes": [{"id": 0}], "edges": [{"source": 0, "target": 0}]}},
        "edge to itself",
    ),
    "unknown node": (
        {**EDGE, "graph": {"nodes": [{"id": 0}], "edges": [{"source": 0, "target": 7}]}},
        "not in the list of nodes",
    ),
    "no capacities": (
        {
            "problem_type": "min_cut",
            "graph": {**EDGE["graph"], "directed": True},
            "problem_specific_attributes": {"source": 0, "sink": 1},
        },
        "'capacity'",
    ),
    "no colours": ({**EDGE, "problem_type": "graph_coloring"}, "'number_of_colors'"),
    "unknown encoding": ({**EDGE, "encoding": "fancy"}, "unknown encoding 'fancy'"),
    "no agent-q": (
        {**EDGE, "problem_type": "maxcut", "encoding": "agent-q"},
        "no 'agent-q' encoding",
    ),
    "attributes": ({**EDGE, "problem_specific_attributes": [1]}, "must be an object or null"),
    "hamiltonian": ({**EDGE, "cost_hamiltonian": "X(0)"}, "cannot be read at 'X(0)'"),
    "hamiltonian type": ({**EDGE, "cost_hamiltonian": 3}, "must be text"),
    "too few qubits": (
        {**EDGE, "cost_hamiltonian": "Z(5)", "number_of_qubits": 2},
        "names Z(5) but the problem has 2 qubits",
    ),
    "bad qubit count": (
        {**EDGE, "cost_hamiltonian": "Z(0)", "number_of_qubits": "two"},
        "'number_of_qubits' must be",
    ),
}


@pytest.mark.parametrize(("content", "words"), BAD.values(), ids=BAD)
def test_bad_files_get_one_sentence(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(ProblemError) as caught:
        load_problem(written(tmp_path, content))
    message = str(caught.value)
    assert words in message
    assert "\n" not in message
    assert message.endswith(".")


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    content = json.dumps({"problem_type": "ising", "hamiltonian": "Z(0)"}).replace(",", ",\r\n")
    path = tmp_path / "p.json"
    path.write_bytes(b"\xef\xbb\xbf" + content.encode())
    assert load_problem(path).n_qubits == 1


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="no problem file at"):
        load_problem(tmp_path / "absent.json")
    with pytest.raises(ProblemError, match="is a folder"):
        load_problem(tmp_path)
    binary = tmp_path / "records.jsonl.gz"
    binary.write_bytes(b"\x1f\x8b\xff\xfe")
    with pytest.raises(ProblemError, match="damaged packed file"):
        load_problem(binary)


def test_forty_qubits_are_refused_with_the_reason() -> None:
    data = {
        "problem_type": "maxcut",
        "graph": {
            "nodes": [{"id": i} for i in range(40)],
            "edges": [{"source": i, "target": i + 1} for i in range(39)],
        },
    }
    problem = load_problem(data)  # the Hamiltonian itself is cheap
    assert problem.n_qubits == 40
    with pytest.raises(ProblemError, match=r"40 qubits asked for.*stops at 24"):
        _ = problem.hamiltonian.spectrum


def test_a_record_may_carry_the_whole_problem_file() -> None:
    text = "0.5 * (Z(0) @ Z(1)) + -0.25 * Z(1)"
    whole = {"problem_type": "ising", "hamiltonian": text, "number_of_qubits": 2}
    record = {"graph": "null", "problem": json.dumps(whole), "cost_hamiltonian": text}
    problem = load_problem(record)
    assert problem.problem is not None
    assert problem.problem.problem_type == "ising"
    assert problem.encoding == "exact"
    assert load_problem({**whole, "problem": "my spins"}).n_qubits == 2


def test_a_path_may_be_a_string(tmp_path: Path) -> None:
    path = tmp_path / "problem.json"
    content = '\n {"hamiltonian": "0.5 * Z(0)", "number_of_qubits": 1}'
    path.write_text(content)
    assert load_problem(str(path)).problem == load_problem(path).problem
    assert load_problem(content).problem == load_problem(path).problem
