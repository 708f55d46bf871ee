from __future__ import annotations

import pytest

import quasar
from quasar.core.errors import InputError


def tfim(n: int) -> dict[str, object]:
    return {"problem_type": "tfim", "problem_specific_attributes": {"n": n, "h": 0.5}}


def test_small_ones_are_proven_and_the_constant_counts() -> None:
    found = quasar.optimum({"observable": "X0 + 0.5*Z1 + 3"})
    assert (found.status, found.solution) == ("proven", None)
    assert found.value == pytest.approx(1.5)
    assert found.low == found.high == found.value


def test_large_ones_are_enclosed() -> None:
    found = quasar.optimum(tfim(24))
    assert found.status == "bounded"
    assert found.low is not None
    assert found.high is not None
    assert found.low <= -24.2 <= found.high + 1.5
    assert found.method == "product state + windows"


def test_methods_are_for_cost_functions() -> None:
    with pytest.raises(InputError, match="method cp_sat is for cost functions"):
        quasar.optimum(tfim(4), method="cp_sat")
