"""A small problem, and a service at the SDK's boundary that can fail."""

from __future__ import annotations

from typing import Any

import pytest

from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from support.fake_service import FakeJob, FakeService
from support.hardware import PATH


@pytest.fixture
def problem() -> EncodedProblem:
    return load_problem(PATH)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    """The service, with the SDK's sampler replaced by one that sends to it."""
    pytest.importorskip("qiskit_ibm_runtime", reason="needs the extra devices")
    found = FakeService()

    class Sampler:
        def __init__(self, tag: str) -> None:
            self.tag = tag

        def run(self, circuits: list[Any], *, shots: int) -> FakeJob:
            return found.submit(circuits, shots, self.tag)

    monkeypatch.setattr(
        "quasar.hardware.connection._sampler",
        lambda backend, local, seed, tag: Sampler(tag),
    )
    return found
