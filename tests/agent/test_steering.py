"""Equal commands give equal circuits; what a clock cut says so; manifests leave nothing open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import networkx as nx
import pytest

import quasar
from quasar.agent.generate import Generation
from quasar.agent.settings import GenerationSettings
from quasar.agent.steering import WRITERS_CHOICE, steering
from quasar.core.manifest import loaded_libraries, manifest
from quasar.models.designer import DesignerSettings
from quasar.models.registry import load_model
from quasar.models.scripted import ScriptedModel
from quasar.optimize.trace import LEAST_EVALUATIONS, Budget, affordable_evaluations
from quasar.prompts.chat import Request
from quasar.report.bundle import report_data

PROBLEM = quasar.load_problem(nx.random_regular_graph(3, 8, seed=1), problem_type="maxcut")


def texts(found: Generation) -> Sequence[str]:
    return [candidate.qasm for candidate in found.candidates]


def test_by_default_nothing_depends_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = texts(quasar.generate(PROBLEM, "designer", refine=True))
    # A machine on which every look at the clock finds a minute gone.
    ticks = iter(range(0, 10**9, 60))
    monkeypatch.setattr("quasar.optimize.trace.time.monotonic", lambda: float(next(ticks)))
    slow = quasar.generate(PROBLEM, "designer", refine=True)
    assert texts(slow) == quick
    assert not slow.out_of_time
    assert report_data(slow)["reproducible"]


@pytest.mark.parametrize(
    "how",
    [
        {"settings": DesignerSettings(algorithm="vqe", max_seconds=1e-9)},
        {"request": Request("qaoa", 1), "refine": quasar.RefineSettings(max_seconds=1e-9)},
    ],
)
def test_what_a_clock_cut_says_so(how: dict[str, Any]) -> None:
    found = quasar.generate(PROBLEM, "designer", **how)
    assert found.out_of_time
    assert not report_data(found)["reproducible"]
    assert not report_data(found)["interrupted"]


def test_default_budgets_follow_the_size_of_the_circuit() -> None:
    assert affordable_evaluations(10, 30, 600) == 600
    assert affordable_evaluations(0, 0, 2000) == 2000
    assert LEAST_EVALUATIONS < affordable_evaluations(18, 60, 600) < 600
    assert affordable_evaluations(24, 100, 600) == LEAST_EVALUATIONS


def test_a_budget_that_is_stopped() -> None:
    budget = Budget(10, stop=lambda: budget.used >= 3)
    while not budget.spent:
        budget.take()
    assert budget.used == 3
    assert budget.cut_short
    assert not Budget(0).cut_short


def test_the_designers_manifest() -> None:
    request = Request("vqe", None)
    found = quasar.generate(PROBLEM, "designer", request=request, samples=2, refine=True)
    how = GenerationSettings(
        request, DesignerSettings(algorithm="vqe"), refine=quasar.RefineSettings()
    )
    used = steering(None, how, samples=found.samples, found=found)
    assert used["samples"] == 2
    assert used["algorithm"] == "vqe"
    assert used["seed"] == 0
    assert set(used["layers"].values()) == {1}
    assert set(used["max_evaluations"].values()) == {600}
    assert used["refine"]["max_evaluations"] == 2000


def test_a_models_manifest() -> None:
    model = ScriptedModel(lambda *_: "nothing", name="m")
    found = quasar.generate(PROBLEM, model, refine=quasar.RefineSettings(turns=1), sandbox=None)
    used = steering(model, GenerationSettings(), samples=found.samples, found=found)
    assert found.samples == used["samples"] == 8
    assert used["algorithm"] == used["layers"] == WRITERS_CHOICE
    assert used["style"] == "converged"
    assert {"temperature", "top_p", "seed", "prompt_style"} <= used.keys()
    assert all(used[key] is not None for key in used.keys() - {"refine"})


def test_versions_of_what_is_loaded() -> None:
    import dimod  # noqa: F401

    assert "dimod" in loaded_libraries()
    assert manifest({}, None, ["dimod"])["versions"]["dimod"] != "absent"


@pytest.mark.parametrize(
    ("how", "options", "decides"),
    [
        ({}, {}, "network"),
        ({"guided": False}, {}, "model"),
        ({"constrained": True}, {}, "model"),
        ({}, {"angles": "model"}, "model"),
    ],
)
def test_manifests_say_who_decides_angles(
    how: dict[str, Any], options: dict[str, Any], decides: str
) -> None:
    asked = GenerationSettings(request=Request("qaoa", 1), **how)
    stated = steering(load_model("nano", options), asked, samples=1)
    assert stated["back_end"]["angles"] == decides
