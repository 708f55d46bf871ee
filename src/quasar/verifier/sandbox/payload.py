"""What every worker of a sandbox knows from birth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from quasar.problems.base import EncodedProblem
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings


class Payload(NamedTuple):
    """Problems, references and settings of one sandbox.

    Attributes:
        problems: what jobs refer to by index.
        references: the reference circuit of each problem, None for none.
        settings: the verifier's.
        limits: what a candidate may use.
        lines: of the progress page.
    """

    problems: Sequence[EncodedProblem]
    references: Sequence[str | bytes | None]
    settings: VerifierSettings
    limits: SandboxLimits
    lines: int
