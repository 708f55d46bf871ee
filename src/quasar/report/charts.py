"""Energy against evaluation: the course of an optimisation as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from quasar.report import style
from quasar.report.style import BLUE, FAINT, GREEN, GREY, SKY, TEXT
from quasar.simulate.engine import FloatVector

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def best_so_far(energies: Sequence[float]) -> FloatVector:
    """Lowest energy up to each evaluation."""
    return np.minimum.accumulate(np.asarray(energies, dtype=np.float64))


def curve_figure(
    energies: Sequence[float],
    stages: Sequence[tuple[int, str]],
    e_min: float | None,
    e_max: float | None,
) -> Figure | None:
    """Energy against evaluation, with the best so far, the phases and the optimum.

    Args:
        energies: in order of evaluation; None is returned where there are none.
        stages: (index of its first evaluation, label) of each restart or phase.
        e_min: lowest energy of the problem, the optimum; None where it is not known.
        e_max: highest energy; None likewise.
    """
    if not len(energies):
        return None
    figure, axes = style.empty(6.4, 3.6)
    x = np.arange(1, len(energies) + 1)
    best = best_so_far(energies)
    axes.plot(x, energies, "o", color=SKY, markersize=2.2, alpha=0.8, label="evaluation")
    axes.step(x, best, where="post", color=BLUE, linewidth=1.8, label="best so far")
    if e_min is not None:
        axes.axhline(e_min, color=GREEN, linewidth=1.4, linestyle=(0, (5, 2)), label="optimum")
    axes.set_xlim(0.5, len(energies) + 0.5)
    highest = float(max(energies))
    floor = float(best[-1]) if e_min is None else e_min
    span = max(highest - floor, 1e-3 * max(1.0, abs(floor)))
    axes.set_ylim(floor - 0.06 * span, highest + 0.08 * span)
    axes.set_xlabel("evaluation of the energy")
    axes.set_ylabel("energy")
    _mark_stages(axes, stages, len(energies))
    title = f"best energy {best[-1]:.4g}"
    if e_min is not None and e_max is not None and e_max > e_min:
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
    return style.finished(figure)


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
