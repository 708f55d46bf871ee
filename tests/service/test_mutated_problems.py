"""Problem files of every type with something spoilt in them: an answer or a refusal, no failure."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quasar.core.errors import InputError
from quasar.core.seeds import generator
from quasar.problems.registry import PROBLEMS
from quasar.service import models
from quasar.service.workers import WorkerPool

HOSTILE: list[Any] = [
    None, True, 0, -1, 1, 2, 10**6, 10**30, -(10**30), 0.5, 1e308, -1e308, 5e-324, float("nan"),
    float("inf"), "", "0", "a", "\ud800", "../../etc/passwd", [], [[]], [0, 0], {}, {"id": 0},
    [None] * 50, "[" * 500, {"nodes": [], "edges": []},
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path] if path else []
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in inner:
        found += places(part, (*path, key))
    return found


def spoilt(data: dict[str, Any], path: tuple[Any, ...], value: Any, how: str) -> dict[str, Any]:
    """The file with one place changed."""
    data = copy.deepcopy(data)
    inside: Any = data
    for key in path[:-1]:
        inside = inside[key]
    if how == "delete":
        del inside[path[-1]]
    elif how == "double" and isinstance(inside, list):
        inside.append(copy.deepcopy(inside[path[-1]]))
    else:
        inside[path[-1]] = value
    return data


@pytest.mark.parametrize("problem_type", sorted(PROBLEMS))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(draw=st.data())
def test_a_spoilt_problem_is_answered_or_refused(
    pool: WorkerPool, problem_type: str, draw: st.DataObject
) -> None:
    rng = generator(draw.draw(st.integers(0, 3)), "mutated", problem_type)
    data = json.loads(json.dumps(PROBLEMS[problem_type].sample(rng, max_qubits=9).to_data()))
    for _ in range(draw.draw(st.integers(1, 2))):
        path = draw.draw(st.sampled_from(places(data) or [("problem_type",)]))
        how = draw.draw(st.sampled_from(["set", "set", "delete", "double"]))
        data = spoilt(data, path, draw.draw(st.sampled_from(HOSTILE)), how)
    operation = draw.draw(st.sampled_from(["verify", "encode"]))
    if operation == "verify":
        body = {
            "problem": data,
            "reference": None,
            "qasm": models.EXAMPLE_QASM,
            "qasm_base64": None,
            "options": models.VerifyOptions().model_dump(mode="json"),
        }
    else:
        body = {"problem": data, "encoding": None, "variable_order": None}
    try:
        raw = pool.submit(operation, body).result(timeout=60)
    except InputError:
        return
    if operation == "verify":
        models.Report.model_validate_json(raw)
    else:
        models.EncodeAnswer.model_validate_json(raw)
