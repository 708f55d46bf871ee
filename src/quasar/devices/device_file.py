"""Devices that users write down: JSON or TOML with couplers, gates, errors, times.

`TEMPLATE` shows every key; `DeviceFile`, `GateNumbers` and `QubitNumbers` say what each means. What
is not given is not known, and then left out of noise and of estimates. A qubit with `working =
false` and gates with errors of a half or more are masked, as in snapshots.
"""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from quasar.core.errors import InputError
from quasar.core.json_text import RepeatedKeyError, loads
from quasar.core.settings import Settings
from quasar.devices.device import Device, ReadoutError, from_target
from quasar.devices.masking import DeadParts

if TYPE_CHECKING:
    from qiskit.transpiler import InstructionProperties, Target

TEMPLATE = """\
# A device for quasar. Times are in seconds, errors are probabilities. Leave out what is not known.
name = "my-device"
qubits = 5
couplers = [[0, 1], [1, 2], [2, 3], [3, 4]]
directed = false            # true: two-qubit gates go from the first to the second qubit only
date = "2026-11-28"         # of the calibration

[gates.rz]                  # any gate of Qiskit's library on one or two qubits
error = 0.0                 # average gate infidelity, on all qubits or couplers
duration_s = 0.0

[gates.sx]
error = 3e-4
duration_s = 32e-9

[gates.cz]
error = 4e-3
duration_s = 68e-9

[gates.cz.on."1-2"]         # what is different on one coupler (or, of other gates, on a qubit: "3")
error = 9e-3

[every_qubit]
p1_given_0 = 0.010          # readout: 1 is read where 0 was prepared
p0_given_1 = 0.020
readout_s = 1.5e-6
t1_s = 150e-6
t2_s = 120e-6               # at most twice t1_s

[qubit.3]                   # what is different on one qubit
t1_s = 80e-6
t2_s = 60e-6

[qubit.4]
working = true              # false: masked, with all its gates
"""

# Strict: true is no probability of 1, and "3" no number.
Probability = Field(default=None, ge=0.0, le=1.0, strict=True)
Duration = Field(default=None, ge=0.0, le=1.0, strict=True)  # beyond: nanoseconds were meant
RelaxationTime = Field(default=None, gt=0.0, allow_inf_nan=False, strict=True)


class GatePlace(Settings):
    """Numbers of a gate on some qubits."""

    error: float | None = Probability
    """Average gate infidelity."""
    duration_s: float | None = Duration
    """Duration in seconds, at most 1."""


class GateNumbers(GatePlace):
    """Numbers of a gate everywhere, and where they are different."""

    on: dict[str, dict[str, Any]] = Field(default={})
    """By coupler, such as `1-2`, or by qubit, such as `3`: error and duration_s there."""


class QubitNumbers(Settings):
    """Numbers of a qubit."""

    p1_given_0: float | None = Probability
    """Probability to read 1 where 0 was prepared."""
    p0_given_1: float | None = Probability
    """Probability to read 0 where 1 was prepared."""
    readout_s: float | None = Duration
    """Duration of the measurement in seconds, at most 1."""
    t1_s: float | None = RelaxationTime
    """T1 in seconds."""
    t2_s: float | None = RelaxationTime
    """T2 in seconds, at most 2 T1."""
    working: bool = Field(default=True, strict=True)
    """Whether the qubit is to be used."""


class DeviceFile(Settings):
    """A device file."""

    name: str = Field(min_length=1)
    """The device's name."""
    qubits: int = Field(ge=1, le=10_000, strict=True)
    """Number of qubits."""
    couplers: list[tuple[int, int]] = Field(default=[])
    """Pairs of qubits that two-qubit gates join."""
    directed: bool = Field(default=False, strict=True)
    """Whether two-qubit gates go from the first to the second qubit of a coupler only."""
    date: str | None = None
    """Of the calibration."""
    gates: dict[str, dict[str, Any]] = Field(min_length=1)
    """By name of Qiskit's library: `GateNumbers`."""
    every_qubit: dict[str, Any] = Field(default={})
    """`QubitNumbers` of all qubits."""
    qubit: dict[str, dict[str, Any]] = Field(default={})
    """`QubitNumbers` by qubit, where they are different."""


def read_device_file(path: Path) -> Device:
    """The device that a file describes.

    Raises:
        InputError: it cannot be read, or something in it is wrong; the message names file and key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no device file {path}: check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"{path} cannot be read: {reason}.") from error
    try:
        data = loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError, RepeatedKeyError) as error:
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise InputError(f"{path} is not {kind}: {error}.".replace("..", ".")) from error
    try:
        return device_of(data, f"device file {path}")
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def device_of(data: Any, source: str = "a description") -> Device:
    """The device that a description (the content of a device file) gives.

    Raises:
        InputError: something in it is wrong; the message names the key.
    """
    if not isinstance(data, Mapping):
        raise InputError("a device is an object with the keys name, qubits, couplers and gates.")
    described = _Described.of(DeviceFile.parse(data))
    target, file = described.target(), described.file
    readout: list[ReadoutError | None] = []
    dead = DeadParts()
    for number, qubit in enumerate(described.qubits):
        readout.append(_readout(qubit))
        if not qubit.working:
            dead.qubits[number] = "said not to work"
    return from_target(
        target, name=file.name, source=source, readout=readout, date=file.date, dead=dead
    )


def _readout(qubit: QubitNumbers) -> ReadoutError | None:
    if qubit.p1_given_0 is None or qubit.p0_given_1 is None:
        return None
    return qubit.p1_given_0, qubit.p0_given_1


@dataclass(frozen=True)
class _Described:
    """A file's content with every key looked at."""

    file: DeviceFile
    gates: dict[str, GateNumbers]
    qubits: list[QubitNumbers]

    @classmethod
    def of(cls, file: DeviceFile) -> _Described:
        for a, b in file.couplers:
            if not (0 <= a < file.qubits and 0 <= b < file.qubits) or a == b:
                raise InputError(
                    f"couplers: [{a}, {b}] does not join two of the qubits 0 to {file.qubits - 1}."
                )
        gates = {}
        for name, raw in file.gates.items():
            _known_gate(name)
            numbers = GateNumbers.given(raw, f"gates.{name}")
            gates[name] = numbers or GateNumbers()
        for key in file.qubit:
            if not key.isdecimal() or int(key) >= file.qubits:
                raise InputError(
                    f"qubit.{key} is none of the qubits 0 to {file.qubits - 1}: correct its number."
                )
        qubits = []
        for number in range(file.qubits):
            own = file.qubit.get(str(number), {})
            where = f"qubit.{number}" if own else "every_qubit"
            qubit = QubitNumbers.given({**file.every_qubit, **own}, where) or QubitNumbers()
            if qubit.t1_s is not None and (qubit.t2_s or 0.0) > 2 * qubit.t1_s * (1 + 1e-9):
                raise InputError(
                    f"{where}: t2_s {qubit.t2_s:g} is above 2 t1_s = {2 * qubit.t1_s:g}, which no "
                    "qubit can have."
                )
            qubits.append(qubit)
        return cls(file, gates, qubits)

    def target(self) -> Target:
        from qiskit.circuit import Delay, Measure, Parameter, Reset
        from qiskit.transpiler import InstructionProperties, QubitProperties, Target

        file = self.file
        target = Target(
            num_qubits=file.qubits,
            qubit_properties=[QubitProperties(t1=q.t1_s, t2=q.t2_s) for q in self.qubits],
        )
        for name, numbers in self.gates.items():
            places = dict(self.places(name, numbers))
            if places:
                target.add_instruction(_known_gate(name), places, name=name)
        every = [(q,) for q in range(file.qubits)]
        measured = {}
        for qubit, numbers_ in zip(every, self.qubits, strict=True):
            ends = _readout(numbers_)
            error = None if ends is None else sum(ends) / 2
            measured[qubit] = InstructionProperties(numbers_.readout_s, error)
        target.add_instruction(Measure(), measured)
        target.add_instruction(Reset(), dict.fromkeys(every))
        target.add_instruction(Delay(Parameter("t")), dict.fromkeys(every))
        return target

    def places(
        self, name: str, numbers: GateNumbers
    ) -> Iterator[tuple[tuple[int, ...], InstructionProperties]]:
        from qiskit.transpiler import InstructionProperties

        single = _known_gate(name).num_qubits == 1
        where: list[tuple[int, ...]] = (
            [(q,) for q in range(self.file.qubits)] if single else list(self.file.couplers)
        )
        other: dict[tuple[int, ...], GatePlace] = {}
        for key, raw in numbers.on.items():
            place = _place(key)
            known = place in where or (not single and place[::-1] in where)
            if not known:
                kind = "qubit, such as '3'" if single else "coupler, such as '1-2'"
                raise InputError(f"gates.{name}.on: {key!r} is no {kind} of this device.")
            given = GatePlace.given(raw, f"gates.{name}.on.{key}") or GatePlace()
            other[place] = given
        for place in where:
            for qargs in {place} if single or self.file.directed else {place, place[::-1]}:
                own = other.get(qargs, other.get(qargs[::-1], GatePlace()))
                error = numbers.error if own.error is None else own.error
                duration = numbers.duration_s if own.duration_s is None else own.duration_s
                yield qargs, InstructionProperties(duration, error)


def _place(key: str) -> tuple[int, ...]:
    parts = key.split("-")
    return tuple(int(p) for p in parts) if all(p.isdecimal() for p in parts) else ()


def _known_gate(name: str) -> Any:
    """A gate of Qiskit's library.

    Raises:
        InputError: there is none of that name on one or two qubits.
    """
    gates = _library()
    if name not in gates:
        near = difflib.get_close_matches(name.lower(), gates, 1, 0.5)
        hint = f"the nearest is {near[0]}" if near else f"such as {', '.join(sorted(gates)[:8])}"
        raise InputError(f"gates.{name}: no gate of Qiskit's library on one or two qubits; {hint}.")
    return gates[name]


@cache
def _library() -> dict[str, Any]:
    from qiskit.circuit import Gate
    from qiskit.circuit.library import get_standard_gate_name_mapping

    return {
        name: gate
        for name, gate in get_standard_gate_name_mapping().items()
        if isinstance(gate, Gate) and 1 <= gate.num_qubits <= 2
    }
