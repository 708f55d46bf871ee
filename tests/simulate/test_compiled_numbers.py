"""The libraries in C compute what NumPy computes; the nightly run draws more, under sanitizers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import fuzz_numbers
from fuzz_numbers import KINDS
from quasar.core.compiled import SOURCES, library_of

pytestmark = pytest.mark.skipif(
    not all(library_of(source).exists() for source in SOURCES), reason="not all built here"
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_numbers_are_those_of_numpy(kind: Callable[[np.random.Generator], str]) -> None:
    assert [found for i in range(25) if (found := kind(np.random.default_rng([3, i])))] == []


def test_a_wrong_number_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    value = fuzz_numbers.CompiledQaoaEnergy.value
    monkeypatch.setattr(
        fuzz_numbers.CompiledQaoaEnergy, "value", lambda own, theta: value(own, theta) + 1e-6
    )
    assert "qaoa_energies, draw 0: " in fuzz_numbers.compare(1, 0)[0]
