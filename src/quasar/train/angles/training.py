"""`quasar train angles`: a network of QAOA angles, fitted to exact energies by their gradients.

A step takes instances and one depth of each. Both choices of angles that the network offers are
simulated; the gradient of their energies goes back into it, mostly that of the lower one, so that
the two may settle in different minima. The energies that it expects are fitted beside. No label is
searched for: what is lowered is what a user gets. In style `agent-q` the aim is a recipe, and the
distance of its angles takes the place of the energy.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from quasar.core.files import replacing, write_json
from quasar.core.jsonl import append_jsonl
from quasar.core.manifest import manifest
from quasar.core.progress import Progress
from quasar.core.seeds import generator
from quasar.models.angle_network import FILES, N_CHOICES
from quasar.optimize.angle_features import field_scale
from quasar.simulate.qaoa_kernel import ScaledQaoa
from quasar.train.angles.instances import (
    FOLDER,
    AngleInstances,
    excluded_names,
    hamiltonian_of,
    make_instances,
)
from quasar.train.angles.network import AngleModule
from quasar.train.angles.settings import AngleSettings
from quasar.train.progress import TrainingProgress, rate
from quasar.train.run import claim

TRAIN_LOG = "train.jsonl"
CHECKPOINT = "checkpoint.pt"
_WARMUP = 0.01
_CLIPPED = 0.1  # norm of the gradient
_SHARED = 0.15  # of the weight, which both choices get whatever their energies
_SOFT = 0.02  # of the range: choices this near share the rest
_EXPECTED = 0.3  # weight of the expected energies' error
Floats = npt.NDArray[np.float64]


def train_angles(settings: AngleSettings, progress: Progress) -> dict[str, float]:
    """Train, or go on with what the folder holds; returns the last means.

    Raises:
        InputError: the folder belongs to other settings, an excluded set cannot be read, or no
            instances can be drawn as is asked.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    stated = settings.model_dump(mode="json", exclude={"out": True, "data": {"jobs"}})
    folder = settings.out / FOLDER
    # Before the folder is claimed: whoever mends a path goes on in the same folder.
    excluded = excluded_names(settings.data, folder)
    claim(settings.out, stated)
    instances = make_instances(settings, folder, excluded, progress)
    run = _AngleRun(settings, instances)
    run.train(progress)
    return run.finish()


class _AngleRun:
    def __init__(self, settings: AngleSettings, instances: AngleInstances) -> None:
        schedule = settings.schedule
        self.settings = settings
        self.instances = instances
        self.progress = TrainingProgress(schedule.max_steps, schedule.max_minutes)
        torch.manual_seed(schedule.seed)
        agent_q = settings.data.style == "agent-q"
        self.module = AngleModule(settings.network, instances.features, agent_q)
        self.optimizer = torch.optim.AdamW(
            self.module.parameters(), schedule.learning_rate, weight_decay=schedule.weight_decay
        )
        weights = np.array(schedule.depths[: settings.network.depth])
        self.depths = weights / weights.sum()
        self.errors = self._distances if agent_q else self._energies
        self.energies: dict[int, ScaledQaoa] = {}
        self.recent: list[float] = []
        self.means: dict[str, float] = {}
        self._resume()

    def train(self, progress: Progress) -> None:
        schedule, clock = self.settings.schedule, self.progress
        saved = time.monotonic()
        progress.start("training, % done", 100, int(100 * clock.fraction))
        done = int(100 * clock.fraction)
        clock.start()
        while clock.fraction < 1.0:
            for group in self.optimizer.param_groups:
                group["lr"] = schedule.learning_rate * rate(clock.fraction, _WARMUP, 1.0)
            self._step()
            if clock.step % schedule.log_steps == 0:
                self._log()
            if time.monotonic() - saved > 60.0 * schedule.save_minutes:
                self._save()
                saved = time.monotonic()
            progress.advance(int(100 * clock.fraction) - done)
            done = int(100 * clock.fraction)
        clock.pause()
        self._log()
        self._save()

    def finish(self) -> dict[str, float]:
        """Write weights and manifest."""
        settings = self.settings
        folder = settings.out / "model"
        folder.mkdir(exist_ok=True)
        path = folder / FILES[settings.data.style]
        self.module.save(path)
        content = manifest(
            settings.model_dump(mode="json"), settings.schedule.seed, ("torch", "numpy", "qulacs")
        )
        content |= {
            "steps": self.progress.step,
            "training_seconds": round(self.progress.seconds, 1),
            "instances": len(self.instances.terms),
            "measured": self.means,
        }
        write_json(path.with_suffix(".json"), content)
        return self.means

    def _step(self) -> None:
        schedule, step = self.settings.schedule, self.progress.step
        rng = generator(schedule.seed, "angle steps", step)
        rows = self._rows(step)
        depths = rng.choice(self.depths.size, rows.size, p=self.depths) + 1
        features = torch.from_numpy(self.instances.features[rows])
        angles, expected = self.module(features)
        offered = angles.detach().double().numpy()
        slopes = np.zeros_like(offered)
        values = np.empty((rows.size, N_CHOICES))
        for place, (row, p) in enumerate(zip(rows.tolist(), depths.tolist(), strict=True)):
            own = slice(p * (p - 1), p * (p + 1))
            found, gradients = self.errors(row, offered[place, :, own], own)
            values[place] = found
            slopes[place, :, own] = _shares(found)[:, None] * gradients
        self.recent += values.min(axis=1).tolist()
        told = expected[torch.arange(rows.size), :, torch.from_numpy(depths - 1)]
        miss = ((told - torch.from_numpy(values).float()) ** 2).mean()
        self.optimizer.zero_grad()
        torch.autograd.backward(
            [angles, miss],
            [torch.from_numpy(slopes / rows.size).float(), torch.tensor(_EXPECTED)],
        )
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), _CLIPPED)
        self.optimizer.step()
        self.progress.step += 1

    def _rows(self, step: int) -> npt.NDArray[np.int64]:
        """The step's instances; all come once before one comes again."""
        count, size = len(self.instances.terms), self.settings.schedule.batch_size
        size = min(size, count)
        a_round = count // size
        rng = generator(self.settings.schedule.seed, "angle order", step // a_round)
        first = step % a_round * size
        return rng.permutation(count)[first : first + size]

    def _energies(self, row: int, angles: Floats, own: slice) -> tuple[Floats, Floats]:
        """Energies of the choices and their gradients, shapes [N_CHOICES], [N_CHOICES, 2p]."""
        energy = self.energies.get(row)
        if energy is None:
            hamiltonian = hamiltonian_of(self.instances.terms[row])
            energy = ScaledQaoa(hamiltonian.diagonal, field_scale(hamiltonian))
            self.energies[row] = energy
        found = [energy.value_and_gradient(theta) for theta in angles]
        return np.array([value for value, _ in found]), np.array([slope for _, slope in found])

    def _distances(self, row: int, angles: Floats, own: slice) -> tuple[Floats, Floats]:
        """Mean squared distances of the choices from the recipe's angles, and their gradients."""
        miss = angles - self.instances.targets[row, own]
        return (miss**2).mean(axis=1), 2.0 * miss / miss.shape[1]

    def _log(self) -> None:
        if self.recent:
            self.means = {"lower choice": round(float(np.mean(self.recent)), 6)}
            at = {"step": self.progress.step, "seconds": round(self.progress.seconds, 1)}
            append_jsonl(self.settings.out / TRAIN_LOG, [at | self.means])
            self.recent = []

    def _save(self) -> None:
        state: dict[str, Any] = {
            "module": self.module.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.progress.step,
            "seconds": self.progress.seconds,
        }
        with replacing(self.settings.out / CHECKPOINT) as path:
            torch.save(state, path)

    def _resume(self) -> None:
        path: Path = self.settings.out / CHECKPOINT
        if path.exists():
            state = torch.load(path, weights_only=True)
            self.module.load_state_dict(state["module"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.progress.resume(state["step"], state["seconds"])


def _shares(values: Sequence[float] | Floats) -> Floats:
    """Weights of the choices' gradients: of the lower most of all."""
    found = np.asarray(values)
    near = np.exp(-(found - found.min()) / _SOFT)
    weights: Floats = _SHARED / N_CHOICES + (1.0 - _SHARED) * near / near.sum()
    return weights
