"""Prompts for general models."""

from __future__ import annotations

import re
from typing import Any

import networkx as nx
import pytest

from quasar.circuits.circuit import GATES
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.hypermaxcut import HyperMaxCut
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.prompts.chat import Request
from quasar.prompts.extract import extract
from quasar.prompts.few_shot import SYSTEM, FewShot, examples, task_text
from quasar.verifier.api import verify
from support.agentq import load_records

PAIR = encode(MaxCut(nx.path_graph(2)))


def test_examples_are_optimal_and_of_their_kind() -> None:
    for problem, request, qasm in examples():
        report = verify(qasm, problem)
        assert report.feasible
        assert report.top_is_optimal
        assert report.p_optimal is not None
        assert report.p_optimal > 0.999
        assert request == request.checked()
        assert len(re.findall("^rz", qasm, re.MULTILINE)) == (
            2 * 2 * (request.layers or 0) + 2 if request.algorithm == "qaoa" else 0
        )
    assert [request.algorithm for _, request, _ in examples()] == ["qaoa", "vqe", "adaptive_vqe"]


def test_examples_are_superpositions_where_there_are_several_answers() -> None:
    """A model that copies an example that writes one bit string would write bit strings."""
    for problem, _, qasm in examples():
        quality = verify(qasm, problem).quality
        assert quality is not None
        assert quality.entropy_bits == pytest.approx(1.0, abs=1e-4)
        assert not quality.basis_state


def test_the_chat_begins_with_the_system_and_ends_with_the_task() -> None:
    chat = FewShot().render(PAIR, Request("qaoa", 1))
    assert chat[0] == {"role": "system", "content": SYSTEM}
    roles = [message["role"] for message in chat[1:]]
    assert roles == ["user", "assistant"] * len(examples()) + ["user"]
    assert chat[-1]["content"] == task_text(PAIR, Request("qaoa", 1))


def test_examples_are_answered_as_asked() -> None:
    chat = FewShot().render(PAIR, Request())
    for message, example in zip(chat[2:-1:2], examples(), strict=True):
        found = extract(message["content"])
        assert found is not None
        assert (found.how, found.qasm) == ("fence", example.qasm)


def test_the_task_in_full() -> None:
    assert task_text(PAIR, Request("qaoa", 2)) == (
        "Find the split of the nodes into two sides that cuts the largest edge weight.\n"
        "Problem: maxcut\n"
        'Graph: {"directed": false, "multigraph": false, "graph": {}, "nodes": [{"id": 0}, '
        '{"id": 1}], "edges": [{"source": 0, "target": 1}]}\n'
        "Qubits: 2\n"
        "Variables: q[0]: 0, q[1]: 1\n"
        "H = 0.5 * (Z(0) @ Z(1))\n"
        "Algorithm: QAOA: h on every qubit, then in each layer exp(-i gamma H) and exp(-i beta X) "
        "on every qubit, with a gamma and a beta of its own; 2 layers.\n"
        "Choose the angles that give this circuit its lowest energy."
    )


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request(), "Algorithm: your choice."),
        (Request(layers=1), "Algorithm: your choice, with 1 layer."),
        (Request("vqe"), "of its own."),
        (Request("vqe", 3), "of its own; 3 layers."),
        (Request("adaptive_vqe", 3), "one after the other."),
        (Request(style="agent-q"), "Agent-Q"),
    ],
)
def test_requests_in_words(request_: Request, words: str) -> None:
    assert any(line.endswith(words) or words in line for line in _lines(request_))


def _lines(request: Request) -> list[str]:
    return task_text(PAIR, request).splitlines()[-2:]


def test_adaptive_circuits_have_no_layers() -> None:
    assert "layer" not in task_text(PAIR, Request("adaptive_vqe", 3))


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_every_type_is_stated_with_its_hamiltonian(problem_type: str) -> None:
    problem = encode(PROBLEMS[problem_type].sample(generator(4, "few-shot"), 9))
    text = task_text(problem, Request())
    assert PROBLEMS[problem_type].title in text
    stated = _stated_hamiltonian(text, problem.n_qubits)
    assert stated.terms.keys() == problem.hamiltonian.terms.keys()
    for term, c in problem.hamiltonian.terms.items():
        assert stated.terms[term] == pytest.approx(c, rel=1e-5)
    assert problem.problem is not None
    assert ("Graph: " in text) == ("graph" in problem.problem.to_data())


def _stated_hamiltonian(text: str, n_qubits: int) -> IsingHamiltonian:
    [line] = [line for line in text.splitlines() if line.startswith("H = ")]
    return IsingHamiltonian.from_text(line.removeprefix("H = "), n_qubits)


def test_every_record_is_stated() -> None:
    for record in load_records():
        problem = load_problem(record)
        request = Request(record["optimization_type"], record["number_of_layers"], "agent-q")
        text = task_text(problem, request)
        assert record["graph"] in text
        assert f"Qubits: {record['number_of_qubits']}\n" in text


def test_a_bare_hamiltonian() -> None:
    hamiltonian = IsingHamiltonian.from_text("0.5 * (Z(0) @ Z(1)) + -2 * Z(1)")
    text = task_text(EncodedProblem(None, hamiltonian, (), "given", "natural"), Request())
    assert "lowest energy" in text
    assert "Variables" not in text
    assert "H = 0.5 * (Z(0) @ Z(1)) + -2 * Z(1)" in text


def test_variables_are_named_as_the_user_names_them() -> None:
    graph: Any = HyperMaxCut.from_data(
        {"graph": {"nodes": ["Ada", "Bob"], "hyperedges": [["Ada", "Bob"]]}}
    )
    assert "Variables: q[0]: Ada, q[1]: Bob" in task_text(encode(graph), Request())


def test_the_gates_named_in_the_system_message_exist() -> None:
    [line] = [line for line in SYSTEM.splitlines() if line.startswith("- Gates")]
    allowed, _, forbidden = line.removeprefix("- Gates, one a line: ").partition("There is no")
    named = re.findall(r"\b[a-z]+\b", re.sub(r"\(.*?\)", "", allowed))
    assert set(named) <= set(GATES)
    assert len(named) == len(set(named)) == 24
    assert not set(re.findall("r[xyz][xyz]", forbidden)) & set(GATES)


def test_bad_requests_are_refused() -> None:
    with pytest.raises(InputError, match="layers must be an integer of at least 1, not 0"):
        FewShot().render(PAIR, Request(layers=0))
