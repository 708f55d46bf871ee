"""Frames survive the way, however the bytes are cut; what is not a frame is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quasar.circuits.header import Header
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.wire import Frame, FrameReader, Kind, encode
from quasar.verifier.stages.feasibility import Fault

FRAMES = st.builds(
    Frame,
    serial=st.integers(0, 2**64 - 1),
    kind=st.sampled_from(Kind),
    body=st.binary(max_size=60),
    problem=st.integers(0, 2**32 - 1),
    compared=st.booleans(),
)


@given(st.lists(FRAMES, max_size=5), st.integers(1, 40))
def test_frames_come_back_from_pieces_of_any_size(frames: list[Frame], size: int) -> None:
    raw = b"".join(map(encode, frames))
    reader = FrameReader()
    pieces = [raw[i : i + size] for i in range(0, len(raw), size)]
    assert [frame for piece in pieces for frame in reader.feed(piece)] == frames


@pytest.mark.parametrize(
    "raw",
    [b"\0" * 8 + b"\xff" + b"\0" * 13, b"\0" * 14 + b"\xff" * 8],
    ids=["no such kind", "too long"],
)
def test_what_is_no_frame_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        list(FrameReader().feed(raw))


@pytest.mark.parametrize("header", [None, Header(True, False, "OPENQASM 3.1", "3", 5)])
def test_a_refusal_comes_back(header: Header | None) -> None:
    fault = Fault(kind="limit", limit="time", message="not judged.", hint="Shorter, \u00e9.")
    refusal = Refusal(fault, 7, header)
    assert Refusal.from_json(refusal.to_json()) == refusal
    assert b"\n" not in refusal.to_json()
