"""The page's routes: its files, and what it asks beside `/v1`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from quasar.core.version import __version__
from quasar.devices.snapshots import snapshot_names
from quasar.service.catalogue import problems_answer
from quasar.service.routes import State, index
from quasar.service.state import ServiceState
from quasar.studio import examples, models
from quasar.studio.runs import Runs

_TYPES = {
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "svg": "image/svg+xml",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing is loaded from elsewhere, and nothing but the page's own scripts and styles counts."""
_HEADERS = {"content-security-policy": POLICY, "referrer-policy": "no-referrer"}
_MORE_DEVICES = ("generic:27:heavy-hex", "generic:25:grid", "ions:11")

router = APIRouter(include_in_schema=False)


@cache
def bundle() -> dict[str, bytes]:
    """The page's files by name."""
    folder = files("quasar.studio").joinpath("static")
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.name[0] != "."}


def open_paths() -> frozenset[str]:
    """Paths that hold nothing but the page itself."""
    return frozenset({"/", *(f"/studio/{name}" for name in bundle())})


async def _runs(request: Request) -> Runs:
    found: Runs = request.app.state.runs
    return found


AllRuns = Annotated[Runs, Depends(_runs)]


class _Stream(StreamingResponse):
    """A stream that closes its source however it ends."""

    def __init__(self, source: AsyncIterator[bytes]) -> None:
        super().__init__(source, media_type="application/x-ndjson")
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            close: Callable[[], Any] | None = getattr(self._source, "aclose", None)
            if close is not None:
                await close()


@router.get("/")
async def page(request: Request) -> Response:
    """The page for browsers; for programs what the service says there."""
    if "text/html" not in request.headers.get("accept", ""):
        return Response((await index()).model_dump_json(), media_type="application/json")
    return _file("index.html")


@router.get("/studio/about")
async def about(state: State, runs: AllRuns) -> dict[str, Any]:
    """What can be asked for."""
    offered = state.settings.models
    return {
        "version": __version__,
        "models": [{"name": name, "max_qubits": _limit(state, name)} for name in offered],
        "endpoints": runs.endpoints,
        "devices": [*snapshot_names(), *_MORE_DEVICES],
        "limits": {
            "max_qubits": state.settings.max_qubits,
            "max_seconds": state.settings.max_design_seconds,
            "sliders": models.MOST_SLIDERS_QUBITS,
        },
        "examples": examples.EXAMPLES,
        "types": [t.model_dump(mode="json") for t in problems_answer().problems],
    }


@router.post("/studio/read")
async def read(request: models.ReadRequest, state: State) -> Response:
    """A problem in any form, as the content of a problem file, with its size and limits."""
    return _json(await state.run("studio-read", request))


@router.post("/studio/examine")
async def examine(request: models.ExamineRequest, state: State) -> Response:
    """A circuit's verdict with what is drawn of it."""
    return _json(await state.run("studio-examine", request))


@router.post("/studio/angles")
async def angles(request: models.AnglesRequest, state: State) -> Response:
    """QAOA at given angles."""
    return _json(await state.run("studio-angles", request))


@router.post("/studio/export")
async def export(request: models.ExportRequest, state: State) -> Response:
    """A circuit for other programs."""
    return _json(await state.run("studio-export", request))


@router.post("/studio/generate")
async def generate(request: models.RunRequest, state: State, runs: AllRuns) -> Response:
    """Generate circuits; an event a line as it goes."""
    answering = runs.answering(request, state.generators)
    return _Stream(await runs.stream(models.plain(request), answering))


@router.post("/studio/cancel")
async def cancel(request: models.CancelRequest, runs: AllRuns) -> dict[str, bool]:
    """End a run with what is there."""
    return {"cancelled": runs.cancel(request.run)}


@router.get("/studio/{name}")
async def static(name: str) -> Response:
    """A file of the page."""
    return _file(name)


def _limit(state: ServiceState, name: str) -> int | None:
    model = state.generators.model(name)
    return None if model is None else model.max_qubits


def _file(name: str) -> Response:
    content = bundle().get(name)
    if content is None:
        return Response("no such file.\n", 404, media_type="text/plain")
    kind = _TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(content, media_type=kind, headers=_HEADERS)


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json")
