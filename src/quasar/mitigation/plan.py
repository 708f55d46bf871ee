"""Which mitigation is asked for, from a text such as `readout,zne:exponential`.

Steps compose in a fixed order: circuits are folded (`zne`), then twirled (`twirl`), then decoupled
(`dd`); their counts are corrected for readout (`readout` or `m3`), and the means extrapolated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from quasar.core.errors import InputError
from quasar.mitigation.extrapolation import FITS, Fit
from quasar.mitigation.randomize import SEQUENCES

Folding: TypeAlias = Literal["local", "global"]

_FORMS = (
    "readout, m3, zne, zne:local|global:linear|richardson|exponential:1-3-5 (each part may be left "
    "out), twirl:16, dd, dd:xy4"
)


@dataclass(frozen=True)
class ZeroNoise:
    """Zero-noise extrapolation.

    Attributes:
        folding: of each two-qubit gate, or of the whole circuit.
        fit: how means are extrapolated.
        factors: by which noise is made stronger.
    """

    folding: Folding = "local"
    fit: Fit = "exponential"
    factors: tuple[float, ...] = (1.0, 3.0, 5.0)

    def __str__(self) -> str:
        return f"zne:{self.folding}:{self.fit}:{'-'.join(f'{f:g}' for f in self.factors)}"


@dataclass(frozen=True)
class Mitigation:
    """What is done against noise.

    Attributes:
        readout: `inverse` of the known readout errors, or `m3`; None: nothing.
        zne: zero-noise extrapolation.
        twirls: Pauli twirls of each circuit; 0: none.
        decoupling: sequence of pulses on idle qubits.
    """

    readout: Literal["inverse", "m3"] | None = None
    zne: ZeroNoise | None = None
    twirls: int = 0
    decoupling: str | None = None

    @property
    def names(self) -> list[str]:
        """The steps, each as it can be asked for."""
        found = {"inverse": ["readout"], "m3": ["m3"], None: []}[self.readout]
        found += [] if self.zne is None else [str(self.zne)]
        found += [f"twirl:{self.twirls}"] if self.twirls else []
        return found + ([f"dd:{self.decoupling}"] if self.decoupling else [])

    def __bool__(self) -> bool:
        return bool(self.names)

    @property
    def circuits(self) -> int:
        """How many circuits are run."""
        return max(1, self.twirls) * (1 if self.zne is None else len(self.zne.factors))


def read_mitigation(text: str | Mitigation | None) -> Mitigation:
    """The steps that a text names, with commas between them.

    Raises:
        InputError: an unknown step, one that stands twice, or numbers out of range.
    """
    if isinstance(text, Mitigation):
        return text
    found: dict[str, object] = {}
    parts = [part.strip() for part in (text or "").split(",")]
    if text and not any(parts):
        raise InputError(f"{text!r} names no step of mitigation; known: {_FORMS}.")
    for part in filter(None, parts):
        name, *options = part.split(":")
        key = "readout" if name == "m3" else name
        if key in found:
            raise InputError(f"{part!r} repeats or contradicts another step of mitigation.")
        found[key] = _step(name, options, part)
    return Mitigation(
        readout=found.get("readout"),  # type: ignore[arg-type]
        zne=found.get("zne"),  # type: ignore[arg-type]
        twirls=found.get("twirl", 0),  # type: ignore[arg-type]
        decoupling=found.get("dd"),  # type: ignore[arg-type]
    )


def _step(name: str, options: list[str], part: str) -> object:
    if name == "readout" and not options:
        return "inverse"
    if name == "m3" and not options:
        return "m3"
    if name == "zne":
        return _zero_noise(options, part)
    if name == "twirl" and len(options) <= 1:
        count = options[0] if options else "16"
        if count.isdecimal() and 1 <= int(count) <= 1000:
            return int(count)
    if name == "dd" and len(options) <= 1 and (not options or options[0] in SEQUENCES):
        return options[0] if options else "xx"
    raise InputError(f"unknown mitigation {part!r}; known: {_FORMS}.")


def _zero_noise(options: list[str], part: str) -> ZeroNoise:
    made = {}
    for option in options:
        if option in ("local", "global"):
            made["folding"] = option
        elif option in FITS:
            made["fit"] = option
        elif re.fullmatch(r"\d+(\.\d+)?(-\d+(\.\d+)?)+", option):
            made["factors"] = tuple(float(f) for f in option.split("-"))  # type: ignore[assignment]
        else:
            raise InputError(f"unknown mitigation {part!r}; known: {_FORMS}.")
    found = ZeroNoise(**made)  # type: ignore[arg-type]
    if min(found.factors) < 1.0 or len(set(found.factors)) < len(found.factors):
        raise InputError(f"noise factors are different numbers from 1 up, not those of {part!r}.")
    return found
