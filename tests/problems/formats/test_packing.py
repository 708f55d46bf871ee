"""Files packed by gzip, bzip2 and xz."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.core.errors import ProblemError
from quasar.problems.formats.packing import own_suffix, packed, unpacked

PACKED = ["g.rud.gz", "g.rud.bz2", "g.rud.xz"]


@given(st.binary(max_size=200), st.sampled_from(PACKED))
def test_what_is_packed_is_unpacked(content: bytes, name: str) -> None:
    inside = b"0 1\n" + content
    assert unpacked(packed(inside, Path(name)), name) == inside
    assert packed(inside, Path(name)) == packed(inside, Path(name))


@pytest.mark.parametrize("name", PACKED)
def test_a_damaged_file_is_named(name: str) -> None:
    content = packed(b"0 1\n" * 99, Path(name))
    with pytest.raises(ProblemError, match=f"{name} is a damaged packed file: download it again"):
        unpacked(content[:-9], name)


@pytest.mark.parametrize(("name", "suffix"), [("a.RUD.GZ", ".RUD"), ("a.rud", ".rud"), ("a", "")])
def test_the_suffix_of_what_is_inside(name: str, suffix: str) -> None:
    assert own_suffix(Path(name)) == suffix
