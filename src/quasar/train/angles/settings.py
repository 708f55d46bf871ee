"""Everything that steers the training of a network of angles: `configs/angles-*.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.settings import Settings
from quasar.models.angle_network import MAX_DEPTH
from quasar.prompts.chat import Style

Weight = Annotated[float, Field(ge=0)]
Size = Annotated[int, Field(ge=2, le=MAX_EXACT_QUBITS)]


class AngleData(Settings):
    """The instances it is trained on."""

    style: Style = "converged"
    """`converged`: lowest energies are the aim; `agent-q`: angles as that recipe leaves them."""
    instances: int = Field(default=24_000, ge=1)
    """How many are made."""
    problems: float = Field(default=0.65, ge=0, le=1)
    """Fraction that are problems of all types; the rest are random Hamiltonians."""
    sizes: dict[Size, Weight] = Field(
        default_factory=lambda: {2: 1, 3: 2, 4: 4, 5: 6, 6: 8, 7: 10, 8: 12, 9: 12, 10: 6, 11: 1.5}
    )
    """Weight of each number of qubits."""
    build: dict[str, Any] = Field(default_factory=dict)
    """Further settings of `quasar data build` by which problems are drawn."""
    exclude: tuple[Path, ...] = ()
    """Records files and data sets whose instances never occur."""
    seed: int = Field(default=0, ge=0)
    """Of the instances."""
    chunk: int = Field(default=500, ge=1)
    """Instances of a file."""
    jobs: int = Field(default=2, ge=1)
    """Processes that make them."""

    @model_validator(mode="after")
    def _some_size(self) -> Self:
        if not any(self.sizes.values()):
            raise ValueError("sizes has no weight above 0: give a number of qubits one")
        return self


class AngleShape(Settings):
    """Size of the network."""

    width: int = Field(default=256, ge=8)
    """Length of a hidden state."""
    blocks: int = Field(default=3, ge=0)
    """Residual blocks of two layers."""
    depth: int = Field(default=MAX_DEPTH, ge=1, le=MAX_DEPTH)
    """Greatest p."""


class AngleSchedule(Settings):
    """How long and how fast."""

    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps; with `max_minutes` whichever ends first."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Minutes of training, over all resumptions; making the instances comes on top."""
    batch_size: int = Field(default=128, ge=1)
    """Instances of a step, each at one depth."""
    learning_rate: float = Field(default=1e-3, gt=0)
    """Peak, of AdamW; it falls linearly to a fiftieth."""
    weight_decay: float = Field(default=0.01, ge=0)
    """Of AdamW."""
    depths: tuple[Weight, ...] = (2.0, 3.0, 3.0, 3.0, 1.5, 1.0, 1.0, 1.5)
    """Weight of each p among the steps."""
    save_minutes: float = Field(default=2.0, gt=0)
    """Minutes between checkpoints."""
    log_steps: int = Field(default=100, ge=1)
    """Steps between lines of `train.jsonl`."""
    seed: int = Field(default=0, ge=0)
    """Of weights and order."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.max_steps is None and self.max_minutes is None:
            raise ValueError("give max_steps or max_minutes: a training needs an end")
        return self


class AngleSettings(Settings):
    """A whole run of `quasar train angles`."""

    data: AngleData = AngleData()
    """The instances."""
    network: AngleShape = AngleShape()
    """The network."""
    schedule: AngleSchedule
    """How long and how fast."""
    out: Path
    """Folder of the run: instances in `instances/`, the result in `model/`."""
    threads: int | None = Field(default=1, ge=1)
    """PyTorch's threads; energies take most of the time, on one core."""

    @model_validator(mode="after")
    def _some_depth(self) -> Self:
        if not any(self.schedule.depths[: self.network.depth]):
            raise ValueError(
                f"schedule.depths has no weight on p = 1 to {self.network.depth} (network.depth): "
                "give one above 0"
            )
        return self
