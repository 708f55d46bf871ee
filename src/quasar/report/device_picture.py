"""Pictures of circuits under noise: energies, how they were extrapolated, ratios by layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quasar.report import style
from quasar.report.style import BLUE, GREEN, GREY, ORANGE, TEXT, VERMILLION
from quasar.verifier.crossover import Crossover
from quasar.verifier.device_report import DeviceReport

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_KINDS = (("ideal", GREEN), ("noisy", VERMILLION), ("mitigated", BLUE))


def energies_figure(found: DeviceReport) -> Figure:
    """Energies with their standard errors; beside them the points of the extrapolation, if any."""
    extrapolated = found.extrapolation is not None
    if extrapolated:
        figure, (axes, right) = style.panels(8.4, 3.4, 2)
        _extrapolation(right, found)
    else:
        figure, axes = style.empty(4.2, 3.4, constrained=True)
    shown = [
        (name, figures, colour)
        for name, colour in _KINDS
        if (figures := getattr(found, name)) is not None
    ]
    for place, (name, figures, colour) in enumerate(shown):
        axes.errorbar(
            place,
            figures.energy,
            figures.energy_error,
            fmt="o",
            color=colour,
            capsize=4,
            label=name,
        )
        axes.annotate(
            f"{figures.energy:.4g}",
            (place, figures.energy),
            xytext=(9, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=TEXT,
        )
    axes.axhline(found.ideal.energy, color=GREEN, linewidth=1.0, linestyle=(0, (5, 2)))
    axes.set_xlim(-0.5, len(shown) - 0.3)
    axes.set_xticks(range(len(shown)), [name for name, _, _ in shown])
    axes.set_ylabel("energy")
    title = found.device or found.noise
    axes.set_title(title, loc="left", fontsize=10, color=TEXT, parse_math=False)
    return style.finished(figure)


def _extrapolation(axes: Axes, found: DeviceReport) -> None:
    """Energy against the strength of the noise, down to none."""
    points, mitigated = found.extrapolation, found.mitigated
    if points is None or mitigated is None:
        return
    axes.errorbar(
        points.factors,
        points.energies,
        points.errors,
        fmt="o",
        color=ORANGE,
        capsize=4,
        label="run",
    )
    x = [0.0, *points.factors]
    axes.plot(x, [mitigated.energy, *points.energies], color=GREY, linewidth=1.0, linestyle=":")
    axes.errorbar(
        0.0, mitigated.energy, mitigated.energy_error, fmt="D", color=BLUE, capsize=4,
        label="extrapolated",
    )  # fmt: skip
    axes.axhline(
        found.ideal.energy, color=GREEN, linewidth=1.0, linestyle=(0, (5, 2)), label="ideal"
    )
    axes.set_xticks(np.array(x))
    axes.set_xlabel("strength of the noise")
    axes.set_ylabel("energy")
    axes.set_title(f"{points.folding} folding, {points.fit}", loc="left", fontsize=10, color=TEXT)
    axes.legend(loc="best")


def layers_figure(found: Crossover) -> Figure:
    """Approximation ratio against the number of layers: ideal, noisy, mitigated."""
    figure, axes = style.empty(5.6, 3.4)
    layers = [one.layers for one in found.layers]
    for name, colour in _KINDS:
        shown = [getattr(one.report, name) for one in found.layers]
        if None in shown:
            continue
        axes.plot(
            layers,
            [figures.approximation_ratio for figures in shown],
            "o-",
            color=colour,
            linewidth=1.6,
            markersize=4,
            label=name,
        )
    if found.crossover is not None:
        axes.axvline(found.crossover - 0.5, color=GREY, linewidth=1.0, linestyle=":")
    axes.set_xticks(layers)
    axes.set_xlabel("layers")
    axes.set_ylabel("approximation ratio")
    first = found.layers[0].report
    title = first.device or first.noise
    axes.set_title(title, loc="left", fontsize=10, color=TEXT, parse_math=False)
    axes.legend(loc="best")
    return style.finished(figure)
