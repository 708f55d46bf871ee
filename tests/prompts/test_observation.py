"""Reports in words."""

from __future__ import annotations

import networkx as nx
import pytest

from quasar.problems.base import encode
from quasar.problems.load import load_problem
from quasar.problems.maxcut import MaxCut
from quasar.problems.vertex_cover import VertexCover
from quasar.prompts.few_shot import ANSWER_FORM, examples
from quasar.prompts.observation import no_program, observation
from quasar.verifier.api import verify
from quasar.verifier.settings import VerifierSettings

PATH = encode(VertexCover(nx.path_graph(3)))
HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'


def test_a_good_circuit() -> None:
    problem, _, qasm = examples()[0]
    text = observation(verify(qasm, problem))
    assert "Energy <H> = -1. The lowest possible is -1, the highest 1" in text
    assert "probability 1.0000; the most probable state is optimal" in text
    assert "- 010, probability 0.5000, energy -1 (optimal), solution [0, 2]\n" in text
    assert "Size: 33 gates, 8 of them on two qubits" in text
    assert "cannot get noticeably lower" in text
    assert text.endswith(ANSWER_FORM)


def test_a_poor_circuit_is_told_the_gap_and_not_the_answer() -> None:
    qasm = HEAD + "qubit[3] q;\nx q[1];"
    text = observation(verify(qasm, PATH))
    # Nodes 0 and 2 are selected (measured as 0): a cover, but not the smallest.
    assert "- 010, probability 1.0000, energy -0.5, solution [0, 2]\n" in text
    assert "lowest possible is -1.5" in text
    assert "1 above the lowest" in text
    assert "the most probable state is not optimal" in text
    assert "[1]" not in text
    assert "101" not in text
    assert "Improve the circuit" in text


def test_a_solution_that_breaks_a_constraint() -> None:
    text = observation(verify(HEAD + "qubit[3] q;\nx q;", PATH))
    assert "solution [] (breaks a constraint)" in text


def test_a_syntax_error_has_its_place() -> None:
    report = verify(HEAD + "qubit[3] q;\nh q[0]\nx q[1];", PATH)
    text = observation(report)
    assert report.fault is not None
    assert "not valid OpenQASM 3.0" in text
    assert f"Error in line {report.fault.line}" in text
    assert report.fault.message in text
    assert text.endswith(ANSWER_FORM)


def test_a_wrong_number_of_qubits() -> None:
    text = observation(verify(HEAD + "qubit[2] q;\nh q;", PATH))
    assert "valid but cannot be used" in text
    assert "2 qubits, the problem has 3" in text
    assert "qubit[3] q;" in text


def test_the_energy_is_physical_in_every_convention() -> None:
    qasm = HEAD + "qubit[3] q;\nx q[0];"
    settings = VerifierSettings(energy_convention="agent-q")
    assert observation(verify(qasm, PATH, settings=settings)) == observation(verify(qasm, PATH))


@pytest.mark.parametrize("max_stage", [1, 4])
@pytest.mark.parametrize("quality", [True, False])
def test_reports_without_some_of_the_measurements(quality: bool, max_stage: int) -> None:
    settings = VerifierSettings(quality=quality, max_stage=max_stage)
    text = observation(verify(HEAD + "qubit[3] q;\nh q;", PATH, settings=settings))
    assert ("Energy" in text) == (max_stage > 1)
    assert ("Size" in text) == quality
    assert text.endswith(ANSWER_FORM)


def test_length_is_bounded() -> None:
    names = ["n" * 500 + str(i) for i in range(8)]
    graph = nx.relabel_nodes(nx.path_graph(8), dict(enumerate(names)))
    problem = encode(MaxCut(graph))
    for qasm in (HEAD + "qubit[8] q;\nh q;", HEAD + "x" * 100_000 + " q;", "\x00" * 50_000):
        assert len(observation(verify(qasm, problem))) < 4000


def test_one_qubit() -> None:
    problem = load_problem({"hamiltonian": "Z(0)"})
    assert "(bits q[0])" in observation(verify(HEAD + "qubit[1] q;", problem))


def test_no_program() -> None:
    assert no_program().endswith(ANSWER_FORM)
