"""The card's pictures: what is in a data set, and how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from quasar.report.style import BLUE, GREEN, ORANGE, SKY, panels, save

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_RATIO_BINS = 50


class _Look(NamedTuple):
    """How an algorithm is drawn; line widths differ so that equal curves are seen."""

    name: str
    colour: str
    width: float
    line: str


_LOOKS = {
    "qaoa": _Look("QAOA", BLUE, 1.6, "-"),
    "vqe": _Look("VQE", ORANGE, 3.2, "-"),
    "adaptive_vqe": _Look("adaptive VQE", GREEN, 1.4, "--"),
}


def draw_plots(figures: pd.DataFrame, folder: Path) -> list[str]:
    """Draw all pictures as PNG; returns their names.

    Args:
        figures: as from `summary.read_figures`.
    """
    plots = {"sizes_and_types.png": (_sizes, _types), "quality.png": (_ratios, _gates)}
    for name, drawers in plots.items():
        page, axes = panels(10, 4, len(drawers))
        for draw, place in zip(drawers, axes, strict=True):
            draw(place, figures)
        save(page, folder / name, tight=False)
    return list(plots)


def _by_algorithm(figures: pd.DataFrame) -> list[tuple[_Look, pd.DataFrame]]:
    groups = dict(tuple(figures.groupby("optimization_type")))
    return [(look, groups[name]) for name, look in _LOOKS.items() if name in groups]


def _sizes(axes: Axes, figures: pd.DataFrame) -> None:
    counts = figures["number_of_qubits"].value_counts()
    axes.bar(counts.index, counts.to_numpy(), color=SKY)
    axes.set_xlabel("qubits")
    axes.set_ylabel("records")
    axes.set_title("Sizes")


def _types(axes: Axes, figures: pd.DataFrame) -> None:
    kinds = figures["problem_type"].value_counts().sort_index().sort_values(kind="stable").index
    left = 0
    for look, own in _by_algorithm(figures):
        width = own["problem_type"].value_counts().reindex(kinds, fill_value=0)
        axes.barh(kinds, width, left=left, color=look.colour, label=look.name)
        left = left + width
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("records")
    axes.set_title("Problem types")
    axes.legend()


def _ratios(axes: Axes, figures: pd.DataFrame) -> None:
    import numpy as np

    for look, own in _by_algorithm(figures):
        counts, edges = np.histogram(
            own["approximation_ratio"].clip(0.0, 1.0), bins=_RATIO_BINS, range=(0.0, 1.0)
        )
        axes.stairs(
            counts / len(own),
            edges,
            color=look.colour,
            label=look.name,
            linewidth=look.width,
            ls=look.line,
        )
    axes.set_xlabel("approximation ratio (1: every shot finds an optimum)")
    axes.set_ylabel("fraction of the algorithm's records")
    axes.set_title("Quality")
    axes.legend()


def _gates(axes: Axes, figures: pd.DataFrame) -> None:
    groups = _by_algorithm(figures)
    artists = axes.boxplot(
        [own["gates"] for _, own in groups],
        tick_labels=[look.name for look, _ in groups],
        whis=(5, 95),
        showfliers=False,
        patch_artist=True,
        medianprops={"color": "black"},
    )
    for patch, (look, _) in zip(artists["boxes"], groups, strict=True):
        patch.set_facecolor(look.colour)
    axes.set_yscale("log")
    axes.set_ylabel("gates")
    axes.set_title("Circuit sizes (box: half of them, whiskers: 90%)")
