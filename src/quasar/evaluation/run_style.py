"""How runs look in every picture of an evaluation: colours, dashes, markers, names.

Runs of one model (`model@1`, `model@10`) share a colour; baselines are grey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from quasar.evaluation.inputs import REFERENCE_RUN, RESERVED
from quasar.evaluation.scores import FloatVector, Scores
from quasar.evaluation.table import Measured, Table, is_baseline
from quasar.report.style import BACKGROUND, GREY, SERIES, TEXT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DASHES = ("-", (0, (4, 1.6)), (0, (1.2, 1.4)), (0, (6, 1.5, 1.2, 1.5)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_BASELINE_DASHES = ((0, (8, 2)), (0, (1, 1)), (0, (3, 1, 1, 1)), (0, (5, 2)), (0, (1, 3)))
_BASELINE_MARKERS = ("|", "x", "+", "1", "2")


class RunStyle(NamedTuple):
    """How a run looks in every picture."""

    colour: str
    dash: object
    marker: str
    filled: bool


class Picture(NamedTuple):
    """A finished picture.

    Attributes:
        file: name below the folder of plots.
        title: a heading.
        reading: one sentence on what it shows, from the numbers.
    """

    file: str
    title: str
    reading: str


@dataclass(frozen=True)
class PlotData:
    """What all pictures draw from.

    Attributes:
        table: the table.
        measured: the measurements.
        scores: score of every record by run and metric.
    """

    table: Table
    measured: Measured
    scores: Mapping[str, Scores]

    @property
    def models(self) -> list[str]:
        """Runs that are not baselines; all runs where there are only baselines."""
        return [run for run in self.table if not is_baseline(run)] or list(self.table)

    def per_record(self, run: str, metric: str) -> FloatVector:
        """Scores of one run, shape [R]."""
        return self.scores[run][metric]


def styles(runs: Sequence[str]) -> dict[str, RunStyle]:
    """A look for each run: colour by model, dashes by the model's runs."""
    out: dict[str, RunStyle] = {}
    stems: dict[str, int] = {}
    seen: dict[str, int] = {}
    plain = 0
    for run in runs:
        if is_baseline(run):
            colour = TEXT if run == REFERENCE_RUN else GREY
            kind = plain % len(_BASELINE_MARKERS)
            out[run] = RunStyle(colour, _BASELINE_DASHES[kind], _BASELINE_MARKERS[kind], True)
            plain += 1
            continue
        stem = stem_of(run)
        number = stems.setdefault(stem, len(stems))
        variant = seen.get(stem, 0)
        seen[stem] = variant + 1
        out[run] = RunStyle(
            SERIES[number % len(SERIES)],
            _DASHES[(variant + number // len(SERIES)) % len(_DASHES)],
            _MARKERS[number % len(_MARKERS)],
            variant == 0,
        )
    return out


def stem_of(run: str) -> str:
    """The model's name in `model@k`."""
    stem, at, tail = run.rpartition("@")
    return stem if at and tail.isdigit() else run


def short(run: str) -> str:
    """A run's name for a legend."""
    return run.removeprefix(RESERVED)


def draw_line(
    axes: Axes, x: Sequence[float], y: Sequence[float], own: RunStyle, label: str
) -> None:
    """A run's curve."""
    axes.plot(
        x,
        y,
        color=own.colour,
        linestyle=own.dash,
        marker=own.marker,
        markersize=4,
        markerfacecolor=own.colour if own.filled else BACKGROUND,
        linewidth=1.4,
        label=label,
    )


def draw_legend(axes: Axes, figure: Figure | None = None) -> None:
    """The key of `axes`, at its right or at the right of the whole figure."""
    if figure is None:
        axes.legend(loc="center left", bbox_to_anchor=(1.02, 0.5))
        return
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside right center", frameon=False, fontsize=8, labelcolor=TEXT
    )
