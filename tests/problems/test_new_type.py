"""A problem type of one class and one line in the registry does everything that others do."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, Self

import networkx as nx
import numpy as np
import pytest
from typer.testing import CliRunner

import quasar
from quasar.cli.main import app
from quasar.core.errors import InputError, ProblemError
from quasar.core.polynomial import Polynomial
from quasar.core.seeds import generator
from quasar.data.check import check_record
from quasar.data.identity import instance_id
from quasar.data.shard import build_record
from quasar.problems import graphs, sampling
from quasar.problems.base import Solution, encode
from quasar.problems.bases import NodeSubset
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.overlay import LegendEntry, SolutionOverlay
from quasar.problems.penalties import products
from quasar.problems.registry import PROBLEMS
from quasar.problems.structure import GraphStructure
from quasar.problems.words import COUNT, Names, only, stated
from quasar.prompts.chat import Request
from quasar.prompts.details import _type_pattern
from quasar.prompts.published import published_prompt
from quasar.prompts.read_back import read_prompt
from support.small_data import small


class DensestNodes(NodeSubset):
    """Solution: list of the nodes chosen, `size` of them. Objective: how many edges join them."""

    problem_type = "densest_nodes"
    title = "Find a given number of nodes with as many edges among them as possible"
    sense = "max"
    qubits = "one per node"
    answer = "list of the nodes chosen"
    goal = "edges among them"
    reads = Reads(
        attributes={"size": "how many nodes"}, wording={"size": "with a group of 3 nodes"}
    )
    spelling = "densest_(?:nodes|subgraph)"
    counts = GraphStructure(scalars=("size",))

    def __init__(self, graph: nx.Graph, size: int) -> None:
        if not 1 <= size <= len(graph):
            raise ProblemError(f"'size' is {size}: choose 1 to {len(graph)}.")
        super().__init__(graph)
        self.size = size

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        size = graphs.attribute(graphs.attributes_of(data), "size", int, 3)
        return cls(graphs.read_graph(data), size)

    def attributes(self) -> dict[str, Any]:
        return {"size": self.size}

    def formulation(self) -> Formulation:
        wrong = Polynomial.linear(dict.fromkeys(self.graph.nodes, -1), self.size).square()
        weight = self.graph.number_of_edges() + 1
        penalties = Penalties(wrong * weight, weight, "more than all edges together")
        return Formulation(-products(self.graph.edges), [Constraint(wrong)], penalties)

    def is_feasible(self, solution: Solution) -> bool:
        chosen = set(graphs.from_json_list(solution))
        return len(chosen) == len(solution) == self.size and chosen <= set(self.graph)

    def objective(self, solution: Solution) -> float:
        return float(self.graph.subgraph(graphs.from_json_list(solution)).number_of_edges())

    def prompt_details(self) -> str:
        return f"with a group of {self.size} nodes"

    @classmethod
    def read_details(cls, words: str, names: Names) -> dict[str, Any]:
        return stated(size=only(words, rf"group\s+of\s+{COUNT}", "sizes of the group"))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        chosen = graphs.from_json_list(solution)
        return SolutionOverlay(
            self.graph,
            f"{len(chosen)} nodes",
            groups=dict.fromkeys(chosen, 0),
            legend=[LegendEntry("chosen", 0)],
        )

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 3)
        graph = sampling.random_graph(rng, 3, min(12, max_qubits))
        return cls(graph, sampling.integer(rng, 2, len(graph) - 1))


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(PROBLEMS, DensestNodes.problem_type, DensestNodes)
    _type_pattern.cache_clear()
    yield
    _type_pattern.cache_clear()


@pytest.fixture
def problem() -> DensestNodes:
    graph = nx.Graph([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("d", "e")])
    return DensestNodes(graph, 3)


def test_its_ground_states_are_its_optimal_solutions() -> None:
    for seed in range(20):
        sample = DensestNodes.sample(generator(seed, "new type"), 7)
        encoded = encode(sample)
        groups = [list(c) for c in itertools.combinations(graphs.nodes(sample.graph), sample.size)]
        most = max(map(sample.objective, groups))
        best = {frozenset(group) for group in groups if sample.objective(group) == most}
        states = [encoded.decode(int(k)) for k in encoded.hamiltonian.spectrum.ground_states]
        assert {frozenset(state.solution) for state in states if state} == best


def test_its_files_are_read_and_checked(problem: DensestNodes) -> None:
    data = json.loads(json.dumps(problem.to_data()))
    assert quasar.load_problem(data).problem == problem
    data["problem_specific_attributes"]["sizes"] = 3
    with pytest.raises(ProblemError, match="densest_nodes does not read: did you mean 'size'"):
        quasar.load_problem(data)


def test_it_is_solved_and_verified(problem: DensestNodes) -> None:
    found = quasar.generate(problem, model="designer", request={"algorithm": "vqe", "layers": 1})
    assert found.best.report is not None
    again = quasar.verify(found.best.qasm, problem)
    assert again.feasible
    assert again.stages.objective == found.best.report.stages.objective


@pytest.mark.parametrize("name", ["densest_nodes", "Densest Nodes", "densest-subgraph"])
def test_its_prompts_are_read_back(problem: DensestNodes, name: str) -> None:
    encoded = encode(problem)
    text = published_prompt(encoded, Request(layers=2)).replace("densest_nodes", name)
    again, request = read_prompt(text)
    assert again.problem == problem
    assert request == Request(layers=2)
    with pytest.raises(InputError, match=r"does not state 'size'.* with a group of 3 nodes"):
        read_prompt(text.replace("group of 3", "group of some"))


def test_it_is_drawn_on_its_graph(problem: DensestNodes) -> None:
    right, wrong = problem.overlay(["a", "b", "c"]), problem.overlay(["a", "b"])
    assert right is not None
    assert wrong is not None
    assert right.groups == {"a": 0, "b": 0, "c": 0}
    assert (right.title, wrong.title) == ("3 nodes", "2 nodes (infeasible)")


def test_instances_are_told_apart_by_what_counts(problem: DensestNodes) -> None:
    names = dict(zip("abcde", "vwxyz", strict=True))
    renamed = DensestNodes(nx.relabel_nodes(problem.graph, names), 3)
    assert instance_id(renamed) == instance_id(problem)
    assert instance_id(DensestNodes(problem.graph, 2)) != instance_id(problem)


def test_it_is_built_into_data_sets() -> None:
    settings = small(
        problems={"densest_nodes": 1.0}, encodings={"exact": 1.0}, algorithms={"vqe": 1.0}
    )
    record = build_record(settings, 0)
    assert record["problem_type"] == "densest_nodes"
    assert check_record(record, settings) == []
    assert quasar.load_problem(json.loads(record["problem"])).problem is not None


def test_it_is_listed() -> None:
    told = CliRunner().invoke(app, ["problems", "densest-nodes"])
    assert told.exit_code == 0
    assert "how many nodes" in told.output
