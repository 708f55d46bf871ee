"""Arguments of `quasar.generate`: what has an obvious meaning works, the rest is an InputError."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest

import quasar
from quasar.core.errors import InputError
from support.plain_id import plain_id

GRAPH = nx.path_graph(3)
PROBLEM = {"problem_type": "maxcut", "graph": GRAPH}
QUICK = quasar.RefineSettings(max_evaluations=20)


def test_obvious_meanings() -> None:
    by_name = quasar.generate(PROBLEM, "designer", request="qaoa")
    assert {c.design.algorithm for c in by_name.candidates if c.design} == {"qaoa"}
    by_dict = quasar.generate(PROBLEM, "designer", request={"algorithm": "qaoa", "layers": 1})
    assert by_dict.best.name == "qaoa p=1"
    settings = {"algorithm": "vqe", "max_evaluations": 5, "template": 10}
    refined = quasar.generate(PROBLEM, "designer", settings=settings, refine=True)
    assert any(step.kind == "polished" for step in refined.trace)
    assert not quasar.generate(PROBLEM, "designer", request="qaoa", refine=False).trace
    assert quasar.generate(PROBLEM, "designer", settings=settings, samples=np.int64(2)).samples == 2


@pytest.mark.parametrize(
    "arguments",
    [
        {"refine": "yes"},
        {"refine": {"turn": 2}},
        {"refine": 1},
        {"request": "quantum"},
        {"request": 3},
        {"request": {"algo": "qaoa"}},
        {"request": quasar.Request(layers="2")},  # type: ignore[arg-type]
        {"request": quasar.Request(layers=21)},
        {"request": ("qaoa", 1)},
        {"settings": quasar.Sampling()},
        {"settings": {"layers": 0}},
        {"samples": 0},
        {"samples": -1},
        {"samples": 1.5},
        {"samples": True},
        {"samples": "3"},
        {"first_sample": -1},
        {"sampling": 0.5},
        {"sampling": {"temperature": 9}},
        {"constrained": "yes"},
        {"model_options": {"dtype": "float32"}},
        {"model_options": 3},
        {"verifier_settings": {"max_stage": 7}},
        {"verifier_settings": 3},
        {"sandbox": 10},
        {"sandbox": {"max_seconds": 0}},
        {"progress": 3},
    ],
    ids=plain_id,
)
def test_what_does_not_fit(arguments: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        quasar.generate(PROBLEM, "designer", **arguments)


@pytest.mark.parametrize("model", [None, 3, object(), "no such model", ""])
def test_models_that_are_none(model: Any) -> None:
    with pytest.raises(InputError, match="model"):
        quasar.generate(PROBLEM, model)


@pytest.mark.parametrize("problem", [None, 3, GRAPH, [1], open, b"{}"], ids=plain_id)
def test_problems_that_are_none(problem: Any) -> None:
    for call in (quasar.generate, lambda p: quasar.verify("OPENQASM 3.0;", p), quasar.load_problem):
        with pytest.raises(InputError):
            call(problem)
