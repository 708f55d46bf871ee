"""What every worker of a sandbox knows from birth, and how it makes its verifiers from that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from quasar.core.errors import InputError
from quasar.problems.base import EncodedProblem
from quasar.verifier.pipeline import Verifier
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings


class Payload(NamedTuple):
    """Problems, references and settings of one sandbox.

    Attributes:
        problems: what jobs refer to by index.
        references: the reference circuit of each problem; None: the problem's own, if it has one.
        settings: the verifier's.
        limits: what a candidate may use.
    """

    problems: Sequence[EncodedProblem]
    references: Sequence[str | bytes | None]
    settings: VerifierSettings
    limits: SandboxLimits

    @classmethod
    def of(
        cls,
        problems: Sequence[EncodedProblem],
        references: Sequence[str | bytes | None] | None,
        settings: VerifierSettings,
        limits: SandboxLimits,
    ) -> Self:
        """The payload; references that are given replace those that came with the problems.

        Raises:
            InputError: not as many references as problems.
        """
        if references is None:
            bare = [p.bare() for p in problems]
            return cls(bare, [None] * len(problems), settings, limits)
        if len(references) != len(problems):
            raise InputError(f"{len(references)} references for {len(problems)} problems.")
        plain = [p.with_reference(None).bare() for p in problems]
        return cls(plain, list(references), settings, limits)

    def verifier(self, problem: int, compared: bool) -> Verifier:
        """A verifier for one of the problems.

        Args:
            compared: with its reference circuit, if it has one.

        Raises:
            InputError: there is no such problem, or its reference circuit is not usable.
        """
        if not 0 <= problem < len(self.problems):
            raise InputError(f"there is no problem {problem}; there are {len(self.problems)}.")
        bare = self.problems[problem].bare()
        if not compared:
            return Verifier(bare.with_reference(None), None, self.settings)
        return Verifier(bare, self.references[problem], self.settings)
