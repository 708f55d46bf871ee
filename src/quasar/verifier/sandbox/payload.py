"""What every worker of a sandbox knows from birth, and how it makes its verifiers from that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Self

from quasar.core.errors import InputError
from quasar.problems.base import EncodedProblem
from quasar.verifier.factory import verifier_for
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange
    from quasar.verifier.factory import AnyVerifier


class Payload(NamedTuple):
    """Problems, references and settings of one sandbox.

    Attributes:
        problems: what jobs refer to by index.
        references: the reference circuit of each problem; None: the problem's own, if it has one.
        settings: the verifier's.
        limits: what a candidate may use.
        known: by index, what is known of the energies of problems beyond 24 qubits.
    """

    problems: Sequence[EncodedProblem]
    references: Sequence[str | bytes | None]
    settings: VerifierSettings
    limits: SandboxLimits
    known: Mapping[int, EnergyRange] | None = None

    @classmethod
    def of(
        cls,
        problems: Sequence[EncodedProblem],
        references: Sequence[str | bytes | None] | None,
        settings: VerifierSettings,
        limits: SandboxLimits,
        known: Mapping[int, EnergyRange] | None = None,
    ) -> Self:
        """The payload; references that are given replace those that came with the problems.

        Raises:
            InputError: not as many references as problems.
        """
        if references is None:
            bare = [p.bare() for p in problems]
            return cls(bare, [None] * len(problems), settings, limits, known)
        if len(references) != len(problems):
            raise InputError(f"{len(references)} references for {len(problems)} problems.")
        plain = [p.with_reference(None).bare() for p in problems]
        return cls(plain, list(references), settings, limits, known)

    def verifier(self, problem: int, compared: bool) -> AnyVerifier:
        """A verifier for one of the problems.

        Args:
            compared: with its reference circuit, if it has one.

        Raises:
            InputError: there is no such problem, or its reference circuit is not usable.
        """
        if not 0 <= problem < len(self.problems):
            raise InputError(f"there is no problem {problem}; there are {len(self.problems)}.")
        bare = self.problems[problem].bare()
        reference = self.references[problem] if compared else None
        if not compared:
            bare = bare.with_reference(None)
        settings = self.settings
        if not bare.is_exact:
            limits = self.limits
            large = settings.large.within(limits.max_large_seconds, limits.max_problem_seconds)
            settings = settings.model_copy(update={"large": large})
        return verifier_for(bare, reference, settings, known=(self.known or {}).get(problem))
