"""What all pictures of the project share: colours, fonts, an empty page, and saving it.

Colours are those of Okabe and Ito, which all kinds of colour vision tell apart; what colour
says is also said by line width, outline or words. Matplotlib's own state (`pyplot`) is never used.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from quasar.core.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILLION = "#0072b2", "#e69f00", "#009e73", "#d55e00"
SKY, PURPLE, YELLOW = "#56b4e9", "#cc79a7", "#f0e442"
TEXT, GREY, FAINT, BACKGROUND = "#1f2430", "#8a8f98", "#d9dce1", "#ffffff"

SERIES = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY, YELLOW)
"""Colours of curves, in order."""

FORMATS = (".png", ".svg", ".pdf")
DPI = 150
_FONTS = (
    "DejaVu Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans", "WenQuanYi Zen Hei",
    "Microsoft YaHei", "Hiragino Sans", "PingFang SC", "Arial Unicode MS", "Noto Sans Arabic",
    "Noto Sans Devanagari", "Noto Emoji", "Segoe UI Symbol", "Symbola",
)  # fmt: skip


@cache
def fonts() -> list[str]:
    """Those of `_FONTS` that are installed: matplotlib takes each character from the first."""
    from matplotlib import font_manager

    installed = set(font_manager.get_font_names())
    return [name for name in _FONTS if name in installed] or ["sans-serif"]


@contextmanager
def missing_characters_allowed() -> Iterator[None]:
    """A character that no installed font has comes out as a box, without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def mono() -> list[str]:
    """Fonts for bit strings."""
    return ["DejaVu Sans Mono", "monospace"]


def page(width: float, height: float, *, constrained: bool = False) -> Figure:
    """An empty page of that size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = _picture()(
        figsize=(width, height),
        dpi=DPI,
        facecolor=BACKGROUND,
        layout="constrained" if constrained else None,
    )
    FigureCanvasAgg(figure)
    return figure


@cache
def _picture() -> type[Figure]:
    """A figure that notebooks show: in no pyplot state, it is otherwise only named there."""
    from matplotlib.figure import Figure

    class Picture(Figure):
        def _repr_png_(self) -> bytes:
            stream = io.BytesIO()
            with missing_characters_allowed():
                self.savefig(stream, format="png", bbox_inches="tight", pad_inches=0.08)
            return stream.getvalue()

    return Picture


def empty(width: float, height: float, *, constrained: bool = False) -> tuple[Figure, Axes]:
    """Axes on a page of that size in inches, in the common style."""
    figure = page(width, height, constrained=constrained)
    axes = figure.add_subplot()
    apply_style(axes)
    return figure, axes


def panels(width: float, height: float, count: int) -> tuple[Figure, list[Axes]]:
    """Axes side by side on one page of that size in inches, in the common style."""
    figure = page(width, height, constrained=True)
    found = [figure.add_subplot(1, count, place + 1) for place in range(count)]
    for axes in found:
        apply_style(axes)
    return figure, found


def apply_style(axes: Axes) -> None:
    """Put axes in the common style."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)
    axes.tick_params(colors=TEXT, labelsize=8)
    axes.xaxis.label.set_color(TEXT)
    axes.yaxis.label.set_color(TEXT)


def finished(figure: Figure) -> Figure:
    """The page with its legends in the common style."""
    for axes in figure.axes:
        legend = axes.get_legend()
        if legend is not None:
            legend.set_frame_on(False)
            for text in legend.get_texts():
                text.set_fontsize(8)
                text.set_color(TEXT)
    return figure


def svg_text(figure: Figure) -> str:
    """The page as an SVG element to be put into HTML.

    Letters are drawn as shapes, so that the picture looks the same wherever it is shown.
    """
    from matplotlib import rc_context

    stream = io.StringIO()
    with rc_context({"svg.hashsalt": "quasar"}), missing_characters_allowed():
        figure.savefig(
            stream, format="svg", bbox_inches="tight", pad_inches=0.08, metadata={"Date": None}
        )
    text = stream.getvalue()
    return text[text.index("<svg") :]


def save(figure: Figure, path: str | Path, *, tight: bool = True) -> None:
    """Write the page.

    Args:
        tight: cut the margins to what is drawn.

    Raises:
        InputError: a file ending other than `FORMATS`.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise InputError(f"a picture ends in {', '.join(FORMATS)}, not {path.suffix!r}.")
    finished(figure)
    pixels = path.suffix.lower() == ".png"
    with missing_characters_allowed(), _laid_out(figure) if pixels else nullcontext():
        figure.savefig(
            path,
            dpi=DPI,
            bbox_inches="tight" if tight else None,
            pad_inches=0.12,
            # Equal pictures are equal files, whichever matplotlib drew them.
            metadata={"Software": None} if pixels else None,
        )


@contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """The page with its parts where they belong, so that it is drawn once; `savefig` would draw it
    another time to have them moved. For pixels at the page's own resolution.
    """
    engine = figure.get_layout_engine()
    if engine is None:
        yield
        return
    engine.execute(figure)
    figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)
