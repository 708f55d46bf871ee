"""Requests and answers of version 1, shared by server and client.

Requests refuse unknown keys; answers may gain keys within a version, and the client ignores those
it does not know. A change of meaning gets a new path (`/v2/...`) and a new `API_VERSION`.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from quasar.agent.device_quality import DeviceQuality
from quasar.prompts.chat import Style
from quasar.recipes.spec import Algorithm
from quasar.service.options import ApiRequest as ApiRequest
from quasar.service.options import DeviceName as DeviceName
from quasar.service.options import DeviceOptions as DeviceOptions
from quasar.service.options import LargeOptions as LargeOptions
from quasar.service.options import VerifyOptions as VerifyOptions
from quasar.verifier.report import Report

if TYPE_CHECKING:
    from quasar.agent.generate import Generation

API_VERSION: Literal[1] = 1

EXAMPLE_PROBLEM: dict[str, Any] = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": "Ada"}, {"id": "Grace"}, {"id": "Emmy"}],
        "edges": [{"source": "Ada", "target": "Grace"}, {"source": "Grace", "target": "Emmy"}],
    },
}
EXAMPLE_QASM = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nbit[3] c;\n'
    "x q[1];\nry(1.5708) q[0];\nc = measure q;\n"
)

ProblemFile = Annotated[
    dict[str, Any],
    Field(
        description="A problem file: `problem_type` and `graph` (node-link form), or `hamiltonian`,"
        " `qubo` or `hubo`. See `GET /v1/problems` for the types."
    ),
]
ItemId = Annotated[str, Field(min_length=1, max_length=200)]


def with_example(example: dict[str, Any], extra: Literal["allow", "forbid"]) -> ConfigDict:
    """The configuration of a request with an example for the OpenAPI document."""
    return ConfigDict(
        extra=extra, use_attribute_docstrings=True, json_schema_extra={"examples": [example]}
    )


class ApiAnswer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    api_version: Literal[1] = API_VERSION
    """Version of this shape."""


class ProgramRequest(ApiRequest):
    """A circuit as a string or, where it may not be valid text, as bytes."""

    qasm: str | None = None
    """OpenQASM 3 text."""
    qasm_base64: str | None = None
    """Its bytes in base64, instead of `qasm`: for bytes that are not UTF-8, which get a verdict."""
    parameters: dict[str, float | str] = Field(default_factory=dict, max_length=1000)
    """Values of its `input` parameters, by name: numbers, or strings such as `pi/3`."""

    @field_validator("qasm_base64")
    @classmethod
    def _decodable(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                base64.b64decode(value, validate=True)
            except (binascii.Error, ValueError):
                raise ValueError("not base64") from None
        return value

    @model_validator(mode="after")
    def _one_of_both(self) -> ProgramRequest:
        if (self.qasm is None) == (self.qasm_base64 is None):
            raise ValueError("give either qasm or qasm_base64")
        return self

    @property
    def text(self) -> str | bytes:
        """The circuit as the verifier takes it."""
        return text_of(self.qasm, self.qasm_base64)


def text_of(qasm: str | None, qasm_base64: str | None) -> str | bytes:
    """The circuit as the verifier takes it, from the fields of `ProgramRequest`."""
    return base64.b64decode(qasm_base64 or "") if qasm is None else qasm


def program(text: str | bytes) -> dict[str, str]:
    """The fields of `ProgramRequest` for any string or bytes, valid text or not."""
    try:
        if isinstance(text, bytes):
            return {"qasm": text.decode("utf-8")}
        text.encode("utf-8")
        return {"qasm": text}
    except UnicodeError:
        raw = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        return {"qasm_base64": base64.b64encode(raw).decode("ascii")}


class VerifyRequest(ProgramRequest):
    """One circuit for one problem."""

    model_config = with_example({"problem": EXAMPLE_PROBLEM, "qasm": EXAMPLE_QASM}, "forbid")

    problem: ProblemFile
    """The problem."""
    reference: str | None = None
    """QASM of a reference circuit; default: the problem file's own, if it has one."""
    options: VerifyOptions = VerifyOptions()
    """What to measure."""


class VerifyAnswer(ApiAnswer):
    """The verifier's report."""

    report: Report
    """What was measured; an infeasible circuit is a report too."""


class BatchRequestItem(ProgramRequest):
    """One circuit of a batch."""

    id: ItemId
    """Comes back with the result; different for each item."""
    problem: ProblemFile | str
    """The problem, or its name in the batch's `problems`."""
    reference: str | None = None
    """As in `VerifyRequest`."""


class BatchRequest(ApiRequest):
    """Many circuits, judged with the same options."""

    model_config = with_example(
        {
            "problems": {"graph-1": EXAMPLE_PROBLEM},
            "items": [
                {"id": "candidate-1", "problem": "graph-1", "qasm": EXAMPLE_QASM},
                {"id": "candidate-2", "problem": "graph-1", "qasm": "no program"},
            ],
            "options": {"max_stage": 3, "decode_top_states": False},
        },
        "forbid",
    )

    items: list[BatchRequestItem] = Field(min_length=1)
    """The circuits."""
    problems: dict[str, ProblemFile] = Field(default_factory=dict)
    """Problems that items refer to by name."""
    options: VerifyOptions = VerifyOptions()
    """What to measure."""
    batch_id: str | None = Field(default=None, min_length=8, max_length=100)
    """A name that the client chooses, such as a UUID. When a batch is sent again under the same
    name, items already verified are answered from memory, as long as their answers are kept."""

    @model_validator(mode="after")
    def _consistent(self) -> BatchRequest:
        seen: set[str] = set()
        for item in self.items:
            if item.id in seen:
                raise ValueError("two items have the same id")
            seen.add(item.id)
            if isinstance(item.problem, str) and item.problem not in self.problems:
                raise ValueError("an item names a problem that is not among 'problems'")
        return self


class Failure(BaseModel):
    """What went wrong, for people and programs."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    code: str
    """`bad_request`, `bad_problem`, `bad_circuit`, `limit`, `unauthorized`, `not_found`, `timeout`,
    `too_large`, `busy`, `unavailable` or `internal`."""
    message: str
    """One sentence with the remedy."""


class ErrorAnswer(ApiAnswer):
    """The answer to every request that fails."""

    error: Failure
    """What went wrong."""


class BatchLine(ApiAnswer):
    """One line of a batch's stream: a report, or why there is none."""

    id: str
    """Of the item."""
    report: Report | None = None
    """As in `VerifyAnswer`."""
    error: Failure | None = None
    """Its problem cannot be used (`bad_problem`), or the service failed (`internal`), which is not
    the circuit's fault."""


class EncodeRequest(ApiRequest):
    """A problem to be turned into a Hamiltonian."""

    model_config = with_example({"problem": EXAMPLE_PROBLEM, "encoding": "exact"}, "forbid")

    problem: ProblemFile
    """The problem."""
    encoding: Literal["exact", "agent-q"] | None = None
    """Default: the file's own Hamiltonian or encoding, else `exact`."""
    variable_order: Literal["natural", "lexicographic"] | None = None
    """How variables are sorted before they are numbered; default `natural`."""


class EncodeAnswer(ApiAnswer):
    """A Hamiltonian and its variables; a qubit measured as 0 means selected."""

    hamiltonian: str
    """Terms in Z; Z(i) acts on qubit i."""
    variables: list[Any]
    """Label of each qubit's variable; empty when unknown."""
    n_qubits: int
    """Qubits."""
    constant: float
    """Added to every energy."""
    encoding: str
    """`exact`, `agent-q` or `given`."""
    variable_order: str
    """How the variables were sorted."""


class GenerateRequest(ApiRequest):
    """A problem to design circuits for."""

    model_config = with_example(
        {"problem": EXAMPLE_PROBLEM, "algorithm": "qaoa", "layers": 2, "max_seconds": 5}, "forbid"
    )

    problem: ProblemFile
    """The problem."""
    model: str = Field(default="designer", max_length=200)
    """Which generator; an unknown name is answered with those that are available."""
    algorithm: Algorithm | None = None
    """None tries all."""
    style: Style = "converged"
    """`converged`: as good as the time allows; `agent-q`: like the benchmark's references."""
    layers: int | None = Field(default=None, ge=1, le=20)
    """Layers p."""
    samples: int = Field(default=1, ge=1, le=16)
    """Independent attempts."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Root of all randomness."""
    max_seconds: float = Field(default=10.0, gt=0, le=60)
    """Wall-clock seconds for each algorithm of each attempt."""
    device: DeviceName | None = None
    """Rank the circuits by what is left of them on this device: `fake_torino` or another snapshot,
    `generic:27:heavy-hex`, `ions:11`. Takes seconds a circuit: problems have at most 12 variables.
    """


class WrittenCircuit(BaseModel):
    """One circuit and what the verifier found."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    name: str
    """Its label, such as `qaoa p=5` or `answer 3`."""
    origin: str
    """Who set the angles: `designer`, `model` or `polished`."""
    qasm: str
    """OpenQASM 3 text; empty where a model gave none."""
    out_of_time: bool
    """The time limit cut it short."""
    report: Report
    """The verifier's report."""
    on_device: DeviceQuality | None = None
    """How good it is on the device, compiled and with its noise; null without one."""
    obstacle: str | None = None
    """Why the device cannot run it."""


class GenerateAnswer(ApiAnswer):
    """Circuits, best first."""

    model: str
    """Which generator wrote them."""
    candidates: list[WrittenCircuit]
    """Best first; with a device, best on it."""
    device: str | None = None
    """Name of the device; null without one."""
    compiled: str | None = None
    """The best circuit compiled for it, OpenQASM 3."""


def generate_answer(found: Generation) -> GenerateAnswer:
    """The answer to a request for a generation."""
    return GenerateAnswer(
        model=found.model,
        candidates=[
            WrittenCircuit(
                name=candidate.name,
                origin=candidate.origin,
                qasm=candidate.qasm,
                out_of_time=candidate.out_of_time,
                report=candidate.report,
                on_device=candidate.on_device,
                obstacle=candidate.obstacle,
            )
            for candidate in found.candidates
        ],
        device=found.device,
        compiled=found.compiled,
    )


class OptimiseRequest(ProgramRequest):
    """A circuit whose angles are to be improved; its gates stay the same."""

    model_config = with_example(
        {"problem": EXAMPLE_PROBLEM, "qasm": EXAMPLE_QASM, "max_seconds": 5}, "forbid"
    )

    problem: ProblemFile
    """The problem."""
    max_evaluations: int = Field(default=600, ge=1, le=10_000)
    """Evaluations of the energy with its gradient."""
    max_seconds: float = Field(default=10.0, gt=0, le=60)
    """Wall-clock seconds."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    """Root of all randomness."""
    cvar: float | None = Field(default=None, ge=1e-3, le=1)
    """Lower the mean of this fraction of the lowest energies; None: the mean of all."""
    device: DeviceOptions | None = None
    """Also judge the circuit under noise, before and after; see `report.device` of both."""


class OptimiseAnswer(ApiAnswer):
    """The circuit with better angles."""

    qasm: str
    """OpenQASM 3 text; the original circuit where nothing was gained."""
    improved: bool
    """Whether a lower energy, or CVaR where that was asked for, was found."""
    note: str
    """Why not; empty where something was gained."""
    device_note: str = ""
    """Which figures are worse under noise with the new angles; empty for none."""
    evaluations: int
    """Evaluations used."""
    out_of_time: bool
    """The time limit cut it short."""
    before: Report
    """The verifier's report on the original circuit."""
    report: Report
    """The verifier's report on `qasm`."""


class DrawRequest(ProgramRequest):
    """A circuit to draw."""

    model_config = with_example({"qasm": EXAMPLE_QASM}, "forbid")

    width: int = Field(default=100, ge=40, le=400)
    """Characters a line."""
    max_gates: int = Field(default=200, ge=1, le=400)
    """Gates drawn; further ones are only counted."""


class DrawAnswer(ApiAnswer):
    """A drawing as text."""

    drawing: str
    """Lines of text."""
    n_qubits: int
    """Qubits."""
    gates: int
    """Gates of the whole circuit."""


class HealthAnswer(ApiAnswer):
    """The service is up."""

    status: Literal["ok"] = "ok"
    """Always `ok`: a service that is down does not answer."""
    version: str
    """Of quasar."""
    workers: int
    """Worker processes."""
    waiting: int
    """Requests waiting for one."""
