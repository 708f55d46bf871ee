"""The widget of a report: its traits in Python, its module in a real browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

pytest.importorskip("anywidget", reason="needs the extra notebook")

import quasar
from quasar.core.errors import InputError
from quasar.integrations import ReportView, notebook

CHROMIUM = shutil.which("chromium")
HEAD = 'OPENQASM 3.0; include "stdgates.inc"; '


@pytest.fixture(scope="module")
def report() -> quasar.Report:
    graph = nx.relabel_nodes(nx.path_graph(3), {0: "<b>A</b>", 1: "Bé", 2: "C"})
    problem = quasar.load_problem(graph, problem_type="maxcut")
    return quasar.verify(HEAD + "qubit[3] q; h q[0]; x q[1]; ry(0.4) q[2];", problem)


def test_rows_are_the_most_probable_states_with_a_picture_each(report: quasar.Report) -> None:
    view = ReportView(report)
    states = report.quality.top_states
    assert len(view.rows) == len(view.pictures) == len(states)
    assert [row["probability"] for row in view.rows] == [s.probability for s in states]
    assert view.rows[0]["optimal"] == states[0].optimal
    assert all(picture.startswith("<svg") for picture in view.pictures)
    assert view.circuit.startswith("<svg")
    assert len(set(view.pictures)) > 1
    json.dumps(view.get_state(["rows", "pictures", "circuit", "title", "selected"]))


def test_a_choice_stays_within_the_rows_and_is_told(report: quasar.Report) -> None:
    view = ReportView(report)
    seen: list[int] = []
    view.observe(lambda change: seen.append(change["new"]), "selected")
    view.selected = 1
    view.selected = 99
    view.selected = -5
    assert seen == [1, len(view.rows) - 1, 0]


def test_what_has_no_picture_and_what_is_broken_have_a_view_too() -> None:
    clauses = {"problem_type": "max_3sat", "problem_specific_attributes": {"clauses": [[1, -2]]}}
    plain = ReportView(quasar.verify(HEAD + "qubit[2] q; h q[0];", clauses))
    assert plain.rows
    assert set(plain.pictures) == {""}
    broken = ReportView(quasar.verify("qubit[2] q; hh q[0];", {"hamiltonian": "Z0*Z1"}))
    assert (broken.rows, broken.circuit) == ([], "")
    assert "infeasible" in broken.title


@pytest.mark.parametrize("given", [None, "report", 3])
def test_something_else_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"quasar\.verify"):
        ReportView(given)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no chromium")
    with api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


MODEL = """
async ([code, state]) => {
  const heard = [];
  window.model = {
    get: (name) => state[name],
    set: (name, value) => { state[name] = value; heard.forEach((call) => call()); },
    save_changes: () => {}, on: (_, call) => heard.push(call),
    off: (_, call) => heard.splice(heard.indexOf(call), 1),
  };
  const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
  const module = await import(url);
  window.end = module.default.render({ model: window.model, el: document.body });
}
"""


def test_the_module_draws_chooses_and_asks_for_no_network(
    report: quasar.Report, browser: Any
) -> None:
    view = ReportView(report)
    names = ("title", "rows", "pictures", "circuit", "selected")
    state = {name: getattr(view, name) for name in names}
    code = Path(notebook.__file__).with_suffix(".js").read_text(encoding="utf-8")
    assert str(view._esm) == code
    page = browser.new_page()
    asked, failures = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failures.append(str(error)))
    page.set_content("<!doctype html><body></body>")
    page.evaluate(MODEL, [code, state])
    options = page.locator("[role=option]")
    assert options.count() == len(view.rows)
    assert page.locator("b").count() == 0  # a name is text, whatever it holds
    before = page.locator(".quasar-answer").inner_html()
    options.nth(1).click()
    assert page.locator(".quasar-answer").inner_html() != before
    assert options.nth(1).get_attribute("aria-selected") == "true"
    page.locator("[role=listbox]").press("ArrowUp")
    assert page.evaluate("window.model.get('selected')") == 0
    width = page.locator(".quasar-circuit svg").bounding_box()["width"]
    page.get_by_label("larger").click()
    assert page.locator(".quasar-circuit svg").bounding_box()["width"] > width
    page.evaluate("window.end()")
    assert failures == []
    assert [url for url in asked if not url.startswith(("blob:", "data:", "about:"))] == []
    page.close()
