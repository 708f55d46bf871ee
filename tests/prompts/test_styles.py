"""The registry of styles, and what every style promises."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import pytest

from quasar.core.errors import InputError
from quasar.optimize.decimation import guided_decimation
from quasar.problems.base import encode
from quasar.problems.graph_coloring import GraphColoring
from quasar.problems.vertex_cover import VertexCover
from quasar.prompts.answer_plan import AnswerPlan, plan_line, qaoa_plan
from quasar.prompts.chat import Request
from quasar.prompts.compact import compact_prompt
from quasar.prompts.few_shot import task_text
from quasar.prompts.observation import observation
from quasar.prompts.published import published_prompt
from quasar.prompts.styles import STYLES, get_style
from quasar.recipes.converged.qaoa_table import angle_sets
from quasar.verifier.api import verify

PROBLEM = encode(VertexCover(nx.path_graph(4)))


@pytest.mark.parametrize("name", sorted(STYLES))
def test_every_style_ends_in_the_users_turn_and_is_deterministic(name: str) -> None:
    style = get_style(name)
    assert style.name == name
    chat = style.render(PROBLEM, Request("qaoa", 1))
    assert chat == get_style(name).render(PROBLEM, Request("qaoa", 1))
    assert chat[-1]["role"] == "user"
    assert [m["role"] for m in chat].count("system") <= 1
    assert all(m["content"].strip() for m in chat)


@pytest.mark.parametrize("name", sorted(STYLES))
def test_every_style_refuses_what_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(InputError):
        get_style(name).render(PROBLEM, Request(layers=0))


@pytest.mark.parametrize("name", ["", "Published", "zero-shot"])
def test_unknown_styles(name: str) -> None:
    with pytest.raises(InputError, match="known: published, few-shot, compact"):
        get_style(name)


def test_the_user_page_shows_what_is_rendered() -> None:
    problem = encode(GraphColoring(nx.path_graph(2), 2))
    shown = (Path(__file__).parents[2] / "docs" / "prompts.md").read_text(encoding="utf-8")
    theta = angle_sets(2)[0].angles(problem.hamiltonian)
    decisions = guided_decimation(problem.hamiltonian)
    plans = (
        AnswerPlan("warm", 2, decisions=decisions),
        qaoa_plan(problem.hamiltonian, theta[:2], theta[2:]),
    )
    flipped = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];'
    for text in (
        published_prompt(problem, Request(layers=2)),
        task_text(problem, Request("vqe", 2)),
        compact_prompt(problem.hamiltonian, Request()),
        *(plan_line(made).strip() for made in plans),
        observation(verify(flipped, problem)),
    ):
        assert f"```text\n{text}\n```" in shown
    assert all(f"`{name}`" in shown for name in STYLES)
