"""The page's own requests, beside those of `service.models`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr, model_validator

from quasar.prompts.chat import Style
from quasar.recipes.spec import Algorithm
from quasar.service.models import ProblemFile, ProgramRequest
from quasar.service.options import ApiRequest

MOST_SLIDERS_QUBITS = 12
"""Qubits up to which angles are tried out while sliders move."""


class ReadRequest(ApiRequest):
    """A problem in any form: a file, words, or the content of a problem file."""

    problem: ProblemFile | None = None
    """Content of a problem file."""
    name: str = Field(default="", max_length=300)
    """Name of a file; its ending tells formats apart that its content does not."""
    content_base64: str | None = None
    """The file, in base64."""
    prompt: str | None = None
    """The problem in words, as `quasar generate --prompt` reads it."""
    problem_type: str | None = Field(default=None, max_length=200)
    """What a file is to be solved as that does not say so itself."""
    encoding: Literal["exact", "agent-q"] | None = None
    """Default: the problem's own."""
    models: dict[str, int | None] = Field(default_factory=dict, max_length=50)
    """Generators of which is said whether they could be asked, each with the qubits of the largest
    problem it knows; None: no limit known."""

    @model_validator(mode="after")
    def _one_form(self) -> ReadRequest:
        if sum(v is not None for v in (self.problem, self.content_base64, self.prompt)) != 1:
            raise ValueError("give one of problem, content_base64 and prompt")
        return self


class Endpoint(ApiRequest):
    """A model behind an OpenAI-compatible address, named by the user of the page."""

    model: str = Field(min_length=1, max_length=100)
    """Its name there."""
    base_url: str = Field(max_length=300, pattern=r"^https?://[^\s@]+$")
    """Address up to `/v1`."""
    api_key: SecretStr = Field(default=SecretStr(""), max_length=500)
    """API key; empty: it wants none."""


class RunRequest(ApiRequest):
    """A generation whose progress is streamed."""

    run: str = Field(min_length=16, max_length=100)
    """A name that the page chooses, under which the run can be cancelled."""
    problem: ProblemFile
    """The problem."""
    model: str = Field(default="nano", max_length=200)
    """Which generator."""
    endpoint: Endpoint | None = None
    """Where the generator is, if it is none of those that are offered."""
    algorithm: Algorithm | None = None
    """None: whichever the generator takes."""
    layers: int | None = Field(default=None, ge=1, le=20)
    """Layers p."""
    style: Style = "converged"
    """Style of angles."""
    samples: int | None = Field(default=None, ge=1, le=64)
    """Independent attempts."""
    refine: bool = False
    """Feed the verifier's reports back and polish angles."""
    with_qaoa: bool = False
    """The designer's QAOA stands beside a language model's answers."""
    device: str | None = Field(default=None, max_length=80, pattern=r"^[A-Za-z0-9_:-]+$")
    """Name of the device that candidates are ranked on."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Root of all randomness."""
    max_seconds: float | None = Field(default=None, gt=0, le=600)
    """Seconds for each algorithm of the designer, and for polishing."""


class CancelRequest(ApiRequest):
    """An end of a run that keeps what is there."""

    run: str = Field(min_length=16, max_length=100)
    """Its name."""


class ExamineRequest(ProgramRequest):
    """One circuit to be judged and shown."""

    problem: ProblemFile
    """The problem."""
    device: str | None = Field(default=None, max_length=80, pattern=r"^[A-Za-z0-9_:-]+$")
    """Also judge it under the noise of this device."""


class AnglesRequest(ApiRequest):
    """QAOA at given angles."""

    problem: ProblemFile
    """The problem, of at most 12 variables."""
    layers: int = Field(default=1, ge=1, le=5)
    """Layers p."""
    theta: list[float] | None = Field(default=None, max_length=10)
    """γ_1..γ_p, β_1..β_p in radians; None: those of the table of angles."""
    landscape: int = Field(default=0, ge=0, le=64)
    """Points along each axis of the energy's map at p = 1; 0: no map."""


class ExportRequest(ProgramRequest):
    """One circuit in the forms that other programs read."""


def plain(request: ApiRequest) -> dict[str, Any]:
    """The request as a worker takes it."""
    return request.model_dump(mode="json")
