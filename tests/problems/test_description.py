"""What is told of each problem type agrees with what the type does."""

from __future__ import annotations

import json

import pytest

from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.description import describe, describe_all, template
from quasar.problems.load import load_problem
from quasar.problems.registry import ALIASES, PROBLEMS, problem_class

ATTRIBUTES = "problem_specific_attributes"


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_the_template_is_a_problem_file_of_the_type(name: str) -> None:
    told = describe(name)
    data = json.loads(json.dumps(told.template))
    assert data["problem_type"] == name
    problem = load_problem(data)
    assert problem.n_qubits <= 9
    assert set(told.required) <= {
        *told.fields, *told.attributes, *told.nodes, *told.edges
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_what_is_required_is_missed_by_name(name: str) -> None:
    told = describe(name)
    for key in told.required:
        if key in told.attributes:
            data = template(name)
            del data[ATTRIBUTES][key]
            with pytest.raises(ProblemError, match=f"{key}"):
                load_problem(data)


@pytest.mark.parametrize("name", sorted(PROBLEMS))
def test_what_has_a_default_can_be_left_out(name: str) -> None:
    told = describe(name)
    assert not set(told.defaults) & set(told.required)
    data = template(name)
    for key in told.defaults:
        if key in told.attributes:
            data.get(ATTRIBUTES, {}).pop(key, None)
    load_problem(data)


COUNTED = {
    "one per node": lambda p: len(list(p.graph.nodes)),
    "one per edge": lambda p: len(p.graph.edges),
    "one per set": lambda p: len(p.sets),
    "one per node, less one": lambda p: len(p.graph) - 1,
    "one per node other than the given one": lambda p: len(p.graph) - 1,
    "nodes times colours": lambda p: len(p.graph) * p.number_of_colors,
    "nodes times communities": lambda p: len(p.graph) * p.number_of_communities,
    "nodes squared": lambda p: len(p.graph) ** 2,
    "(n - 2) squared for n nodes": lambda p: (len(p.graph) - 2) ** 2,
    "(n - 1) squared for n nodes": lambda p: (len(p.graph) - 1) ** 2,
    "(n - 1)(k - 1) for n nodes": lambda p: (len(p.graph) - 1) * (p.k - 1),
    "n squared for n facilities": lambda p: len(p.to_data()[ATTRIBUTES]["flows"]) ** 2,
    "N (N + K - 1) for N customers and K vehicles": lambda p: (
        (len(p.graph) - 1) * (len(p.graph) - 1 + p.vehicles - 1)
    ),
    "one per number": lambda p: len(p.numbers),
    "one per asset": lambda p: len(p.assets),
    "one per sign": lambda p: p.length,
    "those of the Hamiltonian": lambda p: p.hamiltonian.n_qubits,
    "one per item, and one per binary digit of the capacity": lambda p: (
        len(p.items) + p.capacity.bit_length()
    ),
    "for each arc as many as its capacity has binary digits": lambda p: sum(
        int(c).bit_length() for _, _, c in p.graph.edges(data="capacity")
    ),
}
"""Of an instance, the number that the words say."""
UNCHECKED = {
    "max_3sat", "max_sat", "qubo", "hubo", "bin_packing", "job_shop", "integer_program"
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PROBLEMS.keys() - UNCHECKED))
def test_the_number_of_qubits_is_as_said(name: str) -> None:
    count = COUNTED[describe(name).qubits]
    for seed in range(5):
        problem = PROBLEMS[name].sample(generator(seed, "description"), 12)
        assert encode(problem).n_qubits == count(problem)


def test_graphs_of_either_kind() -> None:
    told = {one.problem_type: one.graph for one in describe_all()}
    assert told["tsp"] == "undirected or directed"
    assert told["min_cut"] == "directed"
    assert told["hypermaxcut"] == "hypergraph"
    assert told["maxcut"] == "undirected"
    assert told["knapsack"] is None


def test_kclique_needs_k() -> None:
    told = describe("k-clique")
    assert told.required == ["graph", "k"]
    assert told.attributes == {"k": "size of the clique"}


def test_aliases_are_names_of_the_type() -> None:
    for one in describe_all():
        assert all(problem_class(alias).problem_type == one.problem_type for alias in one.aliases)
    assert sum(len(one.aliases) for one in describe_all()) == len(ALIASES)


def test_texts_are_phrases() -> None:
    for one in describe_all():
        for text in (one.qubits, one.solution, one.objective):
            assert text
            assert not text.endswith(".")
