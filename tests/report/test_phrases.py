"""A result's measurements in words."""

from __future__ import annotations

import networkx as nx
import pytest

import quasar
from quasar.agent.candidate import Candidate, rank_key
from quasar.report.phrases import ranking_text, shortened, state_text, state_word
from quasar.simulate.state_facts import ENTANGLED_FROM

PROBLEM = quasar.load_problem(nx.Graph([("a", "b")]), problem_type="maxcut")


def report(*gates: str) -> quasar.Report:
    head = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\n'
    return quasar.verify(head + "\n".join(gates), PROBLEM)


ALMOST = report("x q[1];", "ry(0.03) q[0];", "cx q[0], q[1];")  # Q = sin²(0.03) = 0.0009
ENTANGLED = report("x q[1];", "ry(0.04) q[0];", "cx q[0], q[1];", "h q[0];")
PRODUCT = report("x q[1];", "ry(0.04) q[0];")
STRING = report("x q[1];", "x q[0];")


@pytest.mark.parametrize(
    ("found", "word", "text"),
    [
        (ENTANGLED, "entangled", "entangled (Meyer-Wallach 0.002)"),
        (ALMOST, "near product", "nearly a product state (Meyer-Wallach 9.0e-04): a classical"),
        (PRODUCT, "product", "a product state: a classical answer"),
        (STRING, "bit string", "one bit string: a classical answer"),
    ],
)
def test_the_word_for_a_state_agrees_with_its_rank(
    found: quasar.Report, word: str, text: str
) -> None:
    assert found.quality is not None
    assert state_word(found) == word
    assert state_text(found.quality).startswith(text)
    key = rank_key(Candidate("c", "model", "", found))
    assert (key[1] == 0.0) == (word == "entangled") == (not found.quality.classical)


def test_fewer_shots_below_more_are_explained() -> None:
    assert ALMOST.shots_to_optimum == 1
    assert ENTANGLED.shots_to_optimum is not None
    assert ENTANGLED.shots_to_optimum > 1
    told = ranking_text([ENTANGLED, ALMOST])
    assert f"below {ENTANGLED_FROM:g}" in told
    assert ranking_text([ALMOST, ENTANGLED]) == ""  # nothing to explain
    assert ranking_text([ENTANGLED, STRING]) == ""  # it shows no optimum at all
    assert ranking_text([ENTANGLED, report("oops")]) == ""
    assert ranking_text([]) == ""


def test_a_long_answer_is_shortened_and_a_short_one_is_not() -> None:
    assert shortened(list(range(200))).endswith("198, 199")
    assert shortened(list(range(2500))).endswith("198, 199, … 2,300 more")
    assert shortened({str(i): i for i in range(300)}).endswith("}")
