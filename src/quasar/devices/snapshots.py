"""The offline snapshots of IBM machines in qiskit-ibm-runtime (extra `devices`).

`snapshots` lists them from their JSON files, without importing that library (which takes seconds);
`snapshot` builds one. Calibrations are those of the file's date, no one's today.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import json
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from quasar.core.errors import InputError
from quasar.devices.device import Device, ReadoutError, from_target
from quasar.devices.masking import DEAD

_CLASS = re.compile(r"^class (\w+)\(FakeBackendV2\)", re.MULTILINE)
_FIELD = r'^\s+{}\s*(?::.*)?=\s*"([^"]+)"'


@dataclass(frozen=True)
class Snapshot:
    """A line of the list: what the files say, without the target.

    Attributes:
        median_two_qubit_error: over the couplers that work; None without two-qubit gates.
        date: of the calibration, as `2025-02-26`.
    """

    name: str
    qubits: int
    basis: tuple[str, ...]
    median_two_qubit_error: float | None
    date: str | None


def snapshot_names() -> tuple[str, ...]:
    """Names of the snapshots installed; none without the library."""
    return tuple(sorted(_found()))


def snapshots() -> list[Snapshot]:
    """All snapshots, by name; reads 16 MB of JSON."""
    return [describe(name) for name in snapshot_names()]


def describe(name: str) -> Snapshot:
    """A snapshot's line of the list, from its files."""
    _, folder, configuration, properties = _found()[name]
    settings = json.loads((folder / configuration).read_text(encoding="utf-8"))
    measured: dict[str, Any] = {}
    if properties:
        measured = json.loads((folder / properties).read_text(encoding="utf-8"))
    best: dict[tuple[int, ...], float] = {}
    for gate in measured.get("gates", ()):
        if len(gate["qubits"]) == 2:
            errors = [p["value"] for p in gate["parameters"] if p["name"] == "gate_error"]
            pair = tuple(sorted(gate["qubits"]))
            best[pair] = min([*errors, best.get(pair, 1.0)])
    working = [error for error in best.values() if error < DEAD]
    date = measured.get("last_update_date")
    return Snapshot(
        name,
        int(settings["n_qubits"]),
        tuple(sorted(settings["basis_gates"])),
        float(median(working)) if working else None,
        None if date is None else str(date)[:10],
    )


def snapshot(name: str) -> Device:
    """The device of a snapshot.

    Raises:
        InputError: there is none of that name, or the library is not installed.
    """
    if name not in (found := _found()):
        raise InputError(
            f"There is no snapshot {name!r}."
            + ("" if found else " Snapshots need qiskit-ibm-runtime: install the extra `devices`.")
        )
    class_name, folder, *_ = found[name]
    module = f"qiskit_ibm_runtime.fake_provider.backends.{folder.name}"
    backend = getattr(importlib.import_module(module), class_name)()
    return from_backend(backend, source="snapshot in qiskit-ibm-runtime")


def from_backend(backend: Any, source: str | None = None) -> Device:
    """The device of a Qiskit `BackendV2`; readout errors by state, where its properties have them.

    Raises:
        InputError: the backend has no number of qubits.
    """
    properties = _properties(backend)
    date = getattr(properties, "last_update_date", None)
    return from_target(
        backend.target,
        name=str(backend.name),
        source=source or f"Qiskit backend {type(backend).__name__}",
        readout=None if properties is None else _readout(backend, properties),
        date=None if date is None else str(date)[:10],
    )


def _properties(backend: Any) -> Any:
    try:
        return backend.properties()
    except (AttributeError, TypeError, KeyError, OSError):
        return None


def _readout(backend: Any, properties: Any) -> list[ReadoutError | None]:
    found: list[ReadoutError | None] = []
    measured = backend.target["measure"] if "measure" in backend.target.operation_names else {}
    for qubit in range(backend.num_qubits):
        try:
            rows = properties.qubit_property(qubit)
        except Exception:  # the properties class raises its own type, of a library not imported
            rows = {}
        pair = [rows.get(key, (None,))[0] for key in ("prob_meas1_prep0", "prob_meas0_prep1")]
        both = getattr(measured.get((qubit,)), "error", None)
        wrong_1, wrong_0 = (both if value is None else value for value in pair)
        if wrong_1 is None or wrong_0 is None:
            found.append(None)
        else:
            found.append((float(wrong_1), float(wrong_0)))
    return found


@functools.cache
def _found() -> dict[str, tuple[str, Path, str, str]]:
    """Class, folder, configuration file and properties file of each snapshot, by its name."""
    library = importlib.util.find_spec("qiskit_ibm_runtime")
    if library is None or not library.submodule_search_locations:
        return {}
    root = Path(next(iter(library.submodule_search_locations))) / "fake_provider" / "backends"
    found = {}
    for file in sorted(root.glob("*/fake_*.py")):
        text = file.read_text(encoding="utf-8")
        named = _CLASS.search(text)
        fields = [
            match[1] if (match := re.search(_FIELD.format(key), text, re.MULTILINE)) else ""
            for key in ("backend_name", "conf_filename", "props_filename")
        ]
        if named and fields[0] and fields[1]:
            found[fields[0]] = (named[1], file.parent, fields[1], fields[2])
    return found
