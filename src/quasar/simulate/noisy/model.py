"""Which noise acts when: after gates, on idle qubits, on measured bits.

A model is a list of parts, whose channels act one after another: the errors of a device (semantics
of Qiskit Aer's `NoiseModel.from_backend`: a depolarising channel and then thermal relaxation, the
first chosen so that both together have the gate's stated error), or simple models written as text.
Noise is Markovian and acts on the gate's own qubits: crosstalk and leakage are not covered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Protocol, TypeAlias, Union

import numpy as np

from quasar.core.errors import InputError
from quasar.simulate.noisy import channels
from quasar.simulate.noisy.channels import FloatMatrix, probability

if TYPE_CHECKING:
    from quasar.devices.device import Device

Flips = tuple[float, float]
"""Probabilities to read 1 where the qubit is 0, and 0 where it is 1."""

_GATE_SECONDS = (50e-9, 300e-9)  # of gates on one qubit and on more, where nobody says


class NoisePart(Protocol):
    """One source of noise; None stands for no effect or not known."""

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        """What follows a gate on its k qubits, shape [4**k, 4**k]."""
        ...

    def idle(self, qubit: int, seconds: float) -> FloatMatrix | None:
        """What happens to a qubit that waits."""
        ...

    def readout(self, qubit: int) -> Flips | None:
        """Of a measurement."""
        ...

    def duration_s(self, name: str, qubits: Sequence[int]) -> float | None:
        """Of a gate, in seconds."""
        ...


class _Part:
    """A part without any effect: parts override what they have."""

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        return None

    def idle(self, qubit: int, seconds: float) -> FloatMatrix | None:
        return None

    def readout(self, qubit: int) -> Flips | None:
        return None

    def duration_s(self, name: str, qubits: Sequence[int]) -> float | None:
        return None


@dataclass(frozen=True)
class Depolarizing(_Part):
    """(1 - p) ρ + p I/2**k after every gate on k qubits, as in Aer's `depolarizing_error`.

    Attributes:
        one: p of gates on one qubit.
        more: p of gates on several.
    """

    one: float
    more: float

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        k = len(qubits)
        p = self.one if k == 1 else self.more
        return channels.depolarizing(p, k) if p else None


@dataclass(frozen=True)
class AmplitudeDamping(_Part):
    """Decay to |0> on every qubit of every gate, with probability γ."""

    gamma: float

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        return channels.tensor(*[channels.amplitude_damping(self.gamma)] * len(qubits))


@dataclass(frozen=True)
class ReadoutFlips(_Part):
    """The same confusion on every measured bit."""

    flips: Flips

    def readout(self, qubit: int) -> Flips | None:
        return self.flips


@dataclass(frozen=True)
class Thermal(_Part):
    """Relaxation during gates and while a qubit waits; all times in seconds."""

    t1: float
    t2: float
    times_s: tuple[float, float] = _GATE_SECONDS

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        seconds = self.duration_s(name, qubits)
        one = channels.relaxation(self.t1, self.t2, seconds)
        return channels.tensor(*[one] * len(qubits))

    def idle(self, qubit: int, seconds: float) -> FloatMatrix | None:
        return channels.relaxation(self.t1, self.t2, seconds)

    def duration_s(self, name: str, qubits: Sequence[int]) -> float:
        return self.times_s[0 if len(qubits) == 1 else 1]


@dataclass(frozen=True)
class Detuning(_Part):
    """Idle qubits turn about Z at a fixed rate: what dynamical decoupling undoes.

    Attributes:
        hertz: turns a second.
        times_s: durations of gates, where no other part knows them.
    """

    hertz: float
    times_s: tuple[float, float] = _GATE_SECONDS

    def idle(self, qubit: int, seconds: float) -> FloatMatrix | None:
        return channels.z_rotation(2 * math.pi * self.hertz * seconds)

    def duration_s(self, name: str, qubits: Sequence[int]) -> float | None:
        return self.times_s[0 if len(qubits) == 1 else 1]


@dataclass(frozen=True, eq=False)
class DeviceNoise(_Part):
    """The errors that a device states for its gates, qubits and readout."""

    device: Device
    _known: dict[tuple[str, tuple[int, ...]], FloatMatrix | None] = field(default_factory=dict)

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        key = name, tuple(qubits)
        if key not in self._known:
            self._known[key] = self._channel(*key)
        return self._known[key]

    def _channel(self, name: str, qubits: tuple[int, ...]) -> FloatMatrix | None:
        error, k = self.device.error(name, qubits) or 0.0, len(qubits)
        seconds = self.device.duration_s(name, qubits) or 0.0
        relaxed = channels.identity(k)
        if seconds:
            times = (self.device.relaxation[qubit] for qubit in qubits)
            relaxed = channels.tensor(*(channels.relaxation(*t, seconds) for t in times))
        lost, d = channels.average_infidelity(relaxed), 2**k
        if error > lost and name != "reset":
            # F = F_relax - p (d F_relax - 1)/d for the average fidelity of both, solved for p.
            p = d * (min(error, d / (d + 1)) - lost) / (d * (1.0 - lost) - 1.0)
            p = min(p, 4**k / (4**k - 1))
            return np.asarray(relaxed @ channels.depolarizing(p, k))
        return relaxed if seconds else None

    def idle(self, qubit: int, seconds: float) -> FloatMatrix | None:
        return channels.relaxation(*self.device.relaxation[qubit], seconds)

    def readout(self, qubit: int) -> Flips | None:
        return self.device.readout[qubit]

    def duration_s(self, name: str, qubits: Sequence[int]) -> float | None:
        return self.device.duration_s(name, qubits)


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """All noise of a simulation.

    Attributes:
        name: as it was asked for.
        parts: in the order in which they act.
        idle: whether qubits that wait are noisy: circuits are then scheduled.
        device: whose gates and qubit numbers circuits must have; None: any.
    """

    name: str
    parts: tuple[NoisePart, ...]
    idle: bool = False
    device: Device | None = None

    def gate(self, name: str, qubits: Sequence[int]) -> FloatMatrix | None:
        """What follows a gate on its k qubits, shape [4**k, 4**k]; None for nothing."""
        return _after([part.gate(name, qubits) for part in self.parts])

    def waiting(self, qubit: int, seconds: float) -> FloatMatrix | None:
        """What happens to a qubit that waits; None for nothing."""
        return _after([part.idle(qubit, seconds) for part in self.parts])

    def readout(self, qubit: int) -> Flips:
        """Probabilities to read 1 for 0, and 0 for 1."""
        up, down = 0.0, 0.0
        for part in self.parts:
            flips = part.readout(qubit)
            if flips is not None:
                a, b = flips
                up, down = up * (1 - b) + (1 - up) * a, down * (1 - a) + (1 - down) * b
        return up, down

    def duration_s(self, name: str, qubits: Sequence[int]) -> float:
        """Of a gate, in seconds, from the first part that knows it; else 0."""
        known = (part.duration_s(name, qubits) for part in self.parts)
        return next((seconds for seconds in known if seconds is not None), 0.0)


def _after(found: list[FloatMatrix | None]) -> FloatMatrix | None:
    acting = [channel for channel in found if channel is not None]
    if not acting:
        return None
    whole = acting[0]
    for channel in acting[1:]:
        whole = channel @ whole
    return whole


NoiseSource: TypeAlias = Union[str, NoiseModel, "Device", None]
"""A model, a text such as `depolarizing:0.001,0.01+readout:0.02`, or a device."""


def noise_model(source: NoiseSource, device: Device | None = None) -> NoiseModel:
    """The noise that a text or a device stands for.

    A text names parts with `+` between them; a device's name may come first: `device` (the errors
    of `device`), `idle` (qubits that wait are noisy too), `depolarizing:P1,P2` (gates on one and on
    more qubits), `amplitude-damping:G`, `readout:P` or `readout:P01,P10`,
    `thermal:T1,T2,TIME1,TIME2` (seconds; the times of gates may be left out), `detuning:HERTZ`.

    Args:
        source: None: the errors of the device.
        device: the device that circuits are compiled for; None: none.

    Raises:
        InputError: no such part, numbers out of range, or nothing at all.
    """
    if isinstance(source, NoiseModel):
        return source
    if source is not None and not isinstance(source, str):
        return noise_model("device", source)
    if source is None and device is None:
        raise InputError("noise comes from a device or a model: give one of them.")
    source = source or "device"
    first, plus, rest = source.partition("+")
    if device is None and first.strip().partition(":")[0] not in ("device", "idle", *_FORMS):
        return noise_model(f"device{plus}{rest}", _device(first.strip()))
    parts: list[NoisePart] = []
    idle = False
    for text in source.split("+"):
        kind, _, rest = text.strip().partition(":")
        if kind == "idle" and not rest:
            idle = True
        elif kind == "device" and not rest:
            if device is None:
                raise InputError("the noise `device` needs a device: name one.")
            parts.append(DeviceNoise(device))
        else:
            parts.append(_simple(kind, rest, text.strip()))
            idle |= kind in _IDLE
    if not parts:
        raise InputError("the noise `idle` stands beside another: write device+idle.")
    return NoiseModel(source, tuple(parts), idle, device)


_FORMS: dict[str, tuple[str, Callable[..., NoisePart]]] = {
    "depolarizing": (
        "P1,P2",
        lambda one, more: Depolarizing(_depolarized(one, 1), _depolarized(more, 2)),
    ),
    "amplitude-damping": ("G", lambda g: AmplitudeDamping(probability(g, "amplitude damping"))),
    "readout": ("P or P01,P10", lambda *p: ReadoutFlips(_flips(*p))),
    "thermal": ("T1,T2 or T1,T2,TIME1,TIME2", lambda t1, t2, *times: _thermal(t1, t2, times)),
    "detuning": ("HERTZ", lambda hertz: Detuning(hertz)),
}
_IDLE = ("thermal", "detuning")


def names_a_file(text: str) -> bool:
    """Whether a noise text may name a device file, and not only parts of `noise_model`."""
    kind = text.partition("+")[0].strip().partition(":")[0]
    return kind not in ("device", "idle", *_FORMS)


def _device(name: str) -> Device:
    from quasar.devices.load import device

    try:
        return device(name)
    except InputError as error:
        said = str(error)
        known = ", ".join(f"{kind}:{form}" for kind, (form, _) in _FORMS.items())
        near = get_close_matches(name.partition(":")[0], _FORMS, 1, cutoff=0.75)
        if near:
            said = f"There is no noise {name!r}; the nearest is {near[0]}."
        raise InputError(f"{said} Noise is a device, or one of {known}.") from None


def _simple(kind: str, rest: str, text: str) -> NoisePart:
    if kind not in _FORMS:
        known = ", ".join(f"{name}:{form}" for name, (form, _) in _FORMS.items())
        raise InputError(f"unknown noise {kind!r}; known: device, idle, {known}.")
    form, make = _FORMS[kind]
    try:
        numbers = [float(number) for number in rest.split(",")]
        if not all(map(math.isfinite, numbers)):
            raise ValueError
        return make(*numbers)
    except (TypeError, ValueError):
        raise InputError(f"the noise {text!r} is not {kind}:{form}, with numbers.") from None


def _depolarized(p: float, k: int) -> float:
    return probability(p, "depolarizing", 4**k / (4**k - 1))


def _flips(up: float, down: float | None = None) -> Flips:
    return probability(up, "readout"), probability(up if down is None else down, "readout")


def _thermal(t1: float, t2: float, times: Sequence[float]) -> Thermal:
    if min(t1, t2, *times) <= 0.0:
        raise InputError("the times of thermal relaxation are seconds above 0.")
    if t2 > 2 * t1:
        raise InputError(f"T2 is at most 2 T1 = {2 * t1:g} s, not {t2:g} s.")
    return Thermal(t1, t2, (times[0], times[1])) if times else Thermal(t1, t2)
