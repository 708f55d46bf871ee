"""What an evaluation is asked and what it returns."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field

from quasar.core.settings import Settings
from quasar.evaluation.table import Measured, Table
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import EnergyConvention


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
    jobs: int | None = Field(default=None, ge=1)
    """Worker processes; None: one a core."""
    sandbox: SandboxLimits | None = SandboxLimits()
    """Limits for untrusted text; None judges without them."""
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
