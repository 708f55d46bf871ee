"""A verdict reached outside a worker, on its way to a worker that makes it into a report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, Self

from quasar.circuits.header import Header
from quasar.verifier.report import Report
from quasar.verifier.stages.feasibility import Fault

if TYPE_CHECKING:
    from quasar.verifier.factory import AnyVerifier


class Refusal(NamedTuple):
    """Why a circuit is infeasible, and what is known of it.

    Attributes:
        n_qubits: if the text had parsed by then.
        header: version statement of the text; None: one that keeps every rule.
    """

    fault: Fault
    n_qubits: int | None = None
    header: Header | None = None

    def to_json(self) -> bytes:
        """As it goes to the worker."""
        return json.dumps({**self._asdict(), "fault": self.fault.model_dump()}).encode("ascii")

    @classmethod
    def from_json(cls, raw: bytes) -> Self:
        """As it went to the worker."""
        given = json.loads(raw)
        header = None if given["header"] is None else Header(*given["header"])
        return cls(Fault(**given["fault"]), given["n_qubits"], header)

    def report(self, verifier: AnyVerifier) -> Report:
        """The report on the circuit."""
        return verifier.refuse(*self)
