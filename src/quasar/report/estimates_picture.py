"""How often each objective was measured, with the optimum or what is known of it marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quasar.problems.base import EncodedProblem
from quasar.report import style
from quasar.report.phrases import amount
from quasar.report.style import BLUE, GREEN, GREY, TEXT, VERMILLION
from quasar.verifier.estimates import Estimates

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KNOWN = {
    "proven": "optimum (proven)",
    "bounded": "best known",
    "best_known": "best known (no bound)",
}


def samples_figure(found: Estimates, problem: EncodedProblem | None) -> Figure | None:
    """The histogram of sampled objectives; None where there are no samples.

    Args:
        problem: what was sampled; says which way is better.
    """
    samples = found.samples
    if samples is None or not samples.histogram:
        return None
    figure, axes = style.empty(6.4, 3.6)
    values, counts = (np.array(part) for part in zip(*samples.histogram, strict=True))
    width = 0.85 * float(np.diff(values).min()) if len(values) > 1 else 0.8
    axes.bar(values, counts / samples.shots, width=width, color=BLUE, label="measured")
    is_objective = samples.best.objective is not None
    if is_objective and found.objective_mean is not None:
        _line(axes, found.objective_mean, f"mean {amount(found.objective_mean)}", TEXT, ":")
    elif not is_objective:
        _line(axes, found.energy, f"mean {amount(found.energy)}", TEXT, ":")
    known = found.optimum or {}
    if is_objective and known.get("value") is not None:
        text = f"{_KNOWN.get(known['status'], 'best known')} {amount(known['value'])}"
        _line(axes, known["value"], text, GREEN, "-")
    bound = known.get("bound")
    if is_objective and bound is not None and known.get("status") == "bounded":
        _line(axes, bound, f"nothing beyond {amount(bound)}", VERMILLION, "--")
    sense = None if problem is None or problem.problem is None else problem.problem.sense
    better = "" if sense is None else f" ({'more' if sense == 'max' else 'less'} is better)"
    axes.set_xlabel(f"objective{better}" if is_objective else "energy")
    axes.set_ylabel("fraction of measurements")
    axes.set_title(f"{samples.shots:,} measurements", loc="left", fontsize=10, color=TEXT, pad=22)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=8)
    axes.tick_params(colors=GREY)
    return style.finished(figure)


def _line(axes: Axes, x: float, label: str, colour: str, line: str) -> None:
    axes.axvline(x, color=colour, linewidth=1.4, linestyle=line, label=label)
