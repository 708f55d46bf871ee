"""Verifiers that a worker keeps ready, so that a problem that comes again is not prepared again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

from quasar.core.hamiltonian import MAX_EXACT_QUBITS

if TYPE_CHECKING:
    from quasar.verifier.factory import AnyVerifier

KEPT_AMPLITUDES = 1 << 22
"""Sum of the 2**n of the verifiers kept: 128 MiB at about 32 bytes each."""
_LARGE = 1 << 16


class VerifierCache:
    """Verifiers by key; those used least recently are dropped first.

    Args:
        amplitudes: of the verifiers kept, the sum of their 2**n at most; one is always kept.
    """

    def __init__(self, amplitudes: int = KEPT_AMPLITUDES) -> None:
        self._amplitudes = amplitudes
        self._kept: OrderedDict[Hashable, AnyVerifier] = OrderedDict()

    def find(self, key: Hashable) -> AnyVerifier | None:
        """The verifier kept under a key, if there is one."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def get(self, key: Hashable, make: Callable[[], AnyVerifier]) -> AnyVerifier:
        """The verifier kept under a key, or a new one with everything ready that depends on the
        problem alone.

        Raises:
            InputError: the reference circuit is infeasible; and what `make` raises.
        """
        found = self.find(key)
        if found is None:
            found = make()
            self._make_room(_size(found))
            found.prepare()
            self._kept[key] = found
        return found

    def _make_room(self, size: int) -> None:
        used = sum(map(_size, self._kept.values()))
        while self._kept and size + used > self._amplitudes:
            _, dropped = self._kept.popitem(last=False)
            used -= _size(dropped)


def _size(verifier: AnyVerifier) -> int:
    """Amplitudes that it keeps; beyond exact enumeration, what its terms and results are worth."""
    n_qubits = verifier.problem.n_qubits
    return 1 << n_qubits if n_qubits <= MAX_EXACT_QUBITS else _LARGE
