"""How much memory there is: the system's answer and the control groups'."""

from __future__ import annotations

from pathlib import Path

import pytest

from quasar.core.memory import available_bytes

GIB = 1 << 30


def put(path: Path, text: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def system(root: Path, gib: int) -> None:
    put(root / "proc/meminfo", f"MemTotal: 99 kB\nMemAvailable:   {gib * GIB // 1024} kB")


def test_here() -> None:
    assert (available_bytes() or GIB) > 1 << 20


def test_the_system_without_groups(tmp_path: Path) -> None:
    system(tmp_path, 7)
    assert available_bytes(tmp_path) == 7 * GIB


@pytest.mark.parametrize("shown", ["own", "as the root"])
def test_a_group_of_version_2(tmp_path: Path, shown: str) -> None:
    system(tmp_path, 64)
    put(tmp_path / "proc/self/cgroup", "0::/job.slice/mine")
    folder = tmp_path / "sys/fs/cgroup"
    if shown == "own":
        put(folder / "job.slice/memory.max", "max")
        put(folder / "job.slice/memory.current", 5 * GIB)
        folder /= "job.slice/mine"
    put(folder / "memory.max", 4 * GIB)
    put(folder / "memory.current", 3 * GIB)
    put(folder / "memory.stat", f"anon 5\ninactive_file {GIB}")
    assert available_bytes(tmp_path) == 2 * GIB


def test_a_group_of_version_1(tmp_path: Path) -> None:
    system(tmp_path, 64)
    put(tmp_path / "proc/self/cgroup", "3:cpu:/a\n4:memory:/a/b\n0::/")
    folder = tmp_path / "sys/fs/cgroup/memory"
    put(folder / "memory.limit_in_bytes", 9223372036854771712)
    put(folder / "memory.usage_in_bytes", GIB)
    put(folder / "a/b/memory.limit_in_bytes", 2 * GIB)
    put(folder / "a/b/memory.usage_in_bytes", 3 * GIB)
    assert available_bytes(tmp_path) == 0
