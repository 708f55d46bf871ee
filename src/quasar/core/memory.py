"""How much memory this process can still have, by the system and by its control group."""

from __future__ import annotations

import os
import re
from pathlib import Path

_UNLIMITED = 1 << 60  # control groups without a limit say numbers of this size


def available_bytes(root: Path = Path("/")) -> int | None:
    """Bytes that can be allocated without swapping; None where nothing says so.

    The least of what the system has available and of what each control group that this process is
    in has left, caches that it may drop not counted. Other processes may take it at any moment.

    Args:
        root: of the file systems `proc` and `sys/fs/cgroup`.
    """
    found = [left for left in (_of_system(root), *_of_groups(root)) if left is not None]
    return max(0, min(found)) if found else None


def _of_system(root: Path) -> int | None:
    match = re.search(r"^MemAvailable:\s*(\d+) kB", _text(root / "proc/meminfo"), re.MULTILINE)
    if match:
        return int(match[1]) * 1024
    names = getattr(os, "sysconf_names", {})
    if "SC_AVPHYS_PAGES" in names:
        return int(os.sysconf("SC_AVPHYS_PAGES")) * int(os.sysconf("SC_PAGE_SIZE"))
    return None


def _of_groups(root: Path) -> list[int]:
    """What is left of each limit: of version 2, then of version 1."""
    found = []
    base = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers not in ("", "memory"):
            continue
        top = base / "memory" if controllers else base
        names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        limit, used = names if controllers else ("memory.max", "memory.current")
        # In a container the own group is often shown as the root; then only `top` exists.
        for folder in {top, *(top / part for part in _ancestors(path))}:
            most, now = _number(folder / limit), _number(folder / used)
            if most is not None and now is not None and most < _UNLIMITED:
                found.append(most - now + _droppable(folder))
    return found


def _ancestors(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _droppable(folder: Path) -> int:
    """Bytes of files that the kernel has cached for the group and may drop."""
    text = _text(folder / "memory.stat")
    match = re.search(r"^(?:total_)?inactive_file (\d+)", text, re.MULTILINE)
    return int(match[1]) if match else 0


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
