"""Verifiers that a worker keeps ready, so that a problem that comes again is not prepared again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

from quasar.verifier.pipeline import Verifier

KEPT_AMPLITUDES = 1 << 22
"""Sum of the 2**n of the verifiers kept: 128 MiB at about 32 bytes each."""


class VerifierCache:
    """Verifiers by key; those used least recently are dropped first.

    Args:
        amplitudes: of the verifiers kept, the sum of their 2**n at most; one is always kept.
    """

    def __init__(self, amplitudes: int = KEPT_AMPLITUDES) -> None:
        self._amplitudes = amplitudes
        self._kept: OrderedDict[Hashable, Verifier] = OrderedDict()

    def find(self, key: Hashable) -> Verifier | None:
        """The verifier kept under a key, if there is one."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def get(self, key: Hashable, make: Callable[[], Verifier]) -> Verifier:
        """The verifier kept under a key, or a new one with everything ready that depends on the
        problem alone.

        Raises:
            InputError: the reference circuit is infeasible; and what `make` raises.
        """
        found = self.find(key)
        if found is None:
            found = make()
            self._make_room(1 << found.problem.n_qubits)
            found.prepare()
            self._kept[key] = found
        return found

    def _make_room(self, size: int) -> None:
        used = sum(1 << verifier.problem.n_qubits for verifier in self._kept.values())
        while self._kept and size + used > self._amplitudes:
            _, dropped = self._kept.popitem(last=False)
            used -= 1 << dropped.problem.n_qubits
