"""Settings of examples that are made while a model learns: the tables `[data.stream]`.

What one kind's examples are is not decided here: keys that this module does not know go to the
module that makes them (`StreamSettings.source`), which checks them.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from quasar.core.settings import Settings


class StreamKind(Settings):
    """One kind of example; all further keys say how its examples are made."""

    model_config = ConfigDict(extra="allow")

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """What logs and files call it."""
    share: float = Field(gt=0)
    """Fraction of the examples that the model sees, relative to the other kinds'; less where its
    examples would have to come too often."""
    supply: float = Field(default=1.0, ge=0)
    """Fraction of the workers' time that its examples take, relative to the other kinds'."""
    most: int = Field(default=2_000_000, ge=1)
    """Examples kept, the newest."""
    repeats: int | None = Field(default=None, ge=1, le=255)
    """Times that an example is seen at most; None: as all kinds."""

    @property
    def making(self) -> dict[str, Any]:
        """The keys that say how the examples are made."""
        return dict(self.model_extra or {})


class StreamSettings(Settings):
    """Where examples come from, and how often they come again."""

    kinds: tuple[StreamKind, ...] = Field(min_length=1)
    """Kinds of example."""
    exclude: tuple[Path, ...] = ()
    """Records files and data sets whose instances never occur."""
    workers: int = Field(default=1, ge=0)
    """Processes that make examples; 0: none, the examples that the folder holds have to do."""
    max_length: int = Field(default=1024, ge=16)
    """Longest prompt and answer, tokens; longer examples are left out."""
    repeats: int = Field(default=4, ge=1, le=255)
    """Times that an example is seen at most. A kind that runs short leaves its place to the others,
    so that what cannot be predicted is not learned by heart."""
    chunk_seconds: float = Field(default=6.0, gt=0)
    """Work that goes into one file of examples, s."""
    folder: Path | None = None
    """Where these files are; None: `chunks/` in the folder of the run. Files that are there already
    are used."""
    multi_turn: bool = False
    """Whether some examples go on from what the verifier says of a first answer; the model's
    profile then says so."""
    source: str = "quasar.train.stream.fresh"
    """Module that makes the examples: its `fresh_examples` and `FreshKind`."""

    @field_validator("source")
    @classmethod
    def _moved(cls, source: str) -> str:
        """The module's place in version 0.1 still stands in configurations and manifests."""
        return "quasar.train.stream.fresh" if source == "quasar.train.fresh" else source

    @model_validator(mode="after")
    def _kinds_can_be_made(self) -> Self:
        names = [kind.name for kind in self.kinds]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two kinds are called {twice!r}: give each a name of its own")
        if self.workers and not any(kind.supply for kind in self.kinds):
            raise ValueError("no kind has a supply: the workers would have nothing to make")
        try:
            parse = importlib.import_module(self.source).FreshKind.parse
        except (ImportError, AttributeError) as error:
            raise ValueError(f"source {self.source!r} cannot make examples: {error}") from error
        for kind in self.kinds:
            parse(kind.making)
        return self

    def repeats_of(self, kind: StreamKind) -> int:
        """Times that an example of the kind is seen at most."""
        return kind.repeats or self.repeats

    def making(self) -> dict[str, Any]:
        """All that decides what the examples are, JSON-able."""
        return {
            "source": self.source,
            "max_length": self.max_length,
            "exclude": [str(path) for path in self.exclude],
            "kinds": {kind.name: kind.making for kind in self.kinds},
        }
