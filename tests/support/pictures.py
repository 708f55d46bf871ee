"""Pictures as pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread

from quasar.report import style


def picture(path: Path) -> Any:
    """Pixels, shape [height, width, 3], each in [0, 1]."""
    return imread(path)[..., :3]


def saved(figure: Figure | None, path: Path, *, tight: bool = True) -> bool:
    """Write a figure, if there is one; whether there is."""
    if figure is not None:
        style.save(figure, path, tight=tight)
    return figure is not None


def shows(pixels: Any, colour: str, least: int = 30) -> bool:
    """Whether a colour covers at least so many pixels."""
    covered = np.abs(pixels - to_rgb(colour)).max(axis=2) < 0.02
    return bool(np.count_nonzero(covered) >= least)
