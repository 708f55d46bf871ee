"""The same data set whatever the engine, the number of workers, and the interruptions."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InfrastructureError, InputError
from quasar.core.progress import Progress
from quasar.data import storage
from quasar.data.build import STAGING, build, read_manifest
from quasar.data.identity import split_of
from quasar.data.shard import BuildPlan, build_shard
from support.commands import start
from support.small_data import SMALL, records_of, small


def content(folder: Path) -> str:
    manifest = read_manifest(folder)
    assert manifest is not None
    return str(manifest["content_sha256"])


class Counting(Progress):
    def __init__(self, stop_after: int | None = None) -> None:
        self.total = self.resumed = self.made = 0
        self.stop_after = stop_after

    def start(self, what: str, total: int | None, done: int = 0) -> None:
        self.total, self.resumed = total, done

    def advance(self, count: int = 1) -> None:
        self.made += count
        if self.made == self.stop_after:
            raise KeyboardInterrupt

    def say(self, what: str) -> None: ...


def test_the_finished_folder(small_set: Path) -> None:
    names = {str(p.relative_to(small_set)) for p in small_set.rglob("*") if p.is_file()}
    assert {"manifest.json", "README.md", "images/quality.png"} <= names
    assert not any(name.startswith(".") for name in names)
    records = records_of(small_set)
    assert [r["index"] for r in records] == list(range(30))
    settings = small()
    for record in records:
        shares, salt = settings.split_shares(), settings.split_salt
        assert record["split"] == split_of(record["instance_id"], shares, salt)
    manifest = read_manifest(small_set)
    assert manifest is not None
    assert manifest["records"] == 30
    assert sum(split["records"] for split in manifest["splits"].values()) == 30
    assert manifest["cost"]["core_seconds"] > 0


def test_files_have_the_number_of_rows_asked_for(small_set: Path) -> None:
    for path in (small_set / "data").glob("*.parquet"):
        found = storage.footer(path)
        assert found is not None
        assert found[0] <= 8
    assert len(list((small_set / "data").glob("train-*.parquet"))) >= 2


def test_datasets_loads_the_three_splits(small_set: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    loaded = datasets.load_dataset(str(small_set), cache_dir=str(tmp_path))
    manifest = read_manifest(small_set)
    assert manifest is not None
    assert {name: rows.num_rows for name, rows in loaded.items()} == {
        name: split["records"] for name, split in manifest["splits"].items()
    }
    first = loaded["train"][0]
    assert first["circuit_with_params"].startswith("OPENQASM 3.0;")
    assert json.loads(first["solution"])["optimization_time"] is None


def test_a_split_without_records_does_not_hinder(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    build(tmp_path / "d", small(count=2, algorithms={"qaoa": 1}, splits={"train": 1, "test": 1e-9}))
    loaded = datasets.load_dataset(str(tmp_path / "d"), cache_dir=str(tmp_path / "cache"))
    assert {name: rows.num_rows for name, rows in loaded.items()} == {"train": 2}


def test_two_processes_make_the_same(small_set: Path, tmp_path: Path) -> None:
    build(tmp_path / "d", small(), jobs=2)
    assert records_of(tmp_path / "d") == records_of(small_set)
    assert content(tmp_path / "d") == content(small_set)


@pytest.mark.usefixtures("any_cluster")
def test_ray_makes_the_same(small_set: Path, tmp_path: Path) -> None:
    progress = Counting()
    build(tmp_path / "d", small(), engine="ray", jobs=2, progress=progress)
    assert progress.made == 30
    assert content(tmp_path / "d") == content(small_set)


def test_a_finished_build_is_left_as_it_is(small_set: Path) -> None:
    before = (small_set / "manifest.json").read_bytes()
    built = build(small_set, small())
    assert built.resumed == 30
    assert (small_set / "manifest.json").read_bytes() == before
    with pytest.raises(InputError, match="other settings"):
        build(small_set, small(seed=9))


def test_an_interrupted_build_goes_on(small_set: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    with pytest.raises(KeyboardInterrupt):
        build(folder, small(), jobs=1, progress=Counting(stop_after=14))
    assert read_manifest(folder) is None
    with pytest.raises(InputError, match="seed differ"):
        build(folder, small(seed=9))
    progress = Counting()
    build(folder, small(), jobs=1, progress=progress)
    assert progress.resumed == 12
    assert progress.made == 18
    assert content(folder) == content(small_set)
    assert not (folder / STAGING).exists()


def test_damaged_and_foreign_shards_are_built_again(small_set: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    with pytest.raises(KeyboardInterrupt):
        build(folder, small(), jobs=1, progress=Counting(stop_after=14))
    plan = BuildPlan(small(), folder / STAGING, small().fingerprint("x"))
    (folder / STAGING / "shard-000000.parquet").write_bytes(b"PAR1 torn")
    build_shard(plan, 1, lambda: None)  # of other settings
    (folder / STAGING / ".shard-000002.parquet.1.partial").write_bytes(b"half")
    build(folder, small(), jobs=1)
    assert content(folder) == content(small_set)


@pytest.mark.parametrize("content", ["{", "[]", b"\xff"])
def test_a_manifest_that_is_none_is_said(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=r"manifest\.json (cannot be read|is not the manifest)"):
        build(tmp_path, small())


def test_one_build_at_a_time(tmp_path: Path) -> None:
    class Second(Counting):
        def start(self, what: str, total: int | None, done: int = 0) -> None:
            with pytest.raises(InputError, match="another build is at work"):
                build(tmp_path / "d", small(count=1))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "d", small(count=1), jobs=1, progress=Second())


def test_a_folder_with_other_files_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="other files"):
        build(tmp_path, small())
    with pytest.raises(InputError, match="is a file"):
        build(tmp_path / "thesis.txt", small())


def test_excluded_data_sets_share_nothing(small_set: Path, tmp_path: Path) -> None:
    build(tmp_path / "d", small(exclude=[str(small_set)], count=12), jobs=1)
    ours = {r["instance_id"] for r in records_of(tmp_path / "d")}
    assert not ours & {r["instance_id"] for r in records_of(small_set)}


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB; skips where none can be mounted."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no right to mount a disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_an_error_that_leaves_a_state_to_go_on_from(tiny_disk: Path) -> None:
    settings = small(count=400, shard_size=40, max_qubits=4, algorithms={"qaoa": 1})
    with pytest.raises(InfrastructureError, match="disk is full"):
        build(tiny_disk / "d", settings, jobs=1)
    assert (tiny_disk / "d" / STAGING / "shard-000000.parquet").exists()
    subprocess.run(["mount", "-o", "remount,size=20m", str(tiny_disk)], check=True)
    progress = Counting()
    build(tiny_disk / "d", settings, jobs=1, progress=progress)
    assert progress.resumed >= 40
    assert [r["index"] for r in records_of(tiny_disk / "d")] == list(range(400))


def test_a_full_disk_without_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Any, *_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.ParquetFile, "_write", full)
    with pytest.raises(InfrastructureError, match="disk is full"):
        storage.write_records(tmp_path / "a.parquet", [{}], {})
    assert list(tmp_path.iterdir()) == []


def children(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


Kill = tuple[int, float]  # after so many shards, and seconds more


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param([(3, 0.07)], id="once"),
        pytest.param([(1, 0.0), (3, 0.07), (6, 0.15)], id="three-times", marks=pytest.mark.slow),
    ],
)
def test_killed_and_resumed(small_set: Path, tmp_path: Path, kills: list[Kill]) -> None:
    folder, config = tmp_path / "d", tmp_path / "settings.json"
    config.write_text(json.dumps(SMALL))
    command = ["data", "build", "--config", str(config), "--out", str(folder), "--jobs", "2"]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    for shards, delay in kills:
        run = start(*command, env=environment)
        deadline = time.monotonic() + 60
        while len(list(folder.glob(f"{STAGING}/shard-*.parquet"))) < shards:
            assert time.monotonic() < deadline
            if run.poll() is not None:
                break
            time.sleep(0.005)
        time.sleep(delay)
        workers = children(run.pid)
        run.send_signal(signal.SIGKILL)
        run.wait()
        while any(map(alive, workers)):  # they end by themselves
            assert time.monotonic() < deadline
            time.sleep(0.05)
    again = start(*command, env=environment)
    again.communicate()
    assert again.returncode == 0
    assert content(folder) == content(small_set)
    assert records_of(folder) == records_of(small_set)
