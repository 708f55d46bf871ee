"""Summaries in words."""

from __future__ import annotations

import networkx as nx
import pytest

import quasar
from quasar.report.phrases import solution_text
from quasar.report.terminal import generation_text, report_text, trace_text

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
NAMES = ("$x$ <b>&amp;</b>", "東京タワー", "a_b^{c}\\frac", "ein sehr langer Name " * 4)
PATH = nx.path_graph(len(NAMES))


@pytest.fixture(scope="module")
def found() -> quasar.Generation:
    graph = nx.relabel_nodes(PATH, dict(enumerate(NAMES)))
    problem = quasar.load_problem(graph, problem_type="maxcut")
    return quasar.generate(problem, "designer", refine={"max_evaluations": 20}, compare=True)


def test_a_report_on_one_gate_on_one_qubit() -> None:
    problem = {"problem_type": "ising", "hamiltonian": "1.0 * Z(0)"}
    text = report_text(quasar.verify(HEAD + "qubit q; rx(0.3) q;", problem))
    assert "1 qubit, 1 gate (none on two qubits), depth 1, 1 angle" in text
    for wrong in ("1 qubits", "1 gates", "1 angles", "1 optimiser steps"):
        assert f" {wrong}" not in text


def test_gates_without_an_effect_are_told_apart() -> None:
    problem = {"problem_type": "ising", "hamiltonian": "1.0 * Z(0)"}
    text = report_text(quasar.verify(HEAD + "qubit q; z q; rx(0.3) q; z q;", problem))
    text = " ".join(text.split())
    assert "3 gates (none on two qubits), depth 3; 1 gate (none on two qubits) has an" in text


def test_a_report_begins_with_the_answer(found: quasar.Generation) -> None:
    lines = report_text(found.best.report).splitlines()
    assert lines[0].startswith("answer ")
    labels = [line[:10].strip() for line in lines if line[:1] != " "]
    assert labels[1:3] == ["objective", "verdict"]
    assert labels.index("circuit") < labels.index("reward")


def test_a_fault_comes_first() -> None:
    problem = {"problem_type": "ising", "hamiltonian": "1.0 * Z(0)"}
    text = report_text(quasar.verify(HEAD + "qubit q; rx(0.3) r;", problem))
    assert text.startswith("infeasible: ")
    assert max(map(len, text.splitlines())) <= 80


def test_a_generation_is_told_in_80_columns(found: quasar.Generation) -> None:
    text = generation_text(found)
    assert max(map(len, text.splitlines())) <= 80
    order = [text.index(word) for word in ("  answer ", "  verdict ", "  circuit ", " tried ")]
    assert order == sorted(order)
    assert "classical   exact search: objective 3, optimal" in text
    assert "--trace lists them" in text
    assert " step " not in text
    steps = trace_text(found)
    assert max(map(len, steps.splitlines())) <= 80
    assert all(step.candidate.split(",")[0] in steps for step in found.trace)


def test_names_are_told_in_full(found: quasar.Generation) -> None:
    answer = found.best.report.quality.top_states[0].solution  # type: ignore[union-attr]
    text = " ".join(generation_text(found).split())
    assert all(" ".join(name.split()) in text for name in answer)


def test_without_a_refinement_there_are_no_steps() -> None:
    problem = quasar.load_problem(PATH, problem_type="maxcut")
    plain = quasar.generate(problem, "designer", settings={"algorithm": "qaoa", "layers": 1})
    assert "no steps" in trace_text(plain)


def test_solutions() -> None:
    assert solution_text(["Ada", 7, ["a", "b"]]) == 'Ada, 7, ["a", "b"]'
    assert solution_text([]) == "none"
    assert solution_text({"Zürich": True}) == '{"Zürich": true}'
