"""`ReportView`: a report to turn about in a notebook, as an anywidget.

Choose a measurement, with the mouse or the arrow keys, and its solution is drawn on the graph; the
circuit scrolls and zooms. All pictures are in the widget from the start, so that it needs no
network, and no kernel once it is shown. Computes nothing: what it shows is in the report.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from quasar.core.errors import InputError
from quasar.problems.base import EncodedProblem
from quasar.report import style
from quasar.report.faces import face
from quasar.report.gallery import Gallery
from quasar.report.graph_picture import solution_figure
from quasar.report.phrases import amount, solution_text
from quasar.report.stack_picture import stacks_figure
from quasar.verifier.quality import DecodedState

MOST_ROWS = 12
"""Measurements offered, the most probable first."""


class ReportView(anywidget.AnyWidget):  # type: ignore[misc]
    """A report, a candidate or a generation, shown as a widget.

    Attributes:
        title: the result in one line.
        rows: a measurement each: `name`, `detail`, `probability`, `optimal`, `valid`.
        pictures: SVG of each row's solution; empty where the problem has no picture.
        circuit: SVG of the gates; empty where it cannot be drawn.
        selected: which row is shown; changes when the user chooses another.

    Raises:
        InputError: not a result of `quasar.verify` or `quasar.generate`.
    """

    _esm = Path(__file__).with_suffix(".js")
    title = traitlets.Unicode().tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    pictures = traitlets.List(traitlets.Unicode()).tag(sync=True)
    circuit = traitlets.Unicode().tag(sync=True)
    selected = traitlets.Int(0).tag(sync=True)

    def __init__(self, result: Any) -> None:
        gallery = getattr(_face(result), "gallery", None)
        if not isinstance(gallery, Gallery):
            raise InputError("ReportView shows what quasar.verify or quasar.generate returned.")
        quality = None if gallery.report is None else gallery.report.quality
        states = [] if quality is None else quality.top_states[:MOST_ROWS]
        drawn = gallery.figure("circuit")
        super().__init__(
            title=repr(result).strip("<>"),
            rows=[_row(state) for state in states],
            pictures=[_picture(gallery.problem, state) for state in states],
            circuit="" if drawn is None else style.svg_text(drawn),
        )

    @traitlets.validate("selected")  # type: ignore[untyped-decorator]
    def _within(self, proposal: Any) -> int:
        return max(0, min(int(proposal["value"]), len(self.rows) - 1))


def _face(result: Any) -> Any:
    try:
        return face(result)
    except TypeError:
        return None


def _row(state: DecodedState) -> dict[str, Any]:
    """What is said of a measurement, as JSON."""
    named = state.solution is not None
    objective = "" if state.objective is None else f"objective {amount(state.objective)}, "
    return {
        "name": solution_text(state.solution) if named else state.bitstring,
        "detail": f"{objective}measured as {state.ket}",
        "probability": state.probability or 0.0,
        "optimal": state.optimal,
        "valid": state.feasible is not False,
    }


def _picture(problem: EncodedProblem | None, state: DecodedState) -> str:
    """The state's solution on the user's graph or data; empty where there is no picture."""
    if problem is None or problem.problem is None or state.solution is None:
        return ""
    stacks = problem.problem.stacks(state.solution)
    if stacks is not None:
        return style.svg_text(stacks_figure(stacks))
    figure = solution_figure(problem.problem, state.solution)
    return "" if figure is None else style.svg_text(figure)
