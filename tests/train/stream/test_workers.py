"""The processes that make examples: each its part, started again when they die, ended for good."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.train.stream.chunks import parse_name, read_chunk
from quasar.train.stream.settings import StreamKind
from quasar.train.stream.workers import EXCLUDED, LOG, StreamWorkers, allocate
from support.small_stream import stream

TESTS = Path(__file__).resolve().parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of files; the workers find the stub."""
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    )
    (tmp_path / EXCLUDED).write_text("")
    return tmp_path


def wait_for(condition: Callable[[], object], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_every_kind_is_made_and_nothing_is_left_running(folder: Path) -> None:
    kinds = ({"name": "a", "share": 1.0}, {"name": "b-c", "share": 1.0, "qubits": [6, 7]})
    settings = stream(*kinds, workers=1, chunk_seconds=0.05, max_length=16)
    with StreamWorkers(settings, folder, seed=3) as workers:
        wait_for(lambda: len({n.kind for p in folder.iterdir() if (n := parse_name(p.name))}) == 2)
        workers.look_after()
        pids = workers.pids
    assert not any(map(alive, pids))
    for path in folder.glob("*.npz"):
        chunk, name = read_chunk(path), parse_name(path.name)
        assert chunk is not None
        assert name is not None
        assert name.seed == 300_001
        sizes = np.diff(chunk.ends, prepend=0)
        assert sizes.max() <= 16
        assert set((sizes - chunk.starts).tolist()) <= ({4, 5, 6} if name.kind == "a" else {7})
    assert (folder / LOG).read_text() == ""


def test_later_workers_have_seeds_of_their_own(folder: Path) -> None:
    settings = stream({"name": "a", "share": 1.0}, workers=2, chunk_seconds=0.05)
    for expected in ([500_001, 500_002], [500_003, 500_004]):
        with StreamWorkers(settings, folder, seed=5) as workers:
            assert workers.seeds == expected
            wait_for(lambda e=expected: list(folder.glob(f"a-{e[-1]}-*.npz")))


def test_one_that_dies_is_started_again_with_a_new_seed(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = stream({"name": "a", "share": 1.0}, workers=1, chunk_seconds=0.05)
    with StreamWorkers(settings, folder, seed=1) as workers:
        wait_for(lambda: list(folder.glob("a-*.npz")))
        os.kill(workers.pids[0], 9)
        wait_for(lambda: workers.look_after() or len(workers.seeds) == 2)
        assert "seed 100002" in caplog.text
        wait_for(lambda: list(folder.glob("a-100002-*.npz")))


def test_workers_that_lack_a_kind_end_the_training_with_their_last_words(folder: Path) -> None:
    well, ill = {"name": "a", "share": 1.0}, {"name": "b", "share": 1.0, "dies_after": 0}
    settings = stream(well, ill, workers=1, chunk_seconds=0.05)
    with (
        pytest.raises(InfrastructureError, match="the stub breaks down"),
        StreamWorkers(settings, folder, seed=1) as workers,
    ):
        wait_for(workers.look_after, 60.0)


def kinds(*supplies: float) -> list[StreamKind]:
    return [StreamKind(name=f"k{i}", share=1.0, supply=s) for i, s in enumerate(supplies)]


def test_workers_are_shared_out_by_supply() -> None:
    assert allocate(kinds(1, 1), 2) == [{"k0": 1.0}, {"k1": 1.0}]
    assert allocate(kinds(3, 1), 1) == [{"k0": 0.75, "k1": 0.25}]
    assert allocate(kinds(1, 0, 1), 1) == [{"k0": 0.5, "k2": 0.5}]
    assert allocate(kinds(1, 1), 0) == []
    parts = allocate(kinds(0.58, 0.14, 0.14, 0.14), 14)
    for number, wanted in enumerate((8.12, 1.96, 1.96, 1.96)):
        assert sum(part.get(f"k{number}", 0.0) for part in parts) == pytest.approx(wanted)
    assert all(sum(part.values()) == pytest.approx(1.0) for part in parts)


def test_settings_say_what_is_wrong() -> None:
    one = {"name": "a", "share": 1.0}
    with pytest.raises(InputError, match="two kinds are called 'a'"):
        stream(one, one)
    with pytest.raises(InputError, match="nothing to make"):
        stream({**one, "supply": 0.0})
    with pytest.raises(InputError, match="qubit_count: no such setting"):
        stream({**one, "qubit_count": 3})
    with pytest.raises(InputError, match="source 'no_such_module' cannot make examples"):
        stream(one, source="no_such_module")
    with pytest.raises(InputError, match="name"):
        stream({**one, "name": "A b"})
