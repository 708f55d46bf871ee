"""`POST /get_observation`: the wire format of the published trainer (SPEC: section 11).

Deviations from the published server:
1. A Hamiltonian or reference that cannot be used fails the whole request: it says nothing about the
   model, and must not turn into a low reward.
2. The extreme eigenvalues are computed from the Hamiltonian; those that are sent are not needed.
3. An answer without a program is told so, without a reward: the trainer then takes -1.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from quasar.core.errors import InputError
from quasar.service.crew import Crew
from quasar.service.models import ObservationAnswer, ObservationRequest

_AHEAD = 2  # trajectories handed to the crew, a worker


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
    request: ObservationRequest, crew: Crew, *, bounded: bool = False
) -> ObservationAnswer:
    """Judge every trajectory that has not ended.

    Args:
        bounded: refuse where the crew's queue is full.

    Raises:
        BusyError: it is full.
        InputError: a trajectory has no usable Hamiltonian or reference; the message names it.
        InfrastructureError: the machinery failed.
    """
    count = len(request.trajectory_ids)
    fields = merged_fields(request)
    finish = _spread(request.finish, count)
    last = _spread(request.is_last_step, count)
    references = request.ground_truths or [None] * count
    places = asyncio.Semaphore(crew.size * _AHEAD + 1)

    async def one(place: int) -> dict[str, Any]:
        if finish[place]:
            return {"text": "", "valid": False}
        hamiltonian = fields[place].get("cost_hamiltonian")
        if not isinstance(hamiltonian, str):
            raise InputError(f"trajectory {place} has no 'cost_hamiltonian' (text).")
        body = {
            "action": request.actions[place],
            "hamiltonian": hamiltonian,
            "reference": references[place],
        }
        async with places:
            try:
                raw = await asyncio.wrap_future(crew.submit("observe", body, bounded=bounded))
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
