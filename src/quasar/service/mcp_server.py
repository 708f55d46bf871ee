"""The verifier as MCP tools, over standard input and output or over streamable HTTP.

The arguments of the tools are the fields of the requests in `models.py`; the workers are those of
the HTTP service. A faulty circuit is a result; an argument that cannot be used is a
tool error that says what to change.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import ToolAnnotations
from pydantic import Field, ValidationError
from starlette.types import ASGIApp

from quasar.core.errors import QuasarError
from quasar.core.settings import describe_validation
from quasar.core.version import __version__
from quasar.recipes.spec import Algorithm
from quasar.service import models
from quasar.service.catalogue import ProblemsAnswer, problems_answer
from quasar.service.failures import failure_of
from quasar.service.middleware import protect
from quasar.service.models import program
from quasar.service.serve import announce, config, run
from quasar.service.settings import ServiceSettings
from quasar.service.tasks import (
    TaskForm,
    TasksAnswer,
    VerifyTaskAnswer,
    VerifyTaskRequest,
    tasks_answer,
)
from quasar.service.workers import WorkerPool

PATH = "/mcp"
_MIB = 1 << 20
_ABOUT = (
    "Design and check quantum circuits for optimisation problems. list_problems tells what a "
    "problem of each type states. Call encode_problem to learn which qubit stands for which "
    "variable. Then write an OpenQASM 3.0 circuit on that many qubits. verify_circuit measures "
    "how good it is; optimise_circuit improves its angles, and generate_circuit has one designed. "
    "A qubit measured as 0 means selected (x = 1). For circuits that prepare a state, act as a "
    "unitary or ask an oracle, list_tasks names the tasks and verify_task judges an answer."
)
_READS = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)

ProblemArgument = Annotated[
    dict[str, Any],
    Field(
        description="The problem: problem_type and graph in node-link form, e.g. "
        '{"problem_type": "maxcut", "graph": {"nodes": [{"id": 0}, {"id": 1}], "edges": '
        '[{"source": 0, "target": 1}]}}; or {"hamiltonian": "0.5 * (Z(0) @ Z(1)) + Z(2)"}. '
        "list_problems names the types and what each reads."
    ),
]
_ONE_TYPE = "Only this type, with a problem file to copy and to change."
_ONE_TASK = "Only this task."
QasmArgument = Annotated[
    str,
    Field(description='The circuit: OpenQASM 3.0 with include "stdgates.inc"; one qubit register.'),
]
ParametersArgument = Annotated[
    dict[str, float | str] | None,
    Field(
        description="Values of the circuit's 'input' parameters: numbers, or strings like 'pi/3'."
    ),
]
DeviceArgument = Annotated[
    models.DeviceOptions | None,
    Field(
        description="Also judge the circuit on a noisy device, up to 12 variables, such as "
        '{"device": "fake_torino", "mitigate": "readout,zne", "shots": 4096} or '
        '{"noise": "depolarizing:0.001,0.01"}.'
    ),
]
DeviceNameArgument = Annotated[
    models.DeviceName | None,
    Field(
        description="Rank the circuits on a noisy device, up to 12 variables, such as fake_torino."
    ),
]
CvarArgument = Annotated[
    float | None,
    Field(
        ge=1e-3,
        le=1,
        description="Lower the mean of this fraction of the lowest energies, such as 0.1.",
    ),
]
LargeArgument = Annotated[
    models.LargeOptions | None,
    Field(
        description="Beyond 24 qubits, where the report has estimates: how hard to look, such as "
        '{"shots": 500}. The server\'s own limits are the default and the most.'
    ),
]
R = TypeVar("R", bound=models.ApiRequest)
A = TypeVar("A", bound=models.ApiAnswer)


class _Tools:
    """The tools, one method each."""

    def __init__(self, pool: WorkerPool) -> None:
        self.pool = pool

    async def _run(
        self, operation: str, parse: Callable[[bytes], A], request: type[R], **arguments: Any
    ) -> A:
        """A worker's answer.

        Raises:
            ToolError: the arguments cannot be used, or the service failed.
        """
        try:
            body = request.model_validate(arguments).model_dump(mode="json")
            return parse(await asyncio.wrap_future(self.pool.submit(operation, body)))
        except ValidationError as error:
            raise ToolError(describe_validation(error)) from None
        except QuasarError as error:
            raise ToolError(failure_of(error)[2]) from None

    async def list_problems(
        self, problem_type: Annotated[str | None, Field(description=_ONE_TYPE)] = None
    ) -> ProblemsAnswer:
        """List the problem types: what each looks for, the graph and the attributes that it reads,
        which of them are required, and how many qubits it takes.
        """
        try:
            return problems_answer(problem_type)
        except QuasarError as error:
            raise ToolError(failure_of(error)[2]) from None

    async def encode_problem(
        self,
        problem: ProblemArgument,
        encoding: Literal["exact", "agent-q"] | None = None,
        variable_order: Literal["natural", "lexicographic"] | None = None,
    ) -> models.EncodeAnswer:
        """Turn a problem into an Ising Hamiltonian; variables are listed in qubit order."""
        parse = models.EncodeAnswer.model_validate_json
        asked = {"problem": problem, "encoding": encoding, "variable_order": variable_order}
        return await self._run("encode", parse, models.EncodeRequest, **asked)

    async def verify_circuit(
        self,
        problem: ProblemArgument,
        qasm: QasmArgument,
        reference: str | None = None,
        max_stage: Annotated[int, Field(ge=1, le=4)] = 4,
        parameters: ParametersArgument = None,
        large: LargeArgument = None,
        device: DeviceArgument = None,
    ) -> models.VerifyAnswer:
        """Verify a circuit: whether it is valid, how low its energy is, how likely an optimum is,
        which solution it gives. A faulty circuit comes back with line, column and a hint. Beyond 24
        qubits the report has `estimates`, each with how it is known. With `device` it also has what
        a noisy machine makes of the circuit.
        """
        asked = {"problem": problem, "reference": reference, "parameters": parameters or {}}
        options = {"max_stage": max_stage, "large": large, "device": device}
        return await self._run(
            "verify", _verified, models.VerifyRequest, options=options, **asked, **program(qasm)
        )

    async def list_tasks(
        self, task: Annotated[str | None, Field(description=_ONE_TASK)] = None
    ) -> TasksAnswer:
        """List the target tasks, such as preparing a state, acting as a unitary or asking an
        oracle: what each takes, and what an answer must not do.
        """
        try:
            return tasks_answer(task)
        except QuasarError as error:
            raise ToolError(failure_of(error)[2]) from None

    async def verify_task(
        self, task: TaskForm, qasm: QasmArgument, parameters: ParametersArgument = None
    ) -> VerifyTaskAnswer:
        """Verify a circuit for a target task: whether it solves it, its score, its cost beside the
        best known circuit, and which rule it breaks.
        """
        asked = {"task": task, "parameters": parameters or {}, **program(qasm)}
        return await self._run("verify_task", _verified_task, VerifyTaskRequest, **asked)

    async def optimise_circuit(
        self,
        problem: ProblemArgument,
        qasm: QasmArgument,
        max_evaluations: Annotated[int, Field(ge=1, le=10_000)] = 600,
        max_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0,
        device: DeviceArgument = None,
        cvar: CvarArgument = None,
    ) -> models.OptimiseAnswer:
        """Lower a circuit's energy by changing its angles only; its gates stay as they are. With
        `device` both reports have what a noisy machine makes of the circuit, and `device_note` says
        where the new angles are worse there.
        """
        parse = models.OptimiseAnswer.model_validate_json
        asked = {"problem": problem, "device": device, "cvar": cvar, **program(qasm)}
        limits = {"max_evaluations": max_evaluations, "max_seconds": max_seconds}
        return await self._run("optimise", parse, models.OptimiseRequest, **limits, **asked)

    async def generate_circuit(
        self,
        problem: ProblemArgument,
        algorithm: Algorithm | None = None,
        layers: Annotated[int | None, Field(ge=1, le=20)] = None,
        max_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0,
        device: DeviceNameArgument = None,
    ) -> models.GenerateAnswer:
        """Have the classical designer write circuits for a problem, verified, best first. With
        `device` they are ranked by what is left of them on that device, and `compiled` is the best
        one in its gates.
        """
        parse = models.GenerateAnswer.model_validate_json
        asked = {"problem": problem, "algorithm": algorithm, "layers": layers, "device": device}
        return await self._run(
            "generate", parse, models.GenerateRequest, max_seconds=max_seconds, **asked
        )

    async def draw_circuit(
        self, qasm: QasmArgument, width: Annotated[int, Field(ge=40, le=400)] = 100
    ) -> models.DrawAnswer:
        """Draw a circuit as text."""
        parse = models.DrawAnswer.model_validate_json
        return await self._run("draw", parse, models.DrawRequest, width=width, **program(qasm))


def _verified(report: bytes) -> models.VerifyAnswer:
    return models.VerifyAnswer.model_validate_json(b'{"report":' + report + b"}")


def _verified_task(report: bytes) -> VerifyTaskAnswer:
    return VerifyTaskAnswer.model_validate_json(b'{"report":' + report + b"}")


def mcp_server(
    settings: ServiceSettings, pool: WorkerPool | None = None
) -> tuple[MCPServer[Any], WorkerPool]:
    """The server with its tools, and its workers, which are not started yet."""
    pool = pool or WorkerPool(settings)
    tools = _Tools(pool)
    server: MCPServer[Any] = MCPServer(
        name="quasar",
        title="quasar",
        version=__version__,
        instructions=_ABOUT,
        log_level="ERROR",
    )
    for name in (
        "list_problems list_tasks encode_problem verify_circuit verify_task optimise_circuit "
        "generate_circuit draw_circuit"
    ).split():
        server.tool(annotations=_READS)(getattr(tools, name))
    return server, pool


def run_stdio(settings: ServiceSettings) -> None:
    """Serve one client on standard input and output until it closes them.

    Raises:
        InfrastructureError: no worker can be started.
    """
    server, pool = mcp_server(settings)
    pool.start()
    try:
        server.run("stdio")
    finally:
        pool.close()


def http_app(settings: ServiceSettings, pool: WorkerPool | None = None) -> ASGIApp:
    """The server over streamable HTTP at `PATH`, behind the same middleware as the service."""
    server, pool = mcp_server(settings, pool)
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        stateless_http=True,
        json_response=True,
        max_request_body_size=int(settings.max_body_mib * _MIB),
        # Our middleware checks the host; scripts of a browser send an origin.
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=False, allowed_origins=list(settings.cors_origins)
        ),
        host=settings.host,
    )
    inner = app.router.lifespan_context
    workers = pool

    @asynccontextmanager
    async def lifespan(application: Any) -> AsyncIterator[Any]:
        await asyncio.to_thread(workers.start)
        try:
            async with inner(application) as state:
                yield state
        finally:
            await asyncio.to_thread(workers.close)

    app.router.lifespan_context = lifespan
    return protect(app, settings, workers.metrics, frozenset({PATH}))


def run_http(settings: ServiceSettings) -> None:
    """Serve over streamable HTTP until stopped.

    Raises:
        InputError: the interface needs an API key and there is none.
        InfrastructureError: the port is taken, or no worker can be started.
    """
    import uvicorn

    settings.require_safe()
    run(announce(uvicorn.Server(config(http_app(settings), settings))))
