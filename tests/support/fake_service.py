"""A service at the SDK's boundary: jobs with states to order, on a snapshot in a device's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class FakeJob:
    """A job of the service: says each of its states in turn, the last one forever."""

    def __init__(self, job_id: str, states: list[Any], result: Any, error: str | None) -> None:
        self._id, self._states, self._result, self._error = job_id, list(states), result, error
        self.asked = 0

    def job_id(self) -> str:
        return self._id

    def status(self) -> Any:
        self.asked += 1
        state = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if isinstance(state, Exception):
            raise state
        return state

    def metrics(self) -> dict[str, Any]:
        return {"position_in_queue": 7}

    def error_message(self) -> str | None:
        return self._error

    def result(self) -> Any:
        if self._error:
            raise RuntimeError(self._error)
        return self._result() if callable(self._result) else self._result


class FakeAccount:
    def __init__(self, token: str) -> None:
        self.token = token


class FakeService:
    """What `QiskitRuntimeService` offers, around a snapshot that stands for a real device.

    Jobs run at once, and are told of through the states that the test names.
    """

    def __init__(self, states: list[Any] | None = None, error: str | None = None) -> None:
        from qiskit_ibm_runtime.fake_provider import FakeManilaV2

        self._device = FakeManilaV2()
        self._account = FakeAccount("secret-token")
        self.states, self.error = states or ["DONE"], error
        self.sent: list[Any] = []
        self.kept: dict[str, tuple[str, FakeJob]] = {}
        self.after_submit: Callable[[], None] | None = None

    def backends(self) -> list[Any]:
        return [self._device]

    def backend(self, name: str) -> Any:
        from qiskit.providers.exceptions import QiskitBackendNotFoundError

        if name != self._device.name:
            raise QiskitBackendNotFoundError("No backend matches the criteria.")
        return self._device

    def job(self, job_id: str) -> FakeJob:
        from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

        if job_id not in self.kept:
            raise RuntimeJobNotFound(f"Job not found: {job_id}")
        return self.kept[job_id][1]

    def jobs(self, job_tags: list[str], limit: int) -> list[FakeJob]:
        return [job for tag, job in self.kept.values() if tag in job_tags][:limit]

    def submit(self, circuits: list[Any], shots: int, tag: str) -> FakeJob:
        from qiskit.primitives import BackendSamplerV2

        self.sent.append(circuits)
        sampler = BackendSamplerV2(backend=self._device, options={"seed_simulator": 3})
        job_id = f"job-{len(self.sent)}"
        job = FakeJob(
            job_id, self.states, lambda: sampler.run(circuits, shots=shots).result(), self.error
        )
        self.kept[job_id] = (tag, job)
        if self.after_submit is not None:
            self.after_submit()
        return job
