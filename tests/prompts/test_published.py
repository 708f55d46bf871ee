"""The published checkpoints' prompt, letter for letter."""

from __future__ import annotations

import networkx as nx
import pytest

from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.registry import PROBLEMS
from quasar.prompts.chat import Request
from quasar.prompts.published import SYSTEM, Published, graph_text, published_prompt
from support.agentq import load_records

EDGE = (
    '{"directed": false, "multigraph": false, "graph": {}, "nodes": [{"id": 0}, {"id": 1}], '
    '"edges": [{"source": 0, "target": 1}]}'
)


def test_the_form_of_the_model_card() -> None:
    problem = encode(GraphColoring(nx.path_graph(2), 2))
    assert Published().render(problem, Request(layers=3)) == [
        {"role": "system", "content": SYSTEM},
        {
            "role": "user",
            "content": "Design a QASM 3.0 quantum circuit with 4 qubits and 3 layers to solve the "
            f"graph_coloring with 2 colors given the graph: {EDGE}. Provide valid QASM 3.0 code "
            "with optimal parameters.",
        },
    ]


def test_without_details_and_layers() -> None:
    text = published_prompt(encode(MaxCut(nx.path_graph(2))))
    assert f"with 2 qubits and 1 layers to solve the maxcut  given the graph: {EDGE}." in text


def test_the_graph_of_every_record_is_written_as_the_record_has_it() -> None:
    for record in load_records():
        text = published_prompt(load_problem(record), Request(layers=record["number_of_layers"]))
        start = f"with {record['number_of_qubits']} qubits and {record['number_of_layers']} layers"
        assert start in text
        assert f" given the graph: {record['graph']}. Provide valid" in text
        assert f"to solve the {record['problem_type']} " in text


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
def test_every_type_is_stated_in_full(problem_type: str) -> None:
    problem = PROBLEMS[problem_type].sample(generator(1, "published"), 9)
    text = published_prompt(encode(problem))
    assert problem.prompt_details() in text
    assert ("given the graph" in text) == ("graph" in problem.to_data())


def test_a_bare_hamiltonian_is_stated_as_ising() -> None:
    hamiltonian = IsingHamiltonian.from_text("0.5 * (Z(0) @ Z(1))")
    text = published_prompt(EncodedProblem(None, hamiltonian, (), "given", "natural"))
    assert "to solve the ising of the Hamiltonian 0.5 * (Z(0) @ Z(1))." in text


def test_an_algorithm_cannot_be_told() -> None:
    problem = encode(MaxCut(nx.path_graph(2)))
    assert published_prompt(problem, Request("vqe", 2)) == published_prompt(
        problem, Request(layers=2)
    )


def test_bad_requests_and_graphs_are_refused() -> None:
    problem = encode(MaxCut(nx.path_graph(2)))
    with pytest.raises(InputError, match="layers must be an integer of at least 1, not 0"):
        published_prompt(problem, Request(layers=0))
    with pytest.raises(InputError, match="plain numbers and texts"):
        graph_text({"nodes": {1, 2}})
