"""The verifier for a problem of any size: exact to 24 qubits, by estimates beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.problems.base import EncodedProblem
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
    if problem.n_qubits > MAX_EXACT_QUBITS:
        from quasar.verifier.large import LargeVerifier

        return LargeVerifier(problem, settings, reference=reference, known=known)
    return Verifier(problem, reference, settings)
