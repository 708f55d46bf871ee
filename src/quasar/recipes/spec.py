"""Which algorithm, template and depth a circuit is made with, drawn as in the published data.

Shares are counts over the benchmark's records, each kind of draw on its own. Which problems come
with which depth is not followed: that is the data builder's matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from quasar.circuits.sim19 import BENCHMARK_NUMBERS, NUMBERS
from quasar.core.errors import InputError

Algorithm = Literal["qaoa", "vqe", "adaptive_vqe"]
ALGORITHMS: tuple[Algorithm, ...] = ("qaoa", "vqe", "adaptive_vqe")

ALGORITHM_COUNTS: Mapping[Algorithm, int] = {"qaoa": 41, "vqe": 50, "adaptive_vqe": 32}
"""Records of each algorithm, of 123."""
LAYER_COUNTS: Mapping[Algorithm, Mapping[int, int]] = {
    "qaoa": {1: 19, 2: 6, 3: 6, 4: 10},
    "vqe": {1: 24, 2: 4, 3: 11, 4: 11},
    "adaptive_vqe": {1: 17, 2: 8, 3: 5, 4: 2},
}
"""Records of each depth; an adaptive circuit has no layers, but its record states a number."""
_SEEN_TEMPLATES = {1: 9, 2: 1, 3: 4, 4: 5, 5: 4, 6: 3, 7: 2, 9: 1, 11: 3, 12: 1, 13: 2, 14: 1}
_SEEN_TEMPLATES |= {15: 6, 16: 2, 18: 6}
TEMPLATE_COUNTS: Mapping[int, int] = {
    number: 1 + _SEEN_TEMPLATES.get(number, 0) for number in BENCHMARK_NUMBERS
}
"""VQE records of each template, of 50, and one more each (Laplace), as the counts are small."""

Key = TypeVar("Key")


class CircuitSpec(NamedTuple):
    """What to make.

    Attributes:
        algorithm: one of `ALGORITHMS`.
        layers: p of QAOA or VQE; for an adaptive circuit only the number its record states.
        template: Sim circuit, for VQE only.
    """

    algorithm: Algorithm
    layers: int
    template: int | None


def sample_spec(
    rng: np.random.Generator,
    *,
    algorithm: Algorithm | None = None,
    layers: int | None = None,
    template: int | None = None,
) -> CircuitSpec:
    """Draw what is not given; layers given without an algorithm leave the adaptive one out.

    Raises:
        InputError: a template that does not exist or comes with another algorithm than VQE, or
            fewer than one layer.
    """
    if template is not None:
        if template not in NUMBERS:
            raise InputError(f"there is no Sim circuit {template}: choose from 1 to 19.")
        if algorithm not in (None, "vqe"):
            raise InputError(f"{algorithm} takes no template; templates are for vqe.")
        algorithm = "vqe"
    if layers is not None and layers < 1:
        raise InputError(f"need at least one layer, not {layers}.")
    counts = dict(ALGORITHM_COUNTS)
    if layers is not None:
        del counts["adaptive_vqe"]
    drawn = _draw(rng, counts) if algorithm is None else algorithm
    if drawn == "vqe" and template is None:
        template = _draw(rng, TEMPLATE_COUNTS)
    return CircuitSpec(drawn, layers or _draw(rng, LAYER_COUNTS[drawn]), template)


def _draw(rng: np.random.Generator, counts: Mapping[Key, int]) -> Key:
    weights = np.array(list(counts.values()), dtype=np.float64)
    return list(counts)[int(rng.choice(weights.size, p=weights / weights.sum()))]
