"""The most probable measurements as bars, told in the user's own names.

One row a basis state, the most probable first: its solution on the left, its bits on the right, and
its probability and objective at the bar. What the colours say is also said by a star (optimal) and
by hatching (breaks a constraint).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quasar.core.numerals import share
from quasar.problems.base import EncodedProblem
from quasar.report import style
from quasar.report.phrases import amount
from quasar.report.plain_text import cells, clipped, printable, wrapped
from quasar.report.style import BACKGROUND, BLUE, FAINT, GREEN, GREY, TEXT, VERMILLION
from quasar.simulate.engine import FloatVector
from quasar.verifier.quality import DecodedState, read_state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from quasar.verifier.report import Report

LISTED_STATES = 24
"""Bars of the histogram, before the one for all other states."""
_VISIBLE = 2e-3  # of the highest bar; lower ones go to the others
_LINE, _SMALL_LINE = 44, 54  # columns of a solution on one line, and of each of two
_CEILING = 1.25  # of the longest other bar, where that of all other states is broken off
_ROW = 0.245  # inches


class Bars(NamedTuple):
    """What the histogram shows.

    Attributes:
        states: indices of the most probable basis states, the most probable first.
        heights: their probabilities.
        optimal: which of them are ground states.
        rest: probability of all other states together.
        rest_optimal: the ground states' part of that.
        n_rest: number of other states.
    """

    states: list[int]
    heights: list[float]
    optimal: list[bool]
    rest: float
    rest_optimal: float
    n_rest: int


class Rows(NamedTuple):
    """The bars in the user's terms.

    Attributes:
        states: the most probable first.
        rest: probability of all other states together.
        rest_optimal: the optimal states' part of that.
        n_rest: number of other states.
        p_optimal: probability of an optimal state.
        n_optimal: optimal states; None where that is not known.
    """

    states: Sequence[DecodedState]
    rest: float
    rest_optimal: float
    n_rest: int
    p_optimal: float
    n_optimal: int | None


def bars(probabilities: FloatVector, problem: EncodedProblem, count: int = LISTED_STATES) -> Bars:
    """The most probable states of a distribution, shape [D]; ties in order of index.

    Args:
        count: states shown at most; those too improbable to see are left to the rest.
    """
    ground = problem.optimality.optimal
    order = np.lexsort((np.arange(probabilities.size), -probabilities))
    count = min(count, int(np.count_nonzero(probabilities >= _VISIBLE * probabilities.max())))
    shown, others = order[:count], order[count:]
    return Bars(
        states=shown.tolist(),
        heights=probabilities[shown].tolist(),
        optimal=ground[shown].tolist(),
        rest=float(probabilities[others].sum()),
        rest_optimal=float(probabilities[others[ground[others]]].sum()),
        n_rest=others.size,
    )


def histogram_figure(probabilities: FloatVector, problem: EncodedProblem) -> Figure:
    """The distribution of measuring all qubits.

    Args:
        probabilities: shape [D].
    """
    found = bars(probabilities, problem)
    states = [
        read_state(state, problem, height)
        for state, height in zip(found.states, found.heights, strict=True)
    ]
    listed = sum(p for p, best in zip(found.heights, found.optimal, strict=True) if best)
    return rows_figure(
        Rows(
            states,
            found.rest,
            found.rest_optimal,
            found.n_rest,
            listed + found.rest_optimal,
            problem.optimality.n_optimal,
        )
    )


def report_figure(report: Report) -> Figure:
    """The same from a report alone, which lists only the most probable states."""
    listed = [] if report.quality is None else report.quality.top_states
    least = _VISIBLE * max((state.probability or 0.0 for state in listed), default=0.0)
    states = [state for state in listed if (state.probability or 0.0) >= least]
    seen = sum(state.probability or 0.0 for state in states)
    best = sum(state.probability or 0.0 for state in states if state.optimal)
    p_optimal = report.p_optimal or 0.0
    rest = max(0.0, 1.0 - seen)
    return rows_figure(
        Rows(
            states,
            rest,
            min(max(0.0, p_optimal - best), rest),
            2**report.problem.n_qubits - len(states),
            p_optimal,
            None if report.optimum is None else report.optimum.n_ground_states,
        )
    )


def rows_figure(rows: Rows) -> Figure:
    """The picture."""
    count = len(rows.states) + bool(rows.n_rest)
    figure, axes = style.empty(6.8, 0.95 + _ROW * max(count, 2), constrained=True)
    top = max((state.probability or 0.0 for state in rows.states), default=0.0) or 1e-12
    names = [solution_name(state) for state in rows.states]
    bits = [state.bitstring for state in rows.states]
    for place, state in enumerate(rows.states):
        _bar(axes, place, state)
    limit = top
    if rows.n_rest:
        limit = max(top, _rest_bar(axes, rows, len(rows.states), _CEILING * top))
        names.append(f"{rows.n_rest:,} other{'s' * (rows.n_rest > 1)}")
        bits.append("")
    axes.set_ylim(max(count, 2) - 0.4, -0.6)
    axes.set_xlim(0.0, 1.3 * limit)
    axes.set_yticks(range(count), names, fontsize=8, family=style.fonts(), parse_math=False)
    for label, name in zip(axes.get_yticklabels(), names, strict=True):
        label.set(fontsize=6.5 if "\n" in name else 8, linespacing=1.0)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=6)
    axes.set_xticks([tick for tick in axes.get_xticks() if tick <= min(1.0, 1.2 * limit) + 1e-12])
    axes.ticklabel_format(axis="x", scilimits=(-3, 3))
    valued = any(state.objective is not None for state in rows.states)
    told = "probability" + (" (objective in brackets)" if valued else "")
    axes.set_xlabel(f"{told}; bits: 1 is selected, measured as 0", fontsize=8)
    _bits(axes, bits)
    _head(figure, axes, rows)
    return style.finished(figure)


def solution_name(state: DecodedState) -> str:
    """A state's solution on one or two lines; its bits where there is none."""
    if state.solution is None:
        return state.bitstring
    star = "★ " if state.optimal else ""
    parts = _parts(state.solution)
    for width in (_LINE, *range(2 * _SMALL_LINE, _LINE, -2)):
        name = star + shortened(parts, width)
        lines = wrapped(name, _LINE if width == _LINE else _SMALL_LINE)
        whole = "…" not in name or width > _LINE
        if whole and len(lines) <= (1 if width == _LINE else 2):
            return "\n".join(lines)
    return clipped(star + shortened(parts, _LINE), _LINE)


def _parts(solution: Any) -> list[str]:
    """What a solution consists of."""
    if isinstance(solution, dict):
        values = list(solution.values())
        if values and set(map(str, values)) <= {"0", "1", "True", "False"}:
            chosen = [str(key) for key, value in solution.items() if value]
            return [*chosen] if chosen else ["all 0"]
        return [f"{key} = {value}" for key, value in solution.items()]
    if not isinstance(solution, list):
        return [str(solution)]
    return [_part(part) for part in solution] or ["none selected"]


def _part(value: Any) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_part, value))})"
    return "–" if value is None else str(value)


def shortened(parts: Sequence[str], width: int) -> str:
    """As many parts as fit into `width` columns, and how many there are."""
    texts = [printable(part) for part in parts]
    text = ", ".join(texts)
    if cells(text) <= width:
        return text
    tail = f", … ({len(texts)})"
    kept: list[str] = []
    while texts and cells(", ".join([*kept, texts[0]])) + len(tail) <= width:
        kept.append(texts.pop(0))
    if kept:
        return ", ".join(kept) + tail
    return clipped(text, width)


def _bar(axes: Axes, place: int, state: DecodedState) -> None:
    p = state.probability or 0.0
    look = _look(state.optimal, state.feasible)
    axes.barh([place], [p], height=0.7, **look)
    value = "" if state.objective is None else f" ({amount(state.objective)})"
    _beside(axes, f"{share(p, 3)}{value}", (p, place), TEXT)


def _look(optimal: bool, feasible: bool | None) -> dict[str, Any]:
    if feasible is False:
        edge = GREEN if optimal else VERMILLION
        return {"facecolor": BACKGROUND, "edgecolor": edge, "hatch": "/////", "linewidth": 0.9}
    colour = GREEN if optimal else BLUE
    return {"facecolor": colour, "edgecolor": colour, "linewidth": 0.9}


def _rest_bar(axes: Axes, rows: Rows, place: int, ceiling: float) -> float:
    """The others in one bar, broken off where it would dwarf the rest; returns its length."""
    scale = min(1.0, ceiling / rows.rest) if rows.rest else 1.0
    optimal, length = rows.rest_optimal * scale, rows.rest * scale
    axes.barh([place], [optimal], height=0.7, color=GREEN, alpha=0.55)
    axes.barh([place], [length - optimal], left=[optimal], height=0.7, color=FAINT)
    if scale < 1.0:
        x = 0.88 * ceiling + 0.012 * ceiling * np.array([-1, 1, -1, 1])
        y = place + np.array([-0.5, -0.17, 0.17, 0.5])
        axes.plot(x, y, color=BACKGROUND, linewidth=4.5, solid_capstyle="butt")
    text = f"{rows.rest:.3f}" if rows.rest >= 5e-4 else "< 0.001"
    _beside(axes, text, (length, place), GREY)
    return length


def _beside(axes: Axes, text: str, end: tuple[float, float], color: str) -> None:
    """A text to the right of a bar's end."""
    axes.annotate(
        text,
        end,
        xytext=(4, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=7.5,
        color=color,
    )


def _bits(axes: Axes, bits: Sequence[str]) -> None:
    """The bits on the right-hand side."""
    right = axes.twinx()
    style.apply_style(right)
    right.spines["left"].set_visible(False)
    right.set_ylim(axes.get_ylim())
    right.set_yticks(range(len(bits)), bits, fontsize=6.5, family=style.mono(), color=GREY)
    right.tick_params(axis="y", length=0, labelcolor=GREY)


def _head(figure: Figure, axes: Axes, rows: Rows) -> None:
    """P(opt), and what the bars' looks mean."""
    from matplotlib.patches import Patch

    n = rows.n_optimal
    states = "" if n is None else f" in {n:,} state{'s' * (n != 1)}"
    title = f"P(opt) = {share(rows.p_optimal, 3)}{states}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=10, color=TEXT)
    kinds = {(state.optimal, state.feasible is False) for state in rows.states}
    entries = [
        ((True, False), "★ optimal"),
        ((False, False), "not optimal"),
        ((True, True), "★ lowest energy, breaks a constraint"),
        ((False, True), "breaks a constraint"),
    ]
    handles = [
        Patch(label=text, **_look(optimal, not broken))
        for (optimal, broken), text in entries
        if (optimal, broken) in kinds or not broken
    ]
    figure.legend(handles=handles, loc="upper right", ncols=len(handles), frameon=False, fontsize=8)
