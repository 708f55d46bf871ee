"""From whatever names a device to the device: `device("fake_torino")`, and the list of the known.

Taken are names of snapshots, `generic:27:heavy-hex`, `ions:11`, device files, Qiskit backends and
targets, and devices themselves.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from quasar.core.errors import InfrastructureError, InputError
from quasar.devices.device import Device, from_target
from quasar.devices.device_file import device_of, read_device_file
from quasar.devices.generic import SHAPES, generic, ions
from quasar.devices.snapshots import (
    Snapshot,
    from_backend,
    snapshot,
    snapshot_names,
    snapshots,
)

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

FORMS = "generic:27:heavy-hex, ions:11, or a device file"


DeviceSource: TypeAlias = Union[
    "Device", str, "os.PathLike[str]", Mapping[str, Any], "BackendV2", "Target"
]
"""What `device` takes."""


def device(source: DeviceSource) -> Device:
    """The device that `source` names or is.

    Args:
        source: name of a snapshot (`fake_torino` or `torino`), `generic:QUBITS:SHAPE`,
            `ions:QUBITS`, the path of a device file (JSON or TOML; `devices.device_file` has its
            keys) or its content, a Qiskit backend or target.

    Raises:
        InputError: no such device; the message names the nearest.
    """
    if isinstance(source, Device):
        return source
    if isinstance(source, str | os.PathLike):
        return _named(os.fspath(source))
    given: Any = source  # told apart without loading Qiskit
    if hasattr(given, "target"):
        return from_backend(given)
    if hasattr(given, "build_coupling_map"):
        return from_target(given, name=given.description or "target", source="Qiskit target")
    if isinstance(given, Mapping):
        return device_of(given)
    raise InputError(
        "A device is a name, the path of a device file, a Qiskit BackendV2 or Target, "
        f"not {type(source).__name__}."
    )


def list_devices() -> list[Snapshot]:
    """The snapshots of machines that are installed, with size, gates, errors and date.

    Empty without qiskit-ibm-runtime (the extra `devices`). `device` takes more than these.

    Raises:
        InfrastructureError: a snapshot's files cannot be read.
    """
    try:
        return snapshots()
    except (OSError, ValueError, KeyError) as error:
        raise InfrastructureError(
            "the snapshots of qiskit-ibm-runtime cannot be read: install it again."
        ) from error


def _named(text: str) -> Device:
    kind, _, rest = text.partition(":")
    if kind in ("generic", "ions") and not os.path.isfile(text):
        return _shaped(text, kind, rest)
    if Path(text).suffix.lower() in (".json", ".toml") or os.path.isfile(text):
        return read_device_file(Path(text))
    names = snapshot_names()
    for name in (text.lower(), f"fake_{text.lower().removeprefix('ibm_')}"):
        if name in names:
            return snapshot(name)
    raise InputError(f"There is no device {text!r}. {_hint(text, names)}")


def _hint(text: str, names: tuple[str, ...]) -> str:
    if not names:
        return (
            "Snapshots of IBM machines need the extra `devices` "
            f"(pip install -e '.[devices]'); without it: {FORMS}."
        )
    near = difflib.get_close_matches(text.lower(), names, 3)
    near = near or difflib.get_close_matches(f"fake_{text.lower()}", names, 3)
    meant = f"Did you mean {', '.join(near)}? " if near else ""
    return f"{meant}`quasar devices` lists the snapshots; also taken: {FORMS}."


def _shaped(text: str, kind: str, rest: str) -> Device:
    parts: list[Any] = rest.split(":")
    wanted = 2 if kind == "generic" else 1
    if len(parts) != wanted or not parts[0].isdecimal() or len(parts[0]) > 9:
        form = "ions and the number of qubits, as in ions:11"
        if kind == "generic":
            shapes = ", ".join(SHAPES)
            form = (
                "generic, the number of qubits and the coupling, as in generic:27:heavy-hex "
                f"(couplings: {shapes})"
            )
        raise InputError(f"{text!r} is not a device: write {form}.")
    return ions(int(parts[0])) if kind == "ions" else generic(int(parts[0]), parts[1])
