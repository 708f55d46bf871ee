"""Prompts about problems that are drawn for them, in place of records: a reward that needs no
reference needs no record either.

Problems come from the source of the streamed supervised training (`stream.fresh.instances`): those
of all types, and random Hamiltonians of many laws. Only instances of the wanted split that are not
excluded occur. What is asked (style, algorithm, layers) is drawn beside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, get_args

import numpy as np
from pydantic import Field, model_validator

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.core.settings import Settings
from quasar.prompts.chat import Request, Style
from quasar.recipes.spec import Algorithm
from quasar.train.stream.fresh import FreshKind, asked_layers, instances

Asked = Algorithm | Literal["any"]

_ASKED: dict[Style, dict[Asked, float]] = {
    "converged": {"any": 4.0, "vqe": 2.0, "adaptive_vqe": 2.0, "qaoa": 1.0}
}


class FreshPrompts(Settings):
    """Which problems are drawn and what is asked about them: the table `[data.fresh]`."""

    problems: float = Field(default=0.5, ge=0, le=1)
    """Fraction of instances that are problems of all types; the rest are random Hamiltonians."""
    build: dict[str, Any] = Field(default_factory=dict)
    """Settings of `quasar data build` by which problems are drawn."""
    sizes: dict[int, float] = Field(default_factory=lambda: dict.fromkeys(range(2, 17), 1.0))
    """Weight of each number of qubits among random Hamiltonians."""
    asked: dict[Style, dict[Asked, float]] = Field(default=_ASKED)
    """Weight of each algorithm in each style; `any`: the choice is the model's."""
    layers_told: float = Field(default=0.5, ge=0, le=1)
    """Fraction of prompts that name the number of layers."""
    exclude: tuple[Path, ...] = ()
    """Records files and data sets whose instances must not occur."""

    @model_validator(mode="after")
    def _weighed(self) -> Self:
        weights = [w for own in self.asked.values() for w in own.values()]
        for name, given in (("asked", weights), ("sizes", list(self.sizes.values()))):
            if min(given, default=0.0) < 0.0 or sum(given) <= 0.0:
                raise ValueError(f"{name} needs weights of at least 0, one of them above 0")
        return self


class FreshPrompt(NamedTuple):
    """A problem, and what is asked about it."""

    hamiltonian: IsingHamiltonian
    request: Request


def fresh_prompts(settings: FreshPrompts, *, split: str, seed: int) -> Iterator[FreshPrompt]:
    """Prompts without end, the same ones for the same seed.

    Raises:
        InputError: an excluded set cannot be read, or `build` is not understood.
    """
    seed = int(generator(seed, "fresh prompts", split).integers(1 << 31))
    rng = generator(seed, "fresh prompts", "requests")
    ways = [
        (style, algorithm, weight)
        for style in get_args(Style)
        for algorithm, weight in settings.asked.get(style, {}).items()
    ]
    shares = np.array([weight for *_, weight in ways])
    kind = FreshKind(
        makes="solutions", problems=settings.problems, build=settings.build, sizes=settings.sizes
    )
    for hamiltonian in instances(kind, seed, _excluded(settings.exclude), split):
        layers = asked_layers(rng, settings.layers_told)
        style, algorithm, _ = ways[int(rng.choice(len(ways), p=shares / shares.sum()))]
        if algorithm == "adaptive_vqe":
            layers = None
        if hamiltonian.terms:  # otherwise every circuit solves it
            named = None if algorithm == "any" else algorithm
            yield FreshPrompt(hamiltonian, Request(named, layers, style))


def _excluded(paths: tuple[Path, ...]) -> frozenset[str]:
    from quasar.data.source import known_instances

    return known_instances(paths)
