"""The report of a reinforcement run: its curves as pictures, and before beside after.

Made from what the trainer logged (`trainer.state.log_history`, which survives resumptions), so a
point is the mean over `eval.log_steps` steps. Strong lines are running means of the pale ones.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from quasar.core.files import disk_errors
from quasar.report import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = "report"
"""In the run's folder: `report.md`, `curves.json` and the pictures."""

_MEAN_OVER = 11
"""Points of a running mean: prompts of one step differ much in how hard they are."""

Point = Mapping[str, Any]


class Panel(NamedTuple):
    """One pair of axes.

    Attributes:
        curves: label of each curve, and the logged name it shows.
        marked: points are few and far between.
    """

    title: str
    curves: tuple[tuple[str, str], ...]
    marked: bool = False


PICTURES: dict[str, tuple[Panel, ...]] = {
    "reward.png": (
        Panel("Reward of the draws", (("mean", "reward"), ("deviation in a group", "reward_std"))),
        Panel(
            "Stages",
            (
                ("valid (SCR)", "signal/parses"),
                ("behaviour s2", "signal/s2"),
                ("objective s3 (ratio)", "signal/s3"),
                ("utility s4", "signal/s4"),
                ("P(opt)", "signal/p_optimal"),
            ),
        ),
    ),
    "quality.png": (
        Panel(
            "Validation, greedy",
            (
                ("reward", "quality/reward"),
                ("ratio", "quality/ratio"),
                ("P(opt)", "quality/p_optimal"),
                ("valid", "quality/parses"),
            ),
            marked=True,
        ),
        Panel(
            "Validation, one draw",
            (
                ("reward", "quality/sampled/reward"),
                ("ratio", "quality/sampled/ratio"),
                ("P(opt)", "quality/sampled/p_optimal"),
                ("valid", "quality/sampled/parses"),
            ),
            marked=True,
        ),
    ),
    "policy.png": (
        Panel("Entropy a token", (("nats", "entropy"),)),
        Panel("Length", (("tokens", "completions/mean_length"),)),
        Panel(
            "Shares",
            (
                ("groups of equal rewards", "frac_reward_zero_std"),
                ("cut off", "completions/clipped_ratio"),
                ("verifying, of a step", "verification/share_of_step"),
                ("bit strings", "signal/basis_state"),
                ("product states", "signal/product_state"),
            ),
        ),
    ),
}


def write_report(
    out: Path, name: str, content: Mapping[str, Any], history: Sequence[Point]
) -> Path:
    """Write the report into the run's folder; returns `report.md`.

    Args:
        name: of the model.
        content: the model's manifest, with `before`, `validation` and `validation_problems`.
        history: what the trainer logged, in order.

    Raises:
        InfrastructureError: no space, or no right to write.
    """
    folder = out / FOLDER
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "curves.json").write_text(json.dumps(list(history)) + "\n", encoding="utf-8")
        pictures = draw(history, folder)
        path = folder / "report.md"
        path.write_text(_text(name, content, history, pictures), encoding="utf-8")
    return path


def draw(history: Sequence[Point], folder: Path) -> list[str]:
    """Draw the pictures for which there are points; returns their names."""
    drawn = []
    for name, panels in PICTURES.items():
        known = [panel for panel in panels if any(_series(history, key) for _, key in panel.curves)]
        if not known:
            continue
        page, places = style.panels(4.6 * len(known), 3.6, len(known))
        for axes, panel in zip(places, known, strict=True):
            _draw_panel(axes, panel, history)
        style.save(page, folder / name, tight=False)
        drawn.append(name)
    return drawn


def _draw_panel(axes: Axes, panel: Panel, history: Sequence[Point]) -> None:
    for (label, key), colour in zip(panel.curves, style.SERIES, strict=False):
        points = _series(history, key)
        if points:
            steps, values = zip(*points, strict=True)
            marker = "o" if panel.marked or len(points) < 3 else None
            if not panel.marked and len(points) > _MEAN_OVER:
                axes.plot(steps, values, color=colour, linewidth=0.8, alpha=0.3)
                values = running_mean(values)
            axes.plot(steps, values, color=colour, label=label, marker=marker, linewidth=1.6)
    axes.set_title(panel.title)
    axes.set_xlabel("step")
    axes.legend()


def running_mean(values: Sequence[float]) -> tuple[float, ...]:
    """Each value's mean with its nearest neighbours on both sides; fewer at the ends."""
    half = _MEAN_OVER // 2
    near = [values[max(0, i - half) : i + half + 1] for i in range(len(values))]
    return tuple(sum(part) / len(part) for part in near)


def _series(history: Sequence[Point], key: str) -> list[tuple[int, float]]:
    return [(int(p["step"]), float(p[key])) for p in history if p.get(key) is not None]


def _text(
    name: str, content: Mapping[str, Any], history: Sequence[Point], pictures: Sequence[str]
) -> str:
    before, after = content["before"], content["validation"]
    problems = content["validation_problems"]
    shares = [value for _, value in _series(history, "verification/share_of_step")]
    verifying = f"; verifying took {max(shares):.1%} of a step at most" if shares else ""
    parts = [
        f"# {name}: reinforcement\n",
        f"{content['steps']} steps, {content['examples_seen']} completions, "
        f"{content['training_seconds'] / 60:.1f} minutes{verifying}. "
        f"{content['completions_without_verdict']} completions went without a verdict.\n",
    ]
    if after:
        rows = [
            f"| {key} | {_number(before.get(key))} | {_number(after.get(key))} |"
            for key in sorted(before.keys() | after.keys())
        ]
        parts += [
            f"{problems} validation problems, the same before and after: greedy answers, and "
            "(`sampled/`) one draw each as the training draws.\n",
            "\n".join(["| | before | after |", "|---|---|---|", *rows]) + "\n",
        ]
    parts += [f"![{Path(picture).stem}]({picture})\n" for picture in pictures]
    return "\n".join(parts)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
