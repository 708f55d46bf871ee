"""Pictures of an evaluation, each with the sentence that says what it shows.

Nothing here computes a metric of its own: scores come from `scores.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quasar.core.beside import Beside
from quasar.core.numerals import share
from quasar.evaluation.inputs import REFERENCE_RUN, RESERVED
from quasar.evaluation.run_style import Picture, PlotData, draw_legend, draw_line, short, styles
from quasar.evaluation.scores import FloatVector, mean
from quasar.evaluation.table import Measured, Table, is_baseline
from quasar.report import style
from quasar.report.style import BACKGROUND, FAINT, GREY, TEXT
from quasar.verifier.metrics import HQCR_BITS, Metric, Place, shown

if TYPE_CHECKING:
    pass

UNIFORM = f"{RESERVED}uniform"
_LEAST_PROBABILITY = 1e-4  # on the logarithmic scale
_MOST_GROUPS = 6
_FEWEST = 5  # usable candidates or records a point must stand for


def draw_all(
    table: Table, measured: Measured, folder: Path, *, alone: bool = False
) -> list[Picture]:
    """Draw every picture that there is something to draw for.

    Args:
        alone: in this process only; default: half of them in another.

    Raises:
        OSError: the folder cannot be written.
    """
    import matplotlib.backends.backend_agg  # noqa: F401 - once for both processes

    content = PlotData(table, measured, measured.scores)
    folder.mkdir(parents=True, exist_ok=True)
    makers: tuple[Callable[[PlotData, Path], Picture | None], ...] = (
        overview,
        by_problem_type,
        by_qubits,
        by_size,
        hqcr_threshold,
        objective_gap,
    )

    def drawn(which: Sequence[int]) -> dict[int, Picture | None]:
        return {number: makers[number](content, folder) for number in which}

    if alone:
        found = drawn(range(len(makers)))
    else:
        with Beside(partial(drawn, (1, 3, 4))) as other:
            found = {**drawn((0, 2, 5)), **other.result()}
    return [picture for _, picture in sorted(found.items()) if picture is not None]


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


# --- all metrics at once -------------------------------------------------------------------------


def overview(content: PlotData, folder: Path) -> Picture | None:
    """Every run's main metrics with their 95% intervals."""
    table, runs = content.table, list(content.table)
    look = styles(runs)
    # All panels reach from 0 to 1, so metrics on other scales have none.
    metrics = [
        metric for metric in _present(content, "overview") if metric.kind in {"fraction", "ratio"}
    ]
    figure, panels = style.panels(2.0 + 2.0 * len(metrics), 1.2 + 0.26 * len(runs), len(metrics))
    for place, (axes, metric) in enumerate(zip(panels, metrics, strict=True)):
        for row, run in enumerate(runs):
            value, bounds = table[run][metric.name], table[run]["intervals"][metric.name]
            if value is None:
                continue
            own = look[run]
            axes.plot(bounds, [row, row], color=own.colour, linewidth=2.2, alpha=0.5)
            face = own.colour if own.filled else BACKGROUND
            axes.plot([value], [row], "o", color=own.colour, markersize=4.5, markerfacecolor=face)
        axes.set_ylim(len(runs) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.set_yticks(range(len(runs)), [short(run) for run in runs] if place == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color=FAINT, linewidth=0.6)
        title = metric.label or metric.title
        if metric.name == "SREV":
            title += f" ({table[runs[0]]['energy_convention']})"
        axes.set_title(title, fontsize=9, color=TEXT, loc="left")
    style.save(figure, folder / "overview.png", tight=False)
    best = max(content.models, key=lambda run: content.table[run]["approximation_ratio"] or 0.0)
    if content.table[best]["approximation_ratio"] is None:
        return Picture(
            "overview.png",
            "All runs, with 95% bootstrap intervals",
            "No record has a proven optimum, so there is no approximation ratio to compare.",
        )
    low, high = content.table[best]["intervals"]["approximation_ratio"]
    reading = (
        f"The highest mean approximation ratio of a run is {best}'s, "
        f"{content.table[best]['approximation_ratio']:.3f} ({low:.3f} to {high:.3f})"
    )
    above = [
        short(run)
        for run in content.table
        if is_baseline(run) and (content.table[run]["approximation_ratio"] or 0.0) > high
    ]
    reading += f"; clearly above it: {_and(above)}." if above else "."
    return Picture("overview.png", "All runs, with 95% bootstrap intervals", reading)


def _present(content: PlotData, place: Place) -> list[Metric]:
    """Metrics shown there that any run has."""
    rows = content.table.values()
    return [m for m in shown(place) if any(row[m.name] is not None for row in rows)]


def _and(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


# --- by kind of problem and by its size ----------------------------------------------------------


def _shown_runs(content: PlotData) -> list[str]:
    """Runs for pictures with many lines: the models, and two baselines to hold them against."""
    extra = [run for run in (REFERENCE_RUN, UNIFORM) if run in content.table]
    return [*content.models, *(run for run in extra if run not in content.models)]


def by_problem_type(content: PlotData, folder: Path) -> Picture | None:
    """Approximation ratio and P(opt) for each problem type."""
    types = np.array([reference.problem_type for reference in content.measured.references])
    names = sorted(set(types.tolist()), key=lambda name: (-int((types == name).sum()), name))
    runs = _shown_runs(content)
    look = styles(list(content.table))
    metrics = _present(content, "by_type")
    if not metrics:
        return None
    figure, panels = style.panels(1.6 + 4.0 * len(metrics), 1.4 + 0.5 * len(names), len(metrics))
    for place, (axes, metric) in enumerate(zip(panels, metrics, strict=True)):
        for number, run in enumerate(runs):
            offset = 0.0 if len(runs) == 1 else 0.62 * (number / (len(runs) - 1) - 0.5)
            values = [mean(content.per_record(run, metric.name)[types == name]) for name in names]
            own = look[run]
            axes.plot(
                values,
                np.arange(len(names)) + offset,
                linestyle="none",
                color=own.colour,
                marker=own.marker,
                markersize=5,
                markerfacecolor=own.colour if own.filled else BACKGROUND,
                label=short(run),
            )
        for row in range(1, len(names)):
            axes.axhline(row - 0.5, color=FAINT, linewidth=0.7)
        labels = [f"{name} ({int((types == name).sum())})" for name in names]
        axes.set_yticks(range(len(names)), labels if place == 0 else [])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(names) - 0.5, -0.5)
        axes.set_xlim(left=-0.02)
        axes.set_xlabel(f"mean {metric.label or metric.title}", fontsize=9)
    draw_legend(panels[0], figure)
    style.save(figure, folder / "by_problem_type.png", tight=False)
    run = max(content.models, key=lambda run: content.table[run]["approximation_ratio"] or 0.0)
    means = {
        name: mean(content.per_record(run, "approximation_ratio")[types == name])
        for name in names
        if int((types == name).sum()) >= _FEWEST
    }
    means = {name: value for name, value in means.items() if not np.isnan(value)}
    reading = f"Too few records of any one type to compare types for {run}."
    if means:
        high, low = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
        reading = (
            f"{run} comes closest to the optimum on {high} (mean approximation ratio "
            f"{means[high]:.2f}) and stays farthest from it on {low} ({means[low]:.2f}), among "
            f"types with at least {_FEWEST} records."
        )
    return Picture("by_problem_type.png", "By problem type (number of records)", reading)


def groups(values: Sequence[int], most: int = _MOST_GROUPS) -> list[tuple[int, int]]:
    """Ranges (low, high), both included, of about equal counts; a value is never split."""
    distinct, counts = np.unique(np.asarray(values), return_counts=True)
    target = len(values) / most
    out: list[tuple[int, int]] = []
    low, inside = int(distinct[0]), 0
    for place, (value, count) in enumerate(zip(distinct.tolist(), counts.tolist(), strict=True)):
        inside += count
        last = place == len(distinct) - 1
        if inside >= target or last:
            out.append((low, value))
            inside = 0
            if not last:
                low = int(distinct[place + 1])
    return out


def _range_name(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}-{high}"


def by_qubits(content: PlotData, folder: Path) -> Picture | None:
    """Approximation ratio, P(opt) and HQCR against the number of qubits."""
    qubits = np.array([reference.n_qubits for reference in content.measured.references])
    ranges = groups(qubits.tolist())
    inside = [(qubits >= low) & (qubits <= high) for low, high in ranges]
    runs = _shown_runs(content)
    look = styles(list(content.table))
    metrics = _present(content, "by_qubits")
    if not metrics:
        return None
    figure, panels = style.panels(1.6 + 3.0 * len(metrics), 3.2, len(metrics))
    for axes, metric in zip(panels, metrics, strict=True):
        for run in runs:
            if metric.name == "HQCR" and run == REFERENCE_RUN:
                continue  # 1 by definition
            values = [mean(content.per_record(run, metric.name)[chosen]) for chosen in inside]
            if metric.name == "p_optimal":
                values = [max(value, _LEAST_PROBABILITY) for value in values]
            draw_line(axes, range(len(ranges)), values, look[run], short(run))
        axes.set_xticks(range(len(ranges)), [_range_name(*bounds) for bounds in ranges])
        axes.set_xlabel("qubits", fontsize=9)
        axes.set_title(f"mean {metric.label or metric.title}", fontsize=9, color=TEXT, loc="left")
        if metric.name == "p_optimal":
            axes.set_yscale("log")
        else:
            axes.set_ylim(bottom=0.0)
        axes.margins(y=0.08)
    draw_legend(panels[0], figure)
    style.save(figure, folder / "by_qubits.png", tight=False)
    run = max(content.models, key=lambda run: content.table[run]["p_optimal"] or 0.0)
    values = [mean(content.per_record(run, "p_optimal")[chosen]) for chosen in inside]
    reading = f"All records have {_range_name(*ranges[0])} qubits."
    known = [i for i, value in enumerate(values) if not np.isnan(value)]
    if len(ranges) > 1 and len(known) > 1:
        first, last = known[0], known[-1]
        reading = (
            f"{run}'s probability of measuring an optimum goes from {share(values[first], 3)} at "
            f"{_range_name(*ranges[first])} qubits to {share(values[last], 3)} at "
            f"{_range_name(*ranges[last])}."
        )
    elif len(ranges) > 1:
        reading = "The probability of an optimum is not defined beyond 24 qubits."
    return Picture("by_qubits.png", "By number of qubits", reading)


def by_size(content: PlotData, folder: Path) -> Picture | None:
    """Approximation ratio of usable candidates against their gates and depth."""
    from matplotlib.ticker import LogLocator, NullLocator

    runs = [run for run in _shown_runs(content) if run != UNIFORM or len(content.table) == 1]
    flat = {
        run: [
            (m.gates, m.depth, m.approximation_ratio)
            for candidates in content.measured.runs[run].values()
            for m in candidates
            if m.feasible and m.gates is not None and m.approximation_ratio is not None
        ]
        for run in runs
    }
    flat = {run: rows for run, rows in flat.items() if len(rows) >= _FEWEST}
    if not flat:
        return None
    look = styles(list(content.table))
    figure, panels = style.panels(8.6, 3.2, 2)
    correlations = {}
    for column, (axes, title) in enumerate(zip(panels, ("gates", "depth"), strict=True)):
        for run, rows in flat.items():
            sizes = np.array([row[column] for row in rows], dtype=float)
            ratios = np.array([row[2] for row in rows], dtype=float)
            if column == 0 and not is_baseline(run):
                correlations[run] = _rank_correlation(sizes, ratios)
            x, y = [], []
            for low, high in groups(sizes.astype(int).tolist()):
                chosen = (sizes >= low) & (sizes <= high)
                if int(chosen.sum()) >= _FEWEST:
                    x.append(float(np.median(sizes[chosen])))
                    y.append(float(np.median(ratios[chosen])))
            draw_line(axes, x, y, look[run], short(run))
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel(f"{title} (medians of groups of candidates)", fontsize=9)
        axes.set_ylim(0.0, 1.02)
        axes.set_title("median approximation ratio", fontsize=9, color=TEXT, loc="left")
    draw_legend(panels[0], figure)
    style.save(figure, folder / "by_size.png", tight=False)
    reading = "No run has enough usable candidates to relate size and quality."
    if correlations:
        run = max(correlations, key=lambda run: abs(correlations[run]))
        value = correlations[run]
        trend = "rise with" if value > 0.1 else "fall with" if value < -0.1 else "hardly depend on"
        reading = (
            f"Approximation ratios {trend} the number of gates: the strongest rank correlation of "
            f"a run is {run}'s, {value:+.2f}."
        )
    return Picture("by_size.png", "By gates and depth of the candidates", reading)


def _rank_correlation(a: FloatVector, b: FloatVector) -> float:
    """Spearman's: the correlation of ranks, equal values having their mean rank; 0 where one of the
    two is constant. Without SciPy's, whose module takes half a second to load.
    """
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(_ranks(a), _ranks(b))[0, 1])


def _ranks(values: FloatVector) -> FloatVector:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: FloatVector = (last - (counts - 1) / 2)[place]
    return ranks


# --- what the thresholds hide --------------------------------------------------------------------


def hqcr_threshold(content: PlotData, folder: Path) -> Picture | None:
    """Share of records with RE under a threshold, against the threshold."""
    runs = [
        run
        for run in content.table
        if run != REFERENCE_RUN and content.table[run]["HQCR"] is not None
    ]
    if not runs:
        return None
    look = styles(list(content.table))
    figure, axes = style.empty(6.6, 3.6)
    thresholds = np.logspace(-4, 2, 241)
    counted = {run: ~np.isnan(content.per_record(run, "HQCR")) for run in runs}
    for run in runs:
        entropy = np.sort(content.per_record(run, "RE")[counted[run]])
        share = np.searchsorted(entropy[~np.isnan(entropy)], thresholds) / max(entropy.size, 1)
        own = look[run]
        axes.plot(
            thresholds,
            share,
            color=own.colour,
            linestyle=own.dash,
            linewidth=1.5,
            label=short(run),
        )
    axes.axvline(HQCR_BITS, color=TEXT, linewidth=0.9)
    axes.text(HQCR_BITS * 1.12, 0.97, "HQCR", fontsize=8, color=TEXT, va="top")
    axes.set_xscale("log")
    axes.set_xlim(1e-4, 1e2)
    axes.set_ylim(0.0, 1.0)
    axes.set_xlabel("threshold of the relative entropy (bits)", fontsize=9)
    axes.set_ylabel("fraction of records under it", fontsize=9)
    draw_legend(axes)
    style.save(figure, folder / "hqcr_threshold.png")
    run = max(content.models, key=lambda run: content.table[run]["HQCR"] or 0.0)
    entropy = content.per_record(run, "RE")
    size = max(int(counted[run].sum()), 1)
    at = {t: float((entropy < t).sum()) / size for t in (0.01, 0.1, 1.0)}
    reading = (
        f"{run} has {_percent(at[0.01])} of the records under 0.01 bit, {_percent(at[0.1])} under "
        f"0.1 and {_percent(at[1.0])} under 1"
    )
    if UNIFORM in runs and run != UNIFORM:
        reading += f"; Hadamards alone have {_percent(content.table[UNIFORM]['HQCR'])} under 0.1"
    return Picture("hqcr_threshold.png", "HQCR at other thresholds", reading + ".")


def objective_gap(content: PlotData, folder: Path) -> Picture | None:
    """Boxes of the distance to the optimum, (E_p - E_min)/(E_max - E_min) = 1 - r."""
    gaps = {}
    for run in content.table:
        usable = {
            index
            for index, candidates in content.measured.runs[run].items()
            if any(m.feasible for m in candidates)
        }
        chosen = np.array([r.sample_index in usable for r in content.measured.references])
        if chosen.any():
            gaps[run] = 1.0 - content.per_record(run, "approximation_ratio")[chosen]
    if not gaps:
        return None
    look = styles(list(content.table))
    figure, axes = style.empty(6.8, 1.0 + 0.32 * len(gaps))
    drawn = axes.boxplot(
        list(gaps.values()),
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        medianprops={"color": TEXT, "linewidth": 1.6},
        whiskerprops={"color": GREY},
        capprops={"color": GREY},
        flierprops={"marker": ".", "markersize": 3, "markeredgecolor": GREY},
    )
    for box, run in zip(drawn["boxes"], gaps, strict=True):
        box.set(facecolor=look[run].colour, alpha=0.55, edgecolor=look[run].colour)
    labels = [f"{short(run)} ({values.size})" for run, values in gaps.items()]
    axes.set_yticks(range(1, len(gaps) + 1), labels)
    axes.invert_yaxis()
    axes.set_xlim(-0.02, 1.02)
    axes.set_xlabel(
        "objective gap (E - E_min)/(E_max - E_min), best candidate of a record", fontsize=9
    )
    axes.grid(axis="x", color=FAINT, linewidth=0.6)
    style.save(figure, folder / "objective_gap.png")
    medians = {run: float(np.median(values)) for run, values in gaps.items()}
    present = [run for run in content.models if run in medians]
    if not present:
        return None
    best = min(present, key=medians.__getitem__)
    reading = f"The smallest median gap of a run is {best}'s, {medians[best]:.3f}"
    trivial = [run for run in medians if is_baseline(run) and run != best]
    if trivial:
        reading += "; " + ", ".join(f"{short(run)} has {medians[run]:.3f}" for run in trivial)
    return Picture(
        "objective_gap.png", "Distance to the optimum (number of usable records)", reading + "."
    )
