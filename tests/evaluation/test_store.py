"""Stored lines: written and read back, also those of an earlier version."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.evaluation.rows import candidate_row, measurement_from_row
from quasar.evaluation.store import CANDIDATES, Store
from quasar.verifier.measurement import Measurement

MEASURED = Measurement(parses=True, feasible=True, energy=-1.5, gates=3, entropy_bits=0.5)


def test_a_candidate_comes_back() -> None:
    row = candidate_row(("a", 0, 1), "digest", MEASURED, None)
    assert measurement_from_row(row) == MEASURED


def test_what_an_earlier_version_did_not_measure_is_undefined() -> None:
    row = candidate_row(("a", 0, 1), "digest", MEASURED, None)
    del row["entropy_bits"]
    assert measurement_from_row(row).entropy_bits is None
    del row["parses"]
    with pytest.raises(InputError, match="lacks 'parses'"):
        measurement_from_row(row)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_is_said_to_be_full(tmp_path: Path) -> None:
    def write() -> None:
        with Store(tmp_path, {}) as store:
            (tmp_path / CANDIDATES).symlink_to("/dev/full")
            store.append(candidate_row(("a", 0, 1), "digest", MEASURED, None))

    with pytest.raises(InfrastructureError, match="the disk is full"):
        write()
