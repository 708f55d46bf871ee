"""The verifier for a problem of any size: exact to 24 qubits (20 for ground states), by estimates
beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quasar.problems.base import EncodedProblem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.verifier.pipeline import Verifier
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.verifier.energy_range import EnergyRange
    from quasar.verifier.large import LargeVerifier

    AnyVerifier = Verifier | LargeVerifier


def verifier_for(
    problem: EncodedProblem,
    reference: str | bytes | None = None,
    settings: VerifierSettings | None = None,
    *,
    known: EnergyRange | None = None,
) -> AnyVerifier:
    """The verifier for a problem.

    Args:
        reference: a reference circuit; default: the problem's own.
        known: beyond 24 qubits, what is known of the problem's energies; default: looked for.

    Raises:
        InputError: as `Verifier`.
    """
    if problem.is_exact:
        return Verifier(problem, reference, settings)
    return large_verifier(problem, settings, reference=reference, known=known)


def large_verifier(
    problem: EncodedProblem,
    settings: VerifierSettings | None = None,
    *,
    reference: str | bytes | None = None,
    known: EnergyRange | None = None,
) -> LargeVerifier:
    """The verifier by estimates, of bit strings or of ground states; see `verifier_for`."""
    from quasar.verifier.large import LargeVerifier
    from quasar.verifier.large_observable import LargeObservableVerifier

    kind = LargeObservableVerifier if isinstance(problem, EncodedObservable) else LargeVerifier
    return kind(problem, settings, reference=reference, known=known)
