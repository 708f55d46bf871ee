"""Where and within which limits completions are verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from quasar.core.processes import cores
from quasar.core.settings import Settings
from quasar.problems.base import EncodedProblem
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import LargeSettings, VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange

_LARGE = LargeSettings(
    shots=256,
    max_bond=16,
    max_width=18,
    sample_seconds=2.0,
    energy_seconds=5.0,
    time_limit=5.0,
    solver_threads=1,
)


class VerificationSettings(Settings):
    """Where and within which limits completions are verified."""

    workers: int | None = Field(default=None, ge=1)
    """Worker processes of each training process; None: one a core."""
    limits: SandboxLimits = SandboxLimits()
    """What one circuit may use before it counts as infeasible."""
    restarts: int = Field(default=1, ge=0)
    """How often the sandbox is started again for circuits that it could not verify."""
    large: LargeSettings = _LARGE
    """How hard to look at circuits beyond 24 qubits."""

    @field_validator("large", mode="before")
    @classmethod
    def _filled(cls, given: Any) -> Any:
        """What is left out keeps these defaults, not those of a single verification."""
        return {**dict(_LARGE), **given} if isinstance(given, Mapping) else given

    @property
    def processes(self) -> int:
        """Workers, with the default filled in."""
        return self.workers or cores()

    def pool(
        self,
        problems: Sequence[EncodedProblem],
        references: Sequence[str | None],
        settings: VerifierSettings,
        known: Sequence[EnergyRange | None] | None = None,
    ) -> VerifierPool:
        """A pool within these limits; the problems' own references count for nothing.

        Args:
            references: reference circuit of each problem, None for none.
            settings: the verifier's.
            known: what is known of the energies of problems beyond 24 qubits; default: each worker
                looks for it.
        """
        pool = VerifierPool(
            problems,
            settings.model_copy(update={"large": self.large}),
            limits=self.limits,
            workers=self.workers,
            references=references,
            restarts=self.restarts,
        )
        pool.know({i: found for i, found in enumerate(known or ()) if found is not None})
        return pool
