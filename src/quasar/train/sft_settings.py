"""Everything that steers supervised fine-tuning: the tables of a `configs/sft-*.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from quasar.core.settings import Settings
from quasar.train.examples import ExampleSettings
from quasar.train.settings import Schedule, TrainingSettings
from quasar.train.stream.settings import StreamSettings


class DataSettings(Settings):
    """What it is trained on."""

    paths: tuple[Path, ...] = ()
    """Data sets, as `quasar data build` writes them."""
    stream: StreamSettings | None = None
    """Examples made while the model learns, instead of data sets."""
    limits: dict[str, int] = Field(default_factory=dict)
    """Most records of a data set, by the name of its folder."""
    examples: ExampleSettings = ExampleSettings()
    """How records become prompts and answers."""
    max_length: int = Field(default=512, ge=16)
    """Longest prompt and answer, tokens; longer examples are left out."""
    cache: Path = Path("runs/cache")
    """Where token ids are kept between runs."""
    jobs: int = Field(default=2, ge=1)
    """Processes that make them."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.stream is None) == (not self.paths):
            raise ValueError("give either paths (data sets) or stream (examples made on the way)")
        if self.stream is not None and (others := self.model_fields_set - {"stream"}):
            raise ValueError(f"a stream does not use {', '.join(sorted(others))}: leave that out")
        return self


class SftSchedule(Schedule):
    """How long, how fast, in what order."""

    growth: float = Field(default=0.0, ge=0, le=1)
    """Fraction of the training in which examples grow from the shortest tenth to all."""
    batch_tokens: int = Field(default=4096, ge=64)
    """Tokens of a step, padding included; of a streaming training, where it stands for batch size
    and accumulation."""
    compile: bool | None = None
    """Whether a streaming training compiles the model's blocks; None: on a GPU."""
    dtype: Literal["float32", "bfloat16"] | None = None
    """Type in which a streaming training computes; weights are kept in float32 as well. None:
    bfloat16 on a GPU, float32 on a CPU."""


class SftSettings(TrainingSettings):
    """A whole run of `quasar train sft`."""

    data: DataSettings
    """What it is trained on."""
    schedule: SftSchedule
    """How long, how fast, in what order."""

    @property
    def stream(self) -> StreamSettings:
        """The settings of the stream.

        Raises:
            ValueError: they are of a training on data sets.
        """
        if self.data.stream is None:
            raise ValueError("these settings have no data.stream")
        return self.data.stream

    @model_validator(mode="after")
    def _fits_the_source(self) -> Self:
        streaming = self.data.stream is not None
        tables = {"schedule": self.schedule, "model": self.model, "eval": self.eval}
        for name, fields in (_OF_DATA_SETS if streaming else _OF_STREAMS).items():
            if given := sorted(fields & tables[name].model_fields_set):
                kind = "a streaming training" if streaming else "a training on data sets"
                raise ValueError(f"{kind} does not use {name}.{given[0]}: leave that out")
        return self


_OF_DATA_SETS = {
    "schedule": {"batch_size", "accumulation", "gradient_checkpointing", "loaders"},
    "model": {"attention", "dtype"},
    "eval": {"report_to"},
}
"""Settings that a streaming training has no use for, by their table."""
_OF_STREAMS = {"schedule": {"batch_tokens", "compile", "dtype"}}
"""Settings that only a streaming training has a use for."""
