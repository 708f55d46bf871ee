"""Instances for a network of angles: Hamiltonians with what the network reads of them, in files.

A file is made from the settings and its number alone, so an interrupted run goes on with the files
that are there, and the number of processes changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quasar.circuits.qaoa import qaoa
from quasar.core.files import replacing, write_text
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.parallel import map_unordered
from quasar.core.progress import Progress
from quasar.core.seeds import generator
from quasar.optimize.angle_features import angle_features, field_scale, is_readable
from quasar.recipes.agent_q.restarts import minimise_with_restarts
from quasar.simulate.qaoa_kernel import compiled_energy_of
from quasar.train.angles.settings import AngleData, AngleSettings
from quasar.train.stream.fresh import FreshKind, instances

FOLDER = "instances"
EXCLUDED = "excluded.txt"
Floats = npt.NDArray[np.float32]


class AngleInstances(NamedTuple):
    """What the files hold.

    Attributes:
        features: `angle_features`, its three parts in a row, shape [M, F].
        terms: of each Hamiltonian, as `hamiltonian_of` reads them.
        targets: in style `agent-q` scaled γ and β of all depths in a row, shape [M, d(d+1)]; else
            shape [M, 0].
    """

    features: Floats
    terms: list[str]
    targets: Floats


def hamiltonian_of(text: str) -> IsingHamiltonian:
    """A Hamiltonian as it was kept."""
    n, terms = json.loads(text)
    return IsingHamiltonian(n, {tuple(qubits): c for qubits, c in terms})


def excluded_names(data: AngleData, folder: Path) -> str:
    """Names of the instances that never occur, a line each: those in the folder, where it has them.

    Raises:
        InputError: an excluded set cannot be read, or no instances can be drawn as is asked.
    """
    next(instances(_kind(data), data.seed, frozenset()))  # refuses what it cannot draw
    path = folder / EXCLUDED
    if path.exists():
        return path.read_text(encoding="utf-8")
    from quasar.data.source import known_instances

    found = known_instances(data.exclude)
    return "".join(f"{name}\n" for name in sorted(found))


def make_instances(
    settings: AngleSettings, folder: Path, excluded: str, progress: Progress
) -> AngleInstances:
    """Make what is missing, and read all.

    Args:
        excluded: as `excluded_names` gives them.

    Raises:
        InfrastructureError: no space, or a worker fails.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = settings.data
    if not (folder / EXCLUDED).exists():
        write_text(folder / EXCLUDED, excluded)
    count = -(-data.instances // data.chunk)
    paths = [folder / f"{number:05d}.npz" for number in range(count)]
    missing = [number for number, path in enumerate(paths) if not path.exists()]
    progress.start("making instances", count, count - len(missing))
    work = partial(_make_chunk, data, settings.network.depth, folder)
    for _ in map_unordered(work, missing, jobs=min(data.jobs, max(1, len(missing)))):
        progress.advance()
    return _read(paths)


def _make_chunk(data: AngleData, depth: int, folder: Path, number: int) -> None:
    excluded = frozenset((folder / EXCLUDED).read_text(encoding="utf-8").split())
    rng = generator(data.seed, "angle targets", number)
    features, terms, targets = [], [], []
    for hamiltonian in islice(_readable(data, number, excluded), data.chunk):
        features.append(np.concatenate(angle_features(hamiltonian)))
        pairs = [(list(qubits), c) for qubits, c in hamiltonian.terms.items()]
        terms.append(json.dumps([hamiltonian.n_qubits, pairs]))
        aims = data.style == "agent-q"
        targets.append(recipe_angles(hamiltonian, depth, rng) if aims else np.empty(0))
    with replacing(folder / f"{number:05d}.npz") as path, path.open("wb") as file:
        np.savez(
            file,
            features=np.array(features, np.float32),
            terms=np.array(terms),
            targets=np.array(targets, np.float32),
        )


def _readable(data: AngleData, number: int, excluded: frozenset[str]) -> Iterator[IsingHamiltonian]:
    seed = int(generator(data.seed, "angle instances", number).integers(1 << 31))
    most = max(data.sizes)
    for hamiltonian in instances(_kind(data), seed, excluded):
        if hamiltonian.n_qubits <= most and is_readable(hamiltonian):
            yield hamiltonian


def _kind(data: AngleData) -> FreshKind:
    sizes = {str(n): share for n, share in data.sizes.items()}
    build: dict[str, Any] = {"sizes": sizes, **data.build}
    return FreshKind.parse(
        {"makes": "angles", "problems": data.problems, "sizes": data.sizes, "build": build}
    )


def recipe_angles(
    hamiltonian: IsingHamiltonian, depth: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Scaled γ and β as the recipe `agent-q` leaves them at p = 1..depth, in a row; shape [d(d+1)].

    (γ, β) and (-γ, -β) give the same distribution; the one with negative β is taken.
    """
    found = []
    for layers in range(1, depth + 1):
        energy = compiled_energy_of(qaoa(hamiltonian, layers), hamiltonian)
        theta = minimise_with_restarts(energy, hamiltonian, rng).theta.copy()
        theta[:layers] *= field_scale(hamiltonian)
        found.append(-theta if theta[layers:].sum() > 0 else theta)
    return np.concatenate(found)


def _read(paths: Sequence[Path]) -> AngleInstances:
    parts = []
    for path in paths:
        with np.load(path) as found:
            parts.append((found["features"], found["terms"].tolist(), found["targets"]))
    return AngleInstances(
        np.concatenate([features for features, _, _ in parts]),
        [text for _, terms, _ in parts for text in terms],
        np.concatenate([targets for _, _, targets in parts]),
    )
