"""`quasar doctor`: what is installed here, which compiled parts work, what confines workers."""

from __future__ import annotations

import platform
import re
from importlib import metadata
from typing import Any

import typer

from quasar.cli.options import AsJson, print_json

_PACKAGE = "quasar-synthesis"
_REQUIREMENT = re.compile(
    r"(?P<name>[\w.-]+)(?:\[[^\]]*\])?[^;]*;\s*(?:\(?sys_platform[^)]*\)? and )?"
    r"extra == ['\"](?P<extra>[\w-]+)['\"]"
)


def command(as_json: AsJson = False) -> None:
    """Say what is installed, which compiled parts are active and what confines workers."""
    found = _found()
    if as_json:
        print_json(found)
        return
    for title, value in (
        ("quasar", found["version"]),
        ("Python", f"{found['python']} on {found['platform']}, {found['cores']} cores"),
        ("PyTorch", found["pytorch"] or "not installed: only nano and classical models run"),
        ("nano's kernel", found["nano_kernel"]),
        ("flat programs", found["flat_programs"]),
    ):
        typer.echo(f"{title:<15}{value}")
    typer.echo("\nWorkers that judge candidates")
    for title, key in (
        ("other files", "files"),
        ("connections", "network"),
        ("new processes", "processes"),
    ):
        typer.echo(f"  {title:<15}{'refused' if found['workers'][key] else 'NOT refused'}")
    limited = "limited for each process (rlimits)" if found["workers"]["memory"] else "NOT limited"
    typer.echo(f"  {'memory':<15}{limited}")
    for sentence in found["workers"]["missing"]:
        typer.echo(f"  {sentence}")
    typer.echo("\nExtras")
    for extra, parts in found["extras"].items():
        absent = [name for name, version in parts.items() if version is None]
        said = f"without {', '.join(absent)}" if absent else "installed"
        typer.echo(f"  {extra:<15}{said}")


def _found() -> dict[str, Any]:
    from quasar.core.processes import cores
    from quasar.core.version import __version__
    from quasar.models.kernel import library
    from quasar.verifier.sandbox.confinement import confinement
    from quasar.verifier.sandbox.rlimits import limits_memory

    confined = confinement()
    return {
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "cores": cores(),
        "pytorch": _version("torch"),
        "nano_kernel": "compiled" if library() else "NumPy; with a C compiler: make kernel",
        "flat_programs": _flat_programs(),
        "workers": {
            "files": confined.files,
            "network": confined.network,
            "processes": confined.processes,
            "memory": limits_memory(),
            "missing": list(confined.missing),
        },
        "extras": _extras(),
    }


def _flat_programs() -> str:
    """Which way reads and simulates the programs that nearly all candidates are."""
    from quasar.circuits.compiled_facts import library as facts
    from quasar.circuits.flat_compiled import reader
    from quasar.core.compiled import SWITCH, is_switched_off
    from quasar.simulate.small_state import MOST_QUBITS, library

    parts = {
        "read": reader(),
        "counted": facts(),
        f"simulated to {MOST_QUBITS} qubits": library(),
    }
    if is_switched_off():
        return f"Python and qulacs, as {SWITCH} says"
    active = [name for name, part in parts.items() if part is not None]
    if not active:
        return "Python and qulacs; with a C compiler: make kernel"
    return f"{', '.join(active)} by compiled code"


def _extras() -> dict[str, dict[str, str | None]]:
    """Versions of the distributions of each extra, None for those that are not installed."""
    try:
        required = metadata.requires(_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return {}
    found: dict[str, dict[str, str | None]] = {}
    for line in required:
        match = _REQUIREMENT.match(line)
        if match and match["extra"] != "dev" and match["name"] != _PACKAGE:
            found.setdefault(match["extra"], {})[match["name"]] = _version(match["name"])
    return dict(sorted(found.items()))


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
