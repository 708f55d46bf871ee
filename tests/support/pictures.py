"""Pictures as pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.image import imread


def picture(path: Path) -> Any:
    """Pixels, shape [height, width, 3], each in [0, 1]."""
    return imread(path)[..., :3]


def shows(pixels: Any, colour: str, least: int = 30) -> bool:
    """Whether a colour covers at least so many pixels."""
    covered = np.abs(pixels - to_rgb(colour)).max(axis=2) < 0.02
    return bool(np.count_nonzero(covered) >= least)
