"""What the service allows one request beyond 24 qubits, and the sentences that refuse more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.service.errors import LimitError
from quasar.service.settings import ServiceSettings
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import LargeSettings

_BOUNDED = (
    "shots", "max_bond", "max_width", "time_limit", "energy_seconds", "sample_seconds"
)  # fmt: skip


class Allowance(NamedTuple):
    """Limits of the service, as its workers need them.

    Attributes:
        limits: of time, memory and nesting.
        large: how hard circuits beyond 24 qubits are looked at, at most.
        max_qubits: of a problem.
    """

    limits: SandboxLimits
    large: LargeSettings
    max_qubits: int

    @classmethod
    def of(cls, settings: ServiceSettings) -> Allowance:
        """That of a service."""
        return cls(settings.limits, settings.large, settings.max_qubits)

    def require_size(self, n_qubits: int) -> None:
        """Refuse a problem that is too large for this service.

        Raises:
            LimitError: it is.
        """
        if n_qubits > self.max_qubits:
            raise LimitError(
                f"the problem has {n_qubits:,} variables; this service takes up to "
                f"{self.max_qubits:,}: send a smaller one."
            )

    def granted(self, asked: Mapping[str, Any]) -> LargeSettings:
        """How hard to look, within the time that one circuit may take.

        Args:
            asked: fields of `LargeSettings` that the request gives.

        Raises:
            LimitError: more than the service allows.
        """
        over = [
            f"{name} {asked[name]:,} (at most {getattr(self.large, name):,})"
            for name in _BOUNDED
            if name in asked and asked[name] > getattr(self.large, name)
        ]
        for name in ("solve", "sample"):
            if asked.get(name) and not getattr(self.large, name):
                over.append(f"{name} (switched off)")
        if over:
            raise LimitError(
                f"options.large asks for more than this service allows beyond {MAX_EXACT_QUBITS} "
                f"qubits: {', '.join(over)}. Ask for less, or leave it out."
            )
        large = self.large.model_copy(update=dict(asked))
        return large.within(self.limits.max_large_seconds, self.limits.max_problem_seconds)


_DEVICE_QUBITS = 12
"""Variables of a problem whose circuits are judged under noise."""


def require_device_size(n_qubits: int) -> None:
    """Check that circuits of a problem can be judged under noise here.

    Raises:
        LimitError: it has too many variables.
    """
    if n_qubits > _DEVICE_QUBITS:
        raise LimitError(
            f"under noise this service takes up to {_DEVICE_QUBITS} variables; the problem has "
            f"{n_qubits:,}: leave device out."
        )
