"""What record number i is made of: instance, encoding, algorithm, depth, template.

Each sample is a function of the settings, the index and the attempt alone, so records can be made
in any order and on any machine, and reproduced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TypeVar

import numpy as np

from quasar.core.errors import InputError, ProblemError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.seeds import generator
from quasar.data.identity import instance_id
from quasar.data.settings import BENCHMARK_PROBLEMS, BuildSettings
from quasar.problems.base import EncodedProblem, Encoding, Problem, encode
from quasar.problems.registry import PROBLEMS
from quasar.recipes.spec import Algorithm, CircuitSpec

ATTEMPTS_PER_KIND = 12
"""Attempts with one problem type and algorithm before both are sampled again. Keeping them holds
the fractions in the finished data near those asked for: some kinds are dropped more often."""
_PRONE: Algorithm = "adaptive_vqe"
_SAMPLES = 200  # instances looked at, in one attempt, for one of the right size

Key = TypeVar("Key")


@dataclass(frozen=True, eq=False)
class RecordSpec:
    """A record before its circuit.

    Attributes:
        index: number of the record.
        attempt: specs dropped before this one.
        problem: the instance.
        encoded: its Hamiltonian, whose terms have the order of its text.
        instance_id: see `identity`.
        choice: what circuit to make.
    """

    index: int
    attempt: int
    problem: Problem
    encoded: EncodedProblem
    instance_id: str
    choice: CircuitSpec

    def rng(self, settings: BuildSettings) -> np.random.Generator:
        """Randomness of the optimisation, apart from that of the sampling."""
        return record_stream(settings, "angles", self.index, self.attempt)


def sample_spec(settings: BuildSettings, index: int, attempt: int) -> RecordSpec | None:
    """Sample one record; None if no instance of the wanted size was found.

    Raises:
        InputError: no problem type has instances of that size.
    """
    kind = record_stream(settings, "kind", index, attempt // ATTEMPTS_PER_KIND)
    problem_type = pick(kind, _fitting(settings))
    algorithm = pick(kind, algorithm_shares(settings, index))
    rng = record_stream(settings, "draw", index, attempt)
    layers = pick(rng, settings.layers[algorithm])
    template = pick(rng, settings.templates) if algorithm == "vqe" else None
    offered = {
        name: share
        for name, share in settings.encodings.items()
        if name in PROBLEMS[problem_type].encodings
    }
    encoding: Encoding = pick(rng, offered)
    encoded = _sample(rng, settings, problem_type, encoding)
    if encoded is None or encoded.problem is None:
        return None
    return RecordSpec(
        index=index,
        attempt=attempt,
        problem=encoded.problem,
        encoded=encoded,
        instance_id=instance_id(encoded.problem),
        choice=CircuitSpec(algorithm, layers, template),
    )


def may_be_basis_state(index: int, share: float) -> bool:
    """True for the fraction `share` of the indices, evenly spread: in any prefix of the data no
    more than this fraction can be basis states.
    """
    return int((index + 1) * share + 1e-9) > int(index * share + 1e-9)


def algorithm_shares(settings: BuildSettings, index: int) -> dict[Algorithm, float]:
    """Probabilities of the algorithms for one index; over all indices they average to those of the
    settings.

    Nearly all converged adaptive circuits are basis states. So the indices that may hold one take
    them first, and only the rest of the adaptive circuits has to look for others, which takes ten
    attempts each.
    """
    total = sum(settings.algorithms.values())
    shares = {name: share / total for name, share in settings.algorithms.items()}
    adaptive, free = shares.get(_PRONE, 0.0), settings.max_basis_share
    if adaptive in (0.0, 1.0) or free in (0.0, 1.0):
        return shares
    inside = min(1.0, adaptive / free)
    own = inside
    if not may_be_basis_state(index, free):
        own = max(0.0, (adaptive - free * inside) / (1.0 - free))
    scale = (1.0 - own) / (1.0 - adaptive)
    return {name: own if name == _PRONE else share * scale for name, share in shares.items()}


def record_stream(settings: BuildSettings, name: str, *path: int) -> np.random.Generator:
    """Randomness of one purpose for one record."""
    return generator(settings.seed, "data", settings.recipe, name, *path)


def pick(rng: np.random.Generator, shares: Mapping[Key, float]) -> Key:
    """One of the keys, drawn by their weights."""
    names = list(shares)
    weights = np.cumsum([shares[name] for name in names])
    place = rng.random() * weights[-1]
    return names[min(int(np.searchsorted(weights, place, side="right")), len(names) - 1)]


def _sample(
    rng: np.random.Generator, settings: BuildSettings, problem_type: str, encoding: Encoding
) -> EncodedProblem | None:
    """A random instance of an allowed size; the weights of the sizes hold for all types but the
    benchmark's.
    """
    highest = max(settings.sizes.values())
    for _ in range(_SAMPLES):
        problem = PROBLEMS[problem_type].sample(rng, settings.max_qubits)
        encoded = terms_in_text_order(encode(problem, encoding))
        n = encoded.n_qubits
        if not settings.min_qubits <= n <= settings.max_qubits or not encoded.hamiltonian.terms:
            continue
        if problem_type in BENCHMARK_PROBLEMS:
            return encoded
        if rng.random() * highest < settings.sizes.get(n, 0.0):
            return encoded
    return None


def terms_in_text_order(encoded: EncodedProblem) -> EncodedProblem:
    """The same with the terms in the order in which the Hamiltonian is written: circuits follow the
    order of the terms, and a reader of the record sees only the text.
    """
    given = encoded.hamiltonian
    ordered = IsingHamiltonian.from_text(given.simplified().to_text(), given.n_qubits)
    return replace(encoded, hamiltonian=ordered.with_exact_terms(given.exact_terms))


def _fitting(settings: BuildSettings) -> dict[str, float]:
    """The problem types with instances of the wanted size, and their weights."""
    found = {
        name: share
        for name, share in settings.problems.items()
        if _fits(name, settings.min_qubits, settings.max_qubits, tuple(settings.encodings))
    }
    if not found:
        raise InputError(
            f"none of the problem types {', '.join(settings.problems)} has instances of "
            f"{settings.min_qubits} to {settings.max_qubits} qubits: widen the range."
        )
    return found


@cache
def _fits(problem_type: str, fewest: int, most: int, encodings: tuple[Encoding, ...]) -> bool:
    kind = PROBLEMS[problem_type]
    rng = generator(0, "data", "fits", problem_type)
    try:
        for _ in range(_SAMPLES):
            problem = kind.sample(rng, most)
            if all(
                fewest <= encode(problem, encoding).n_qubits <= most
                for encoding in encodings
                if encoding in kind.encodings
            ):
                return True
    except ProblemError:
        return False
    return False
