"""What results show of themselves: summaries, HTML, pictures."""

from __future__ import annotations

import html.parser
import inspect
import json
import sys

import networkx as nx
import pytest

import quasar
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.report.terminal import generation_text, report_text

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n'
NAMES = ("$x$ <b>&amp;</b>", "東京タワー", "a_b^{c}\\frac", '"quoted" name', "-- > *star*")


@pytest.fixture(scope="module")
def found() -> quasar.Generation:
    graph = nx.relabel_nodes(nx.path_graph(len(NAMES)), dict(enumerate(NAMES)))
    problem = quasar.load_problem(graph, problem_type="maxcut")
    return quasar.generate(problem, "designer", request="qaoa", refine=True, compare=True)


class Reader(html.parser.HTMLParser):
    """Text of HTML, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.elements: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.elements.add(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.elements.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_str_is_the_summary(found: quasar.Generation) -> None:
    assert str(found) == generation_text(found)
    assert str(found.best.report) == report_text(found.best.report)
    assert str(found.best).splitlines()[0] == f"{found.best.name} ({found.best.origin})"
    assert "q[0]" in str(found.problem)
    for result in (found, found.best, found.best.report, found.problem):
        assert max(map(len, str(result).splitlines())) <= 80
        assert "\x1b" not in str(result)


def test_repr_is_one_short_line(found: quasar.Generation) -> None:
    for result in (found, found.best, found.best.report, found.problem):
        assert "\n" not in repr(result)
        assert len(repr(result)) < 140
    bad = quasar.verify(HEAD + "qubit q; oops q;", found.problem)
    assert repr(bad) == "<Report: infeasible (semantic)>"


def test_html_is_whole_and_escaped(found: quasar.Generation) -> None:
    for result in (found, found.best, found.best.report, found.problem):
        page = read(result._repr_html_())
        text = " ".join(page.text)
        assert all(name in text for name in NAMES if name in str(found))
        assert not page.elements & {"b", "script", "link", "img", "iframe"}
    page = read(found._repr_html_())
    assert {"svg", "table"} <= page.elements
    assert "guessing (uniform)" in page.text


def test_html_of_a_fault_says_what_is_wrong(found: quasar.Generation) -> None:
    page = read(quasar.verify(HEAD + "qubit q; <b>oops q;", found.problem)._repr_html_())
    assert "infeasible" in page.text
    assert "svg" not in page.elements


def test_plot_gives_figures_and_keeps_no_state(found: quasar.Generation) -> None:
    from matplotlib.figure import Figure

    for kind in ("answer", "histogram", "circuit", "optimisation"):
        assert isinstance(found.plot(kind), Figure)
        assert isinstance(found.best.plot(kind), Figure)
    report = quasar.verify(found.best.qasm, found.problem)
    assert isinstance(report.plot(), Figure)
    with pytest.raises(InputError, match=r"\(answer, histogram, circuit\), not 'optimisation'"):
        report.plot("optimisation")
    with pytest.raises(InputError, match="not 7"):
        report.plot(7)  # type: ignore[arg-type]
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


def test_a_notebook_shows_a_figure_without_pyplot(found: quasar.Generation) -> None:
    from IPython.core.formatters import DisplayFormatter

    shown, _ = DisplayFormatter().format(found.plot("histogram"))
    assert shown["image/png"][:4] in (b"\x89PNG", "iVBO")


def test_a_report_from_elsewhere_has_the_pictures_that_it_can(found: quasar.Generation) -> None:
    alone = quasar.Report.model_validate_json(found.best.report.model_dump_json())
    alone.plot("histogram")
    with pytest.raises(InputError, match=r"\(histogram\), not 'answer'"):
        alone.plot("answer")
    assert alone.plot() is not None
    assert "svg" in read(alone._repr_html_()).elements


def test_an_infeasible_report_has_no_picture(found: quasar.Generation) -> None:
    bad = quasar.verify(HEAD + "qubit q; oops q;", found.problem)
    with pytest.raises(InputError, match=r"\(nothing\)"):
        bad.plot()


def test_the_circuit_is_no_part_of_a_reports_data() -> None:
    problem = IsingHamiltonian(1, {(0,): 1.0})
    report = quasar.verify(HEAD + "qubit q;", problem)
    assert report.judged.qasm.startswith("OPENQASM")
    assert "judged" not in json.loads(report.model_dump_json())
    assert report == quasar.Report.model_validate_json(report.model_dump_json())


def test_fields_are_described_to_help() -> None:
    from quasar.agent.comparison import Comparison
    from quasar.agent.refine import Step
    from quasar.verifier.quality import Quality

    for model in (quasar.Report, Quality, Step, Comparison, quasar.Sampling):
        described = model.model_json_schema()["properties"]
        assert [name for name, field in described.items() if not field.get("description")] == []
    told = " ".join((inspect.getdoc(quasar.Report) or "").split())
    assert "p_optimal: Probability of measuring an optimal state." in told
    schema = quasar.Report.model_json_schema()
    assert "p_optimal:" not in schema["description"]
    assert schema["properties"]["p_optimal"]["description"].startswith("Probability")
