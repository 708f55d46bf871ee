"""What an evaluation is asked and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

from pydantic import Field

from quasar.core.presented import Kept
from quasar.core.settings import Settings
from quasar.evaluation.rows import Row
from quasar.evaluation.table import Measured, Table
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import DeviceSettings, EnergyConvention, LargeSettings


class EvaluationSettings(Settings):
    """What to measure and how to show it."""

    energy_convention: EnergyConvention = "physical"
    """Which SREV the table leads with: `agent-q` reverses the Hamiltonian's qubits, as the paper's
    tables do. Both are measured, so a folder can be read under either."""
    baselines: bool = False
    """Also judge the trivial baselines and show the reference circuits as a run."""
    warm_start: bool = False
    """Also measure how good a start the best candidates' angles are (expensive)."""
    compiled: bool = False
    """Also compile the best candidates for a real device (expensive)."""
    device: DeviceSettings | None = None
    """Also judge the best candidates under noise (expensive); None: not."""
    jobs: int | None = Field(default=None, ge=1)
    """Worker processes; None: one a core."""
    sandbox: SandboxLimits | None = SandboxLimits()
    """Limits for untrusted text; None judges without them."""
    large: LargeSettings = LargeSettings()
    """How hard to look at circuits beyond 24 qubits."""
    seed: int = Field(default=0, ge=0)
    """Root of all randomness: bootstrap, random angles, random starts."""
    resamples: int = Field(default=2000, ge=1)
    """Bootstrap resamples."""
    against: str | None = None
    """A run whose difference to every other is shown, record by record; None: none."""


class Evaluation(NamedTuple):
    """An evaluation's results.

    Attributes:
        table: content of `table.json`.
        measured: what it was computed from.
        settings: how.
        distinct: texts that this call had to judge.
    """

    table: Table
    measured: Measured
    settings: EvaluationSettings
    distinct: int


class EvaluationTable(Kept, dict[str, Row]):
    """What `quasar.evaluate` returns: for each run its metrics by name, and what to show of them.

    A dictionary in every respect, equal to `table.json`; `str()` is the summary that the command
    line prints, and `.save(folder)` writes the folder that `out=` does.

    Attributes:
        evaluation: what it was computed from; None for a table that was read from a file.
        files: the folder's data files by name, as they were written; pictures and report are drawn
            again from `evaluation`.
        against_paper: whether the published figures stand beside the measured ones.
    """

    _FACES: ClassVar[str] = "quasar.evaluation.faces"

    def __init__(
        self,
        rows: Mapping[str, Row],
        evaluation: Evaluation | None = None,
        files: Mapping[str, bytes] | None = None,
        *,
        against_paper: bool = False,
    ) -> None:
        super().__init__(rows)
        self.evaluation = evaluation
        self.files = dict(files or {})
        self.against_paper = against_paper

    def __reduce__(self) -> Any:
        return type(self), (dict(self), self.evaluation, self.files), self.__dict__
