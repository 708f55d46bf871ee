"""How circuits are asked for: what one problem and many records have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from quasar.agent.refine import RefineSettings
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Sampling
from quasar.prompts.chat import Request

BATCH_SIZE = 64
"""Answers asked for at a time."""


@dataclass(frozen=True)
class GenerationSettings:
    """See `generate` for what is not explained here.

    Attributes:
        request: its layers take precedence over those of a record.
        settings: the designer's.
        samples: candidates of each problem; with `refine`, answers a refinement begins with.
        batch_size: for records, answers of a language model asked for at a time; after each batch
            its lines are on disk.
        device: name of the device that candidates are ranked on; None: without noise.
    """

    request: Request = field(default_factory=Request)
    settings: DesignerSettings | None = None
    samples: int | None = None
    sampling: Sampling | None = None
    constrained: bool = False
    guided: bool | None = None
    refine: RefineSettings | None = None
    batch_size: int = BATCH_SIZE
    device: str | None = None

    @property
    def one_a_record(self) -> bool:
        """Whether a language model's candidates of a record are compared, and one is kept."""
        return self.refine is not None or self.device is not None

    def of_writer(self) -> dict[str, Any]:
        """The arguments of `generate` that say how a writer is asked."""
        names = ("samples", "sampling", "constrained", "guided", "refine", "device")
        return {name: getattr(self, name) for name in names}
