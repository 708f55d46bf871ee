"""Solutions of types without a graph: piles, and variables joined by the terms."""

from __future__ import annotations

import pytest

import quasar
from quasar.core.seeds import generator
from quasar.problems.base import encode
from quasar.problems.registry import PROBLEMS
from quasar.report.gallery import Gallery
from quasar.report.stack_picture import stacks_figure

ITEMS = [
    {"name": "$tent$ <b>", "weight": 4, "value": 8},
    {"name": "stove", "weight": 2, "value": 4},
    {"name": "camera", "weight": 3, "value": 4},
]
HIKE = quasar.load_problem(
    {
        "problem_type": "knapsack",
        "problem_specific_attributes": {"items": ITEMS, "capacity": 6},
    }
).problem


def test_the_packed_items_stand_beside_those_left_out() -> None:
    assert HIKE is not None
    found = HIKE.stacks(["stove", "$tent$ <b>"])
    assert found is not None
    assert (found.title, found.limit) == ("value 12", 6.0)
    assert [stack.name for stack in found.stacks] == ["packed", "left out"]
    assert dict(found.stacks[0].parts) == {"stove": 2.0, "$tent$ <b>": 4.0}
    assert found.stacks[1].aside
    axes = stacks_figure(found).axes[0]
    said = {text.get_text() for text in axes.texts}
    assert {"$tent$ <b> (4)", "stove (2)", "at most 6", "6"} <= said
    assert not any(text.get_parse_math() for text in axes.texts if "tent" in text.get_text())


def test_too_much_is_hatched() -> None:
    assert HIKE is not None
    found = HIKE.stacks([item["name"] for item in ITEMS])
    assert found is not None
    assert found.title == "value 16 (infeasible)"
    assert stacks_figure(found).axes[0].patches[0].get_hatch()


@pytest.mark.parametrize(
    "problem_type", ["knapsack", "quadratic_knapsack", "bin_packing", "number_partitioning"]
)
def test_every_thing_is_in_one_pile(problem_type: str) -> None:
    problem = PROBLEMS[problem_type].sample(generator(4, problem_type), 10)
    encoded = encode(problem)
    for index in (int(encoded.optimality.states(1)[0]), 0, (1 << encoded.n_qubits) - 1):
        decoded = encoded.decode(index)
        assert decoded is not None
        found = problem.stacks(decoded.solution)
        assert found is not None
        assert ("infeasible" in found.title) == (not decoded.feasible)
        heights = sum(size for stack in found.stacks for _, size in stack.parts)
        drawn = stacks_figure(found).axes[0].patches
        assert sum(patch.get_height() for patch in drawn) == pytest.approx(heights)


def test_terms_join_variables() -> None:
    problem = PROBLEMS["hubo"]([(["a", "b"], -2.0), (["a"], 1.0), (["a", "b", "c"], 3.0)])
    found = problem.overlay({"a": 1, "b": 1, "c": 0})
    assert found is not None
    assert found.title == "value -1"
    assert found.groups == {"a": 0, "b": 0, "c": 1}
    assert found.notes == {"a": "1"}
    assert found.strong == {("a", "b")}
    assert len(found.junctions) == 1
    assert [entry.text for entry in found.legend] == [
        "1", "0", "term of more variables", "lowers the cost",
    ]  # fmt: skip


def test_spins() -> None:
    found = PROBLEMS["ising"].from_data(
        {"problem_type": "ising", "hamiltonian": "1.0 * Z(0) @ Z(1) + 0.5 * Z(1)"}
    )
    overlay = found.overlay([1, -1])
    assert overlay is not None
    assert overlay.groups == {0: 0, 1: 1}
    assert overlay.strong == {(0, 1)}
    assert overlay.edge_labels == {(0, 1): "1"}


def test_the_first_picture_there_is() -> None:
    circuit = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nh q;'
    problem = {
        "problem_type": "max_3sat",
        "problem_specific_attributes": {"clauses": [[1, 2, 3], [-1, 2, -3]]},
    }
    report = quasar.verify(circuit, problem)
    assert report.plot() is not None
    judged = report.judged
    assert not Gallery(judged.problem, report, judged.qasm).has_graph
