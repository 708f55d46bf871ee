"""`POST /get_observation`: the wire format of the published trainer (SPEC: section 11).

Deviations from the published server:
1. A Hamiltonian or reference that cannot be used fails the whole request: that is not the model's
   fault and must not become a low reward.
2. The extreme eigenvalues are computed from the Hamiltonian; those that are sent are ignored.
3. The observation of an answer without a program has no reward: the trainer then takes -1.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

from quasar.core.errors import InputError
from quasar.service.models import EXAMPLE_QASM, with_example
from quasar.service.workers import WorkerPool

_AHEAD = 2  # trajectories in progress for each worker


class ObservationRequest(BaseModel):
    """The published trainer's request: lists of equal length, one entry a trajectory.

    Any other key whose value is a list of that length is merged into `extra_fields`; keys of
    another shape are ignored, as the published server does.
    """

    model_config = with_example(
        {
            "trajectory_ids": ["t-1"],
            "actions": [EXAMPLE_QASM],
            "ground_truths": [EXAMPLE_QASM],
            "extra_fields": [
                {
                    "cost_hamiltonian": "0.5 * (Z(0) @ Z(2)) + 0.5 * (Z(1) @ Z(2))",
                    "smallest_eigenvalue": "-1.0",
                    "largest_eigenvalue": "1.0",
                }
            ],
            "finish": [False],
            "is_last_step": [True],
        },
        "allow",
    )

    trajectory_ids: list[str | int | float]
    """Names of the trajectories."""
    actions: list[str]
    """The model's raw text; the program starts at `OPENQASM`."""
    ground_truths: list[str | None] | None = None
    """Reference circuits."""
    extra_fields: list[dict[str, Any] | None] | None = None
    """`cost_hamiltonian`, `smallest_eigenvalue`, `largest_eigenvalue` of each."""
    finish: list[bool] | bool = False
    """Where true, the trajectory ends and nothing is verified; one value stands for all."""
    is_last_step: list[bool] | bool = False
    """Where true, the trajectory ends after this answer; one value stands for all."""

    @model_validator(mode="after")
    def _equal_lengths(self) -> ObservationRequest:
        count = len(self.trajectory_ids)
        for name in ("actions", "ground_truths", "extra_fields", "finish", "is_last_step"):
            value = getattr(self, name)
            if isinstance(value, list) and len(value) != count:
                raise ValueError(f"'{name}' and 'trajectory_ids' differ in length")
        return self


class ObservationAnswer(BaseModel):
    """The published server's answer; lists in the order of the request."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    observations: list[str]
    """What the model is told, after `Reward: <number>`; empty where the trajectory ended."""
    dones: list[bool]
    """Whether the trajectory is over."""
    valids: list[bool]
    """Whether the action held a program."""


def merged_fields(request: ObservationRequest) -> list[dict[str, Any]]:
    """The extra fields of each trajectory, with every other list of the right length merged in."""
    count = len(request.trajectory_ids)
    fields = [dict(entry or {}) for entry in request.extra_fields or [None] * count]
    for name, values in (request.model_extra or {}).items():
        if isinstance(values, list) and len(values) == count:
            for entry, value in zip(fields, values, strict=True):
                entry[name] = value
    return fields


def _spread(flags: list[bool] | bool, count: int) -> list[bool]:
    return flags if isinstance(flags, list) else [flags] * count


async def observe(
    request: ObservationRequest, pool: WorkerPool, *, bounded: bool = False
) -> ObservationAnswer:
    """Verify every trajectory that has not ended.

    Args:
        bounded: refuse where the queue of the workers is full.

    Raises:
        BusyError: it is full.
        InputError: a trajectory has no usable Hamiltonian or reference; the message names it.
        InfrastructureError: the service failed.
    """
    count = len(request.trajectory_ids)
    fields = merged_fields(request)
    finish = _spread(request.finish, count)
    last = _spread(request.is_last_step, count)
    references = request.ground_truths or [None] * count
    places = asyncio.Semaphore(pool.size * _AHEAD + 1)

    async def one(place: int) -> dict[str, Any]:
        if finish[place]:
            return {"text": "", "valid": False}
        hamiltonian = fields[place].get("cost_hamiltonian")
        if not isinstance(hamiltonian, str):
            raise InputError(f"trajectory {place} has no 'cost_hamiltonian' (a string).")
        body = {
            "action": request.actions[place],
            "hamiltonian": hamiltonian,
            "reference": references[place],
        }
        async with places:
            try:
                raw = await asyncio.wrap_future(pool.submit("observe", body, bounded=bounded))
            except InputError as error:
                raise type(error)(f"trajectory {place}: {error}") from None
        found: dict[str, Any] = json.loads(raw)
        return found

    tasks = [asyncio.create_task(one(place)) for place in range(count)]
    try:
        found = await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
    return ObservationAnswer(
        observations=[entry["text"] for entry in found],
        dones=[f or end for f, end in zip(finish, last, strict=True)],
        valids=[entry["valid"] for entry in found],
    )
