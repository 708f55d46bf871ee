"""Where and within which limits completions are verified."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from quasar.core.processes import cores
from quasar.core.settings import Settings
from quasar.problems.base import EncodedProblem
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import VerifierSettings


class VerificationSettings(Settings):
    """Where and within which limits completions are verified."""

    workers: int | None = Field(default=None, ge=1)
    """Worker processes of each training process; None: one a core."""
    limits: SandboxLimits = SandboxLimits()
    """What one circuit may use before it counts as infeasible."""
    restarts: int = Field(default=1, ge=0)
    """How often the sandbox is started again for circuits that it could not verify."""

    @property
    def processes(self) -> int:
        """Workers, with the default filled in."""
        return self.workers or cores()

    def pool(
        self,
        problems: Sequence[EncodedProblem],
        references: Sequence[str | None],
        settings: VerifierSettings,
    ) -> VerifierPool:
        """A pool within these limits; the problems' own references count for nothing.

        Args:
            references: reference circuit of each problem, None for none.
            settings: the verifier's.
        """
        return VerifierPool(
            problems,
            settings,
            limits=self.limits,
            workers=self.workers,
            references=references,
            restarts=self.restarts,
        )
