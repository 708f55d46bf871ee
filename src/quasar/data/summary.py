"""The finished records of a data set as one table of figures, for its card and its pictures.

A row takes about 150 bytes, so the figures of a million records fit into any memory; the circuits
themselves are not read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quasar.data.record import MEASURED

if TYPE_CHECKING:
    import pandas as pd

HASHED = ("instance_id", "signature")
"""Columns of long texts of which only the number of different ones is asked for."""
_COLUMNS = (
    "split", "problem_type", "optimization_type", "number_of_qubits", "number_of_layers",
    "encoding", "variable_order", "template", *HASHED, *MEASURED,
)  # fmt: skip


def read_figures(folder: Path) -> pd.DataFrame:
    """One row for each record, in the order of the files; `HASHED` as 64-bit hashes.

    Raises:
        InputError: there is no readable record.
    """
    import pandas as pd
    from pyarrow import parquet

    from quasar.core.errors import InputError

    frames = []
    for path in sorted((folder / "data").glob("*.parquet")):
        frame = parquet.read_table(path, columns=list(_COLUMNS)).to_pandas()
        for name in HASHED:
            frame[name] = pd.util.hash_array(frame[name].to_numpy(object))
        frames.append(frame.astype({"template": "Int64"}))
    if not frames:
        raise InputError(f"{folder} holds no records.")
    return pd.concat(frames, ignore_index=True)
