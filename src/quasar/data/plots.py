"""The card's pictures: what is in a data set, and how good it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quasar.data.card import RATIO_BINS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from quasar.data.card import Summary

_COLOURS = {"qaoa": "#0072B2", "vqe": "#E69F00", "adaptive_vqe": "#009E73"}
"""Okabe and Ito's colours, which readers of any colour vision tell apart."""
_LINES = {"qaoa": (1.6, "-"), "vqe": (3.2, "-"), "adaptive_vqe": (1.4, "--")}
"""Width and style, so that equal curves are seen behind each other."""
_NAMES = {"qaoa": "QAOA", "vqe": "VQE", "adaptive_vqe": "adaptive VQE"}


def draw_plots(found: Summary, folder: Path) -> list[str]:
    """Draw all pictures as PNG; returns their names."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    plots = {
        "sizes_and_types.png": (_sizes, _types),
        "quality.png": (_ratios, _gates),
    }
    for name, (left, right) in plots.items():
        figure = Figure(figsize=(10, 4), dpi=110, layout="constrained")
        FigureCanvasAgg(figure)
        for axes, draw in zip(figure.subplots(1, 2), (left, right), strict=True):
            draw(axes, found)
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
        figure.savefig(folder / name, metadata={"Software": None})
    return list(plots)


def _algorithms(found: Summary) -> list[str]:
    return [name for name in _COLOURS if (name, "") in found.groups]


def _sizes(axes: Axes, found: Summary) -> None:
    counts = found.shares["number_of_qubits"]
    axes.bar(list(counts), list(counts.values()), color="#56B4E9")
    axes.set_xlabel("qubits")
    axes.set_ylabel("records")
    axes.set_title("Sizes")


def _types(axes: Axes, found: Summary) -> None:
    kinds = sorted(
        (kind for algorithm, kind in found.groups if kind and not algorithm),
        key=lambda kind: (found.groups["", kind].records, kind),
    )
    left = [0] * len(kinds)
    for name in _algorithms(found):
        width = [
            found.groups[name, kind].records if (name, kind) in found.groups else 0
            for kind in kinds
        ]
        axes.barh(kinds, width, left=left, color=_COLOURS[name], label=_NAMES[name])
        left = [a + b for a, b in zip(left, width, strict=True)]
    axes.tick_params(axis="y", labelsize=7)
    axes.set_xlabel("records")
    axes.set_title("Problem types")
    axes.legend(frameon=False, fontsize=8)


def _ratios(axes: Axes, found: Summary) -> None:
    edges = [i / RATIO_BINS for i in range(RATIO_BINS + 1)]
    for name in _algorithms(found):
        group = found.groups[name, ""]
        shares = [group.ratios[i] / group.records for i in range(RATIO_BINS)]
        width, style = _LINES[name]
        axes.stairs(
            shares, edges, color=_COLOURS[name], label=_NAMES[name], linewidth=width, ls=style
        )
    axes.set_xlabel("approximation ratio (1: every shot finds an optimum)")
    axes.set_ylabel("share of the algorithm's records")
    axes.set_title("Quality")
    axes.legend(frameon=False, fontsize=8)


def _gates(axes: Axes, found: Summary) -> None:
    names = _algorithms(found)
    boxes: list[dict[str, Any]] = []
    for name in names:
        counts = found.groups[name, ""].counts["gates"]
        boxes.append(
            {
                "label": _NAMES[name],
                "whislo": _quantile(counts, 0.05),
                "q1": _quantile(counts, 0.25),
                "med": _quantile(counts, 0.5),
                "q3": _quantile(counts, 0.75),
                "whishi": _quantile(counts, 0.95),
            }
        )
    artists = axes.bxp(boxes, showfliers=False, patch_artist=True)
    for patch, name in zip(artists["boxes"], names, strict=True):
        patch.set_facecolor(_COLOURS[name])
    for line in artists["medians"]:
        line.set_color("black")
    axes.set_yscale("log")
    axes.set_ylabel("gates")
    axes.set_title("Circuit sizes (box: half of them, whiskers: 90%)")


def _quantile(counts: Any, share: float) -> int:
    total, seen = sum(counts.values()), 0
    for value, records in sorted(counts.items()):
        seen += records
        if seen >= share * total:
            return int(value)
    return 0
