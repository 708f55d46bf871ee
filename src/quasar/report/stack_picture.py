"""A solution as things piled up; see `problems.stacks`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quasar.problems.stacks import SolutionStacks, Stack
from quasar.report import style
from quasar.report.phrases import amount
from quasar.report.plain_text import clipped, printable
from quasar.report.style import BACKGROUND, BLUE, FAINT, GREY, SKY, TEXT, VERMILLION

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDE = 0.72  # of the distance between piles
_LETTERS = 18  # of a thing's name


def stacks_figure(found: SolutionStacks) -> Figure:
    """The picture."""
    count = len(found.stacks)
    figure, axes = style.empty(max(3.6, 1.2 + 1.5 * count), 3.8, constrained=True)
    heights = [sum(size for _, size in stack.parts) for stack in found.stacks]
    top = max([*heights, found.limit or 0.0, 1e-9])
    for place, stack in enumerate(found.stacks):
        base = 0.0
        for number, (name, size) in enumerate(stack.parts):
            look = _look(stack, number)
            axes.bar([place], [size], bottom=[base], width=_WIDE, **look)
            if size >= 0.045 * top:
                colour = BACKGROUND if look["facecolor"] == BLUE else TEXT
                text = f"{clipped(printable(name), _LETTERS)} ({amount(size)})"
                axes.text(
                    place, base + size / 2, text, ha="center", va="center", fontsize=7.5,
                    color=colour, family=style.fonts(), parse_math=False,
                )  # fmt: skip
            base += size
        axes.annotate(
            amount(base), (place, base), xytext=(0, 3), textcoords="offset points", ha="center",
            fontsize=8, color=VERMILLION if stack.wrong else GREY if stack.aside else TEXT,
        )  # fmt: skip
    if found.limit is not None:
        axes.axhline(found.limit, color=TEXT, linewidth=1.2, linestyle=(0, (5, 2)))
        axes.annotate(
            f"at most {amount(found.limit)}", (1.0, found.limit), xytext=(-2, 3),
            xycoords=("axes fraction", "data"), textcoords="offset points", ha="right",
            fontsize=8, color=TEXT,
        )  # fmt: skip
    names = [clipped(printable(stack.name), _LETTERS) for stack in found.stacks]
    axes.set_xticks(range(count), names, fontsize=8, family=style.fonts(), parse_math=False)
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.6, max(count, 2) - 0.4)
    axes.set_ylim(0.0, 1.12 * top)
    axes.set_ylabel(found.unit)
    axes.set_title(
        found.title, loc="left", fontsize=11, color=TEXT, family=style.fonts(), parse_math=False
    )
    return figure


def _look(stack: Stack, number: int) -> dict[str, Any]:
    """Neighbours differ; what is left out is pale, what is wrong is hatched."""
    edge = {"edgecolor": BACKGROUND, "linewidth": 1.2}
    if stack.aside:
        return {"facecolor": FAINT, **edge}
    if stack.wrong:
        return {"facecolor": BACKGROUND, "edgecolor": VERMILLION, "hatch": "////", "linewidth": 1.2}
    return {"facecolor": SKY if number % 2 else BLUE, **edge}
