"""What a data set is made of: every choice that its records depend on.

Two data sets with equal settings are equal record for record (on one kind of machine and with one
version of the libraries). How many workers build it, and where, is not part of the settings.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from quasar.circuits.sim19 import NUMBERS
from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.settings import Settings
from quasar.problems.base import Encoding
from quasar.problems.registry import PROBLEMS
from quasar.recipes.agent_q.make import AgentQSettings
from quasar.recipes.agent_q.restarts import AdamWRestarts
from quasar.recipes.converged.converge import CONVERGED_TEMPLATES, Ground, Search
from quasar.recipes.spec import ALGORITHM_COUNTS, LAYER_COUNTS, TEMPLATE_COUNTS, Algorithm

Recipe = Literal["converged", "agent-q"]
RECIPES: tuple[Recipe, ...] = ("agent-q", "converged")
Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]

FORMAT = 4
"""Goes up when the same settings would give other records."""

BENCHMARK_PROBLEMS: Mapping[str, float] = {
    "hypermaxcut": 24,
    "min_cut": 21,
    "vertex_cover": 18,
    "matching": 15,
    "edge_cover": 13,
    "connected_components": 11,
    "kclique": 7,
    "max_flow": 5,
    "graph_coloring": 3,
    "community_detection": 3,
    "graph_isomorphism": 2,
    "hamiltonian_path": 1,
}
"""Records of each type, of 123 of the benchmark."""

WIDE_PROBLEMS: Mapping[str, float] = {
    "vertex_cover": 3,
    "edge_cover": 3,
    "matching": 3,
    "kclique": 3,
    "connected_components": 3,
    "graph_coloring": 3,
    "community_detection": 3,
    "graph_isomorphism": 3,
    "hamiltonian_path": 3,
    "min_cut": 3,
    "max_flow": 3,
    "hypermaxcut": 3,
    "maxcut": 3,
    "max_independent_set": 3,
    "tsp": 3,
    "number_partitioning": 3,
    "knapsack": 3,
    "portfolio": 3,
    "max_3sat": 3,
    "qubo": 10,
    "hubo": 8,
    "ising": 12,
}
"""Equal weights, and a third for random Hamiltonians, which are the most varied.

Which types, and in which order, decides every record: types that were added later are asked for in
the settings."""

BENCHMARK_SIZES: Mapping[int, float] = {
    2: 1.5, 3: 2, 4: 4, 5: 8, 6: 13, 7: 16, 8: 22, 9: 20, 10: 13, 11: 10, 12: 8, 13: 3, 14: 2,
    15: 2, 16: 4,
}  # fmt: skip
"""Records of each number of qubits, of 123 of the benchmark, smoothed."""

SPLITS: Mapping[str, float] = {"train": 0.95, "validation": 0.025, "test": 0.025}
"""Weights of the splits."""

_DEFAULTS: Mapping[Recipe, Mapping[str, Any]] = {
    "agent-q": {
        "problems": BENCHMARK_PROBLEMS,
        "encodings": {"agent-q": 1.0},
        "algorithms": ALGORITHM_COUNTS,
        "layers": LAYER_COUNTS,
        "templates": TEMPLATE_COUNTS,
        "max_basis_share": 1.0,
    },
    "converged": {
        "problems": WIDE_PROBLEMS,
        "encodings": {"exact": 0.7, "agent-q": 0.3},
        "algorithms": {"qaoa": 0.4, "vqe": 0.4, "adaptive_vqe": 0.2},
        "layers": {
            "qaoa": {1: 4, 2: 3, 3: 2, 4: 2},
            "vqe": {1: 5, 2: 3, 3: 1, 4: 1},
            "adaptive_vqe": {1: 1},
        },
        "templates": {number: 1.0 for number in CONVERGED_TEMPLATES if number != 1},
        "max_basis_share": 0.12,
    },
}
"""What each recipe fills in. Template 1 has no entangling gate: converged, it is a basis state."""


MAX_SMALL_QUBITS = 16
"""Largest instance of a data set with distributions."""
_LARGE_DEFAULTS: Mapping[str, Any] = {
    "problems": {"maxcut": 3, "max_independent_set": 1, "vertex_cover": 1, "ising": 2},
    "encodings": {"exact": 1.0},
    "algorithms": {"qaoa": 1.0},
    "layers": {"qaoa": {1: 2, 2: 2, 3: 1}},
    "max_basis_share": 1.0,
    "max_characters": 2_000_000,
    "shard_size": 10,
}
"""What large instances fill in."""
_OF_LARGE = {"solve_seconds", "max_width", "max_cost"}


def _size_range(text: str) -> dict[str, Any]:
    """`sizes`, `min_qubits` and `max_qubits` of a range such as `30-200`.

    Raises:
        ValueError: it is none.
    """
    found = re.fullmatch(r"\s*(\d{1,4})\s*-\s*(\d{1,4})\s*", text)
    if found is None or int(found[1]) > int(found[2]) or int(found[1]) < 2:
        raise ValueError(f"sizes: a range is two numbers such as 30-200, not {text!r}")
    least, most = int(found[1]), int(found[2])
    sizes = dict.fromkeys(range(least, most + 1), 1.0)
    return {"sizes": sizes, "min_qubits": least, "max_qubits": most}


class BuildSettings(Settings):
    """All settings of `quasar data build`; a `Share` is a weight, and weights need not sum to 1."""

    recipe: Recipe
    """How circuits are made: like the benchmark's (`agent-q`), or as good as can be."""
    count: int = Field(ge=1, le=10**9)
    """Records, all splits together."""
    seed: int = Field(default=0, ge=0)
    """Root of all randomness."""
    min_qubits: int = Field(default=2, ge=1)
    """Smallest instance."""
    max_qubits: int = Field(default=16, ge=2, le=5000)
    """Largest instance: to 16, or in a data set of large instances, which begins at 25, to 5,000.
    There are QAOA circuits alone, of sparse instances, and nothing that needs a distribution."""
    problems: dict[str, Share]
    """Weight of each problem type. Types without an instance of that size are left out."""
    sizes: dict[int, Share] = Field(default_factory=lambda: dict(BENCHMARK_SIZES))
    """Weight of each number of qubits, for the types that are not the benchmark's: those bring the
    benchmark's distribution with them. Or a range such as "30-200", each equally often, which also
    sets `min_qubits` and `max_qubits`."""
    encodings: dict[Encoding, Share]
    """Weight of each encoding, for types that have several; the others take the one they have."""
    algorithms: dict[Algorithm, Share]
    """Weight of each algorithm."""
    layers: dict[Algorithm, dict[int, Share]]
    """Weight of each depth, by algorithm; for adaptive circuits only the number that is stated."""
    templates: dict[int, Share]
    """Weight of each of the circuits 1-19 of Sim et al. among the VQE records."""
    agent_q: AgentQSettings = AgentQSettings(descent=AdamWRestarts(restarts=0, patience=10))
    """Numbers of the `agent-q` recipe. Unlike the published data, an attempt is dropped after one
    start and not after four, and given up after 100 steps on a plateau: failures took most of the
    time, while of 293 circuits kept 6 came from a later start, and of 245 one left a plateau."""
    ground: Ground = "one"
    """Which ground states the VQE and adaptive circuits of `converged` lead to: `one`, chosen by
    rule, or as many in superposition as their structure easily can (`all`)."""
    slack: float = Field(default=0.0, ge=0, lt=1)
    """Share of the energy range that QAOA of `converged` may give up for canonical angles; of the
    wide search."""
    search: Search = "wide"
    """How QAOA angles of `converged` are looked for: `wide`, the best energy at any angles, or
    `canonical`, the best at γ > 0 > β of moderate size, at a small part of the cost, or `table`,
    the best of a few angle sets that serve all instances (`recipes.converged.qaoa_table`)."""
    max_basis_share: float = Field(ge=0, le=1)
    """Largest fraction of records without a two-qubit gate, which at best write one bit string."""
    max_characters: int = Field(default=18_000, ge=100)
    """Longest circuit text."""
    solve_seconds: float = Field(default=5.0, gt=0)
    """Of large instances: seconds for the optimum and its bound. What is not proven in this time
    depends on the machine."""
    max_width: int = Field(default=18, ge=1, le=28)
    """Of large instances: variables of the largest tensor of an energy; wider ones are dropped."""
    max_cost: float = Field(default=4e6, gt=0)
    """Of large instances: multiplications of one energy; more expensive ones are dropped."""
    splits: dict[str, Share] = Field(default_factory=lambda: dict(SPLITS))
    """Weight of each split. Its hash decides where an instance goes, so isomorphic ones meet."""
    split_salt: str = "quasar"
    """Shuffles the splits; with equal salt and weights no instance is in different splits of two
    data sets."""
    exclude: tuple[str, ...] = ()
    """Records files and data sets whose instances must not occur (each a path)."""
    shard_size: int = Field(default=100, ge=1, le=100_000)
    """Records built and saved at a time: what a kill can lose for each worker."""
    rows_per_file: int = Field(default=50_000, ge=1)
    """Records in each finished file."""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("recipe") not in RECIPES:
            return data
        given = dict(data)
        if isinstance(given.get("sizes"), str):
            given |= _size_range(given["sizes"])
        least, most = given.get("min_qubits"), given.get("max_qubits")
        if isinstance(most, int) and most > MAX_SMALL_QUBITS:
            if isinstance(least, int) and "sizes" not in given and 0 < most - least < 5000:
                given["sizes"] = dict.fromkeys(range(least, most + 1), 1.0)
            return {**_DEFAULTS[data["recipe"]], **_LARGE_DEFAULTS, **given}
        return {**_DEFAULTS[data["recipe"]], **given}

    @field_validator("problems", "sizes", "encodings", "algorithms", "templates", "splits")
    @classmethod
    def _some(cls, shares: dict[Any, float]) -> dict[Any, float]:
        if sum(shares.values()) <= 0:
            raise ValueError("at least one weight must be above 0")
        return {name: share for name, share in shares.items() if share > 0}

    @model_validator(mode="after")
    def _check(self) -> Self:
        unknown = sorted(set(self.problems) - set(PROBLEMS))
        if unknown:
            raise ValueError(f"problems: unknown type {unknown[0]!r}; see `quasar problems`")
        foreign = sorted(set(self.templates) - set(NUMBERS))
        if foreign:
            raise ValueError(f"templates: there is no Sim circuit {foreign[0]}, only 1 to 19")
        if self.max_qubits > MAX_SMALL_QUBITS:
            self._check_large()
        if self.min_qubits > self.max_qubits:
            raise ValueError(f"min_qubits {self.min_qubits} is above max_qubits {self.max_qubits}")
        for algorithm in self.algorithms:
            depths = self.layers.get(algorithm, {})
            if sum(depths.values()) <= 0 or min(depths) < 1:
                raise ValueError(f"layers: give {algorithm} depths of 1 and more, with weights")
        for name in self.problems:
            if not set(PROBLEMS[name].encodings) & set(self.encodings):
                raise ValueError(
                    f"problems: {name} has no encoding out of {', '.join(self.encodings)}; "
                    "leave it out or change encodings"
                )
        for name in self.splits:
            if not name.isidentifier():
                raise ValueError(f"splits: {name!r} is not a name for a split")
        return self

    def _check_large(self) -> None:
        least = MAX_EXACT_QUBITS + 1
        if self.min_qubits < least:
            raise ValueError(
                f"sizes: a data set has up to {MAX_SMALL_QUBITS} qubits, or from {least} on: build "
                "two of them"
            )
        if self.recipe != "converged":
            raise ValueError(f"recipe: {self.recipe} is for up to {MAX_SMALL_QUBITS} qubits")
        if set(self.algorithms) != {"qaoa"}:
            raise ValueError("algorithms: beyond 24 qubits there is qaoa only")
        foreign = sorted(set(self.problems) - set(_LARGE_DEFAULTS["problems"]))
        if foreign:
            raise ValueError(
                f"problems: {foreign[0]} has no sparse instances beyond 24 qubits; there are "
                f"{', '.join(_LARGE_DEFAULTS['problems'])}"
            )
        outside = [n for n in self.sizes if not self.min_qubits <= n <= self.max_qubits]
        if outside:
            raise ValueError(f"sizes: {outside[0]} is outside min_qubits and max_qubits")

    @property
    def is_large(self) -> bool:
        """Whether the instances are beyond exact enumeration."""
        return self.max_qubits > MAX_SMALL_QUBITS

    @property
    def n_shards(self) -> int:
        """Shards of the whole data set."""
        return -(-self.count // self.shard_size)

    def shard(self, number: int) -> range:
        """Record indices of a shard."""
        first = number * self.shard_size
        return range(first, min(self.count, first + self.shard_size))

    def split_shares(self) -> dict[str, float]:
        """Fractions of the splits, summing to 1."""
        total = sum(self.splits.values())
        return {name: share / total for name, share in self.splits.items()}

    def fingerprint(self, excluded: str = "") -> str:
        """Changes with anything that the records depend on.

        Args:
            excluded: digest of the excluded instances.
        """
        own = self.model_dump(mode="json", exclude=None if self.is_large else _OF_LARGE)
        content = [FORMAT, own, excluded]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def read_settings(path: Path) -> dict[str, Any]:
    """The settings in a TOML file, or in the `manifest.json` of a data set.

    Raises:
        InputError: missing, unreadable, or neither.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        if path.suffix == ".json":
            found = json.loads(text)
            found = found.get("settings", found) if isinstance(found, dict) else found
        else:
            found = tomllib.loads(text)
    except (json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{path} holds no settings.")
    return found
