"""Pictures for people: measurement histogram, optimisation curve, solution on the user's graph.

Circuits are drawn in `circuits.draw`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from quasar.core.bits import index_to_bitstring
from quasar.problems.base import EncodedProblem
from quasar.report import style
from quasar.report.graph_picture import solution_graph
from quasar.report.style import BACKGROUND, BLUE, FAINT, GREEN, GREY, SKY, TEXT
from quasar.simulate.engine import FloatVector

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["bars", "best_so_far", "histogram", "optimisation_curve", "solution_graph"]

LISTED_STATES = 24
"""Bars of the histogram, before the one for all other states."""
_VISIBLE = 2e-3  # of the highest bar; lower ones go to the others


# --- histogram -----------------------------------------------------------------------------------


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


def histogram(probabilities: FloatVector, problem: EncodedProblem, path: str | Path) -> None:
    """Draw the distribution of measuring all qubits.

    Args:
        probabilities: shape [D].
        path: file to write, ending in one of `style.FORMATS`.

    Raises:
        InputError: another file ending.
    """
    shown = bars(probabilities, problem)
    n = problem.n_qubits
    count = len(shown.states) + bool(shown.n_rest)
    size = 8.0 if n <= 8 else 7.0 if n <= 14 else 6.0
    figure, axes = style.empty(max(4.6, 1.5 + 0.29 * count), 3.2 + 0.0075 * size * n)
    colours = [GREEN if optimal else BLUE for optimal in shown.optimal]
    places = list(range(len(shown.states)))
    axes.bar(places, shown.heights, width=0.78, color=colours)
    names = [index_to_bitstring(state, n) for state in shown.states]
    top = max(max(shown.heights), 1e-12)
    if shown.n_rest:
        place = len(places) + 0.6
        _rest_bar(axes, shown, place, 1.32 * top)
        places.append(place)  # type: ignore[arg-type]
        names.append(f"{shown.n_rest:,} other{'s' * (shown.n_rest > 1)}")
        top = max(top, min(shown.rest, 1.32 * top))
    axes.set_ylim(0.0, 1.16 * top)
    axes.set_xlim(-0.8, max(places[-1], 6) + 0.8)
    axes.set_xticks(places, names, rotation=90, fontsize=size, family=style.mono())
    axes.tick_params(axis="x", length=0)
    axes.ticklabel_format(axis="y", scilimits=(-3, 3))
    axes.set_ylabel("probability")
    axes.set_xlabel(
        "basis state in variable order (1: selected, its qubit measured as 0)", fontsize=8
    )
    p_optimal = sum(p for p, best in zip(shown.heights, shown.optimal, strict=True) if best)
    p_optimal += shown.rest_optimal
    written = f"{p_optimal:.3f}" if p_optimal >= 0.01 else f"{p_optimal:.2g}"
    axes.set_title(f"P(opt) = {written}", loc="left", fontsize=10, color=TEXT, pad=22)
    _histogram_key(axes, problem.optimality.n_optimal)
    style.save(figure, path)


def _rest_bar(axes: Axes, shown: Bars, place: float, ceiling: float) -> None:
    """The others in one bar, broken off where it would dwarf the rest."""
    scale = min(1.0, ceiling / shown.rest) if shown.rest else 1.0
    optimal = shown.rest_optimal * scale
    axes.bar([place], [optimal], width=0.78, color=GREEN, alpha=0.55)
    plain = shown.rest * scale - optimal
    axes.bar([place], [plain], bottom=[optimal], width=0.78, color=FAINT)
    if scale < 1.0:
        x = place + np.array([-0.55, -0.18, 0.18, 0.55])
        y = 0.86 * ceiling + 0.018 * ceiling * np.array([-1, 1, -1, 1])
        axes.plot(x, y, color=BACKGROUND, linewidth=4.5, solid_capstyle="butt")
    text = f"{shown.rest:.3f}" if shown.rest >= 5e-4 else "< 0.001"
    axes.text(place, shown.rest * scale, text, ha="center", va="bottom", fontsize=7, color=TEXT)


def _histogram_key(axes: Axes, n_optimal: int) -> None:
    from matplotlib.patches import Patch

    optimal = f"optimal ({n_optimal:,} state{'s' * (n_optimal != 1)})"
    handles = [Patch(color=GREEN, label=optimal), Patch(color=BLUE, label="not optimal")]
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)


# --- optimisation curve --------------------------------------------------------------------------


def best_so_far(energies: Sequence[float]) -> FloatVector:
    """Lowest energy up to each evaluation."""
    return np.minimum.accumulate(np.asarray(energies, dtype=np.float64))


def optimisation_curve(
    energies: Sequence[float],
    stages: Sequence[tuple[int, str]],
    e_min: float,
    e_max: float,
    path: str | Path,
) -> bool:
    """Draw energy against evaluation, with the best so far, the phases and the optimum.

    Args:
        energies: in order of evaluation.
        stages: (index of its first evaluation, label) of each restart or phase.
        e_min: lowest energy of the problem, the optimum.
        e_max: highest energy.
        path: file to write, ending in one of `style.FORMATS`.

    Returns:
        Whether there was anything to draw.

    Raises:
        InputError: another file ending.
    """
    if not len(energies):
        return False
    figure, axes = style.empty(6.4, 3.6)
    x = np.arange(1, len(energies) + 1)
    best = best_so_far(energies)
    axes.plot(x, energies, "o", color=SKY, markersize=2.2, alpha=0.8, label="evaluation")
    axes.step(x, best, where="post", color=BLUE, linewidth=1.8, label="best so far")
    axes.axhline(e_min, color=GREEN, linewidth=1.4, linestyle=(0, (5, 2)), label="optimum")
    axes.set_xlim(0.5, len(energies) + 0.5)
    highest = float(max(energies))
    span = max(highest - e_min, 1e-3 * max(1.0, abs(e_min)))
    axes.set_ylim(e_min - 0.06 * span, highest + 0.08 * span)
    axes.set_xlabel("evaluation of the energy")
    axes.set_ylabel("energy")
    _mark_stages(axes, stages, len(energies))
    title = f"best energy {best[-1]:.4g}"
    if e_max > e_min:
        ratio = axes.secondary_yaxis(
            "right",
            functions=_ratio_scale(e_min, e_max),
        )
        ratio.set_ylabel("approximation ratio", color=TEXT)
        ratio.tick_params(colors=TEXT, labelsize=8)
        ratio.spines["right"].set_visible(False)
        title += f", approximation ratio {(e_max - best[-1]) / (e_max - e_min):.3f}"
    axes.set_title(title, loc="left", fontsize=10, color=TEXT, pad=22)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3)
    style.save(figure, path)
    return True


def _ratio_scale(e_min: float, e_max: float) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Energy to approximation ratio, and back."""
    width = e_max - e_min
    return lambda energy: (e_max - energy) / width, lambda ratio: e_max - ratio * width


def _mark_stages(axes: Axes, stages: Sequence[tuple[int, str]], count: int) -> None:
    """A line at every phase, and its label where there is room for it."""
    for (first, label), (end, _) in pairwise([*stages, (count, "")]):
        if first >= count:
            continue
        if first > 0:
            axes.axvline(first + 0.5, color=FAINT, linewidth=1.0, zorder=0)
        if (end - first) / count > 0.012 * len(label):
            axes.text(
                first + 0.5 + 0.006 * count,
                0.985,
                label,
                transform=axes.get_xaxis_transform(),
                fontsize=7,
                color=GREY,
                va="top",
                parse_math=False,
            )
