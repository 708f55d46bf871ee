"""What every artefact carries: commit, settings, seeds, versions, machine."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from quasar.core.version import __version__

LIBRARIES = ("numpy", "scipy", "networkx", "qiskit", "qiskit-qasm3-import", "qulacs", "nlopt")
"""Distributions that every result may depend on."""
_OPTIONAL = {
    "torch": "torch",
    "transformers": "transformers",
    "tokenizers": "tokenizers",
    "safetensors": "safetensors",
    "accelerate": "accelerate",
    "peft": "peft",
    "bitsandbytes": "bitsandbytes",
    "llguidance": "llguidance",
    "vllm": "vllm",
    "openai": "openai",
    "ray": "ray",
    "dimod": "dimod",
    "qiskit_aer": "qiskit-aer",
}
"""Module and distribution of what only some results depend on."""
COMMIT_VARIABLE = "QUASAR_COMMIT"
"""Names the commit of a tree that is used without its history, as in a container."""


def manifest(
    settings: dict[str, Any], seed: int | None, libraries: Sequence[str] = LIBRARIES
) -> dict[str, Any]:
    """A JSON-able record of how something was made.

    Args:
        settings: everything that steered it.
        seed: root seed, None where nothing was random.
        libraries: distributions whose versions matter.
    """
    versions = {"python": platform.python_version()}
    for name in libraries:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "absent"
    return {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "quasar": __version__,
        "commit": commit(),
        "command": ["quasar", *sys.argv[1:]] if sys.argv else [],
        "seed": seed,
        "settings": settings,
        "versions": versions,
        "machine": {"processor": processor(), "system": platform.platform()},
    }


def loaded_libraries() -> list[str]:
    """Distributions other than `LIBRARIES` whose modules this process has loaded."""
    return [name for module, name in _OPTIONAL.items() if module in sys.modules]


def commit() -> str | None:
    """Commit of the source tree in use, with `-dirty` for local changes; None when installed.

    A tree without its history takes it from `COMMIT_VARIABLE`.
    """
    root = Path(__file__).resolve().parents[3]
    if not (root / ".git").exists():
        return os.environ.get(COMMIT_VARIABLE)
    try:
        run = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            cwd=root,
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return run.stdout.strip() or None


def processor() -> str:
    """The processor's model name as the system reports it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
