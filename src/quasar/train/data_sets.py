"""Data sets of a training that are named by how they are made, and made when first needed.

A path of a configuration may be a TOML file of `quasar data build`: the data set is built once, in
a folder named after the file, and found there by later runs. An interrupted build goes on.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.progress import Progress
from quasar.data.build import MANIFEST, build
from quasar.data.settings import BuildSettings, read_settings

BUILT_IN = Path("data")
"""Where such data sets are built."""
_PREFIX = "data-"  # of the names of checked-in configurations
_PATIENCE_S = 3600.0


def ensure_built(paths: Sequence[str], into: Path, progress: Progress) -> list[str]:
    """The paths, with a folder in place of each configuration; what is missing is built.

    Of several processes of one training the first builds, and the others wait for it.

    Raises:
        InputError: a configuration cannot be read or used.
        InfrastructureError: the build failed, or took other processes over an hour.
    """
    return [str(_built(Path(p), into, progress)) if p.endswith(".toml") else p for p in paths]


def _built(config: Path, into: Path, progress: Progress) -> Path:
    folder = into / config.stem.removeprefix(_PREFIX)
    if (folder / MANIFEST).is_file():
        return folder
    if int(os.environ.get("RANK", "0")) == 0:
        settings = read_settings(config)
        for name in ("recipe", "count"):
            if name not in settings:
                raise InputError(f"{config} lacks {name!r}, which a data set needs.")
        progress.say(f"building {folder}")
        build(folder, BuildSettings.parse(settings), progress=progress)
        return folder
    begun = time.monotonic()
    while not (folder / MANIFEST).is_file():
        if time.monotonic() - begun > _PATIENCE_S:
            raise InfrastructureError(
                f"{folder} was not built within an hour: build it first, with "
                f"`quasar data build --config {config} --out {folder}`."
            )
        time.sleep(1.0)
    return folder
