"""One generation in a process of its own: a request in, lines of JSON out as things happen.

The process is forked for the run and confined as the service's workers are. SIGTERM ends it with
what is there, as Ctrl-C ends `quasar generate`; a second one ends it at once.
"""

from __future__ import annotations

import json
import pickle
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from quasar.agent.candidate import Candidate
from quasar.agent.generate import Generation, check_size, generate
from quasar.agent.large import is_designed
from quasar.agent.names import DESIGNER
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.interrupt import Interrupt, heeding
from quasar.models.designer import DesignerSettings
from quasar.models.nano_checkpoint import Checkpoint
from quasar.models.protocol import Model
from quasar.models.registry import checkpoint, load_model
from quasar.optimize.trace import Trace, watching
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.report.bundle import report_data, summary
from quasar.service.allowance import Allowance
from quasar.service.failures import failure_of
from quasar.studio.asked import AskedModel
from quasar.studio.views import view
from quasar.verifier.sandbox.progress import ProgressPage
from quasar.verifier.sandbox.rlimits import set_limits
from quasar.verifier.sandbox.warm_up import warm_up_large
from quasar.verifier.settings import VerifierSettings

Emit = Callable[[dict[str, Any]], None]
"""Takes one event: `event` says which, the other keys are its own."""

_PACKAGED = "nano"
_CURVE_S = 0.3  # between energies that are shown


def own_models(names: Sequence[str]) -> tuple[str, ...]:
    """Those that runs hold themselves: the designer and models of the packaged one's form."""
    return tuple(name for name in names if name == DESIGNER or _is_own(name))


def _is_own(name: str) -> bool:
    try:
        return Checkpoint.find(Path(checkpoint(name))) is not None
    except InputError:
        return False


def program(allowed: Allowance, seconds: float, models: tuple[str, ...] = ()) -> bytes:
    """Pickled `forkserver.Program` of the runs.

    Args:
        seconds: processor time of one, after which the kernel ends it.
        models: that runs hold themselves; their files cannot be opened later.
    """
    large = allowed.max_qubits > MAX_EXACT_QUBITS
    return pickle.dumps((partial(warm_up, large, models), partial(_work, allowed, seconds)))


_loaded: dict[str, Model] = {}


def warm_up(large: bool, models: tuple[str, ...] = ()) -> None:
    """Import what runs need, load models, and let the packaged one answer once.

    Args:
        large: problems beyond 24 qubits may come.
        models: to be loaded beside the packaged one.
    """
    for name in models:
        if name not in (DESIGNER, _PACKAGED):
            _loaded[name] = load_model(name)
    graph = {"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1}]}
    problem = {"problem_type": "maxcut", "graph": graph}
    with suppress(InputError, InfrastructureError):  # without it, a run will say so
        generate(problem, load_model(_PACKAGED), sandbox=None, compare=True)
    if large:
        warm_up_large()


def _work(
    allowed: Allowance, seconds: float, connection: socket.socket, page: ProgressPage, line: int
) -> None:
    stream = connection.makefile("rb")
    body = json.loads(stream.readline())

    def emit(event: dict[str, Any]) -> None:
        connection.sendall(json.dumps(event).encode("ascii") + b"\n")

    set_limits(allowed.limits.max_memory_mib, seconds)

    def exchange(event: dict[str, Any]) -> dict[str, Any]:
        emit(event)
        said: dict[str, Any] = json.loads(stream.readline() or b'{"outage": "the page is gone."}')
        return said

    if body["profile"] is not None:
        _loaded[body["model"]] = AskedModel(body["profile"], exchange)
    with heeding(lambda: None) as interrupt:
        run(body, allowed, emit, interrupt)
    connection.shutdown(socket.SHUT_WR)


def run(body: dict[str, Any], allowed: Allowance, emit: Emit, interrupt: Interrupt) -> None:
    """Carry out a `RunRequest`; every failure is an event too."""
    try:
        _run(body, allowed, emit, interrupt)
    except KeyboardInterrupt:
        emit({"event": "cancelled"})
    except MemoryError:
        _failed(emit, "limit", "the run needs more memory than one may use: ask for less.")
    except Exception as error:
        status, code, message = failure_of(error)
        if isinstance(error, InfrastructureError):
            message = str(error)
        elif status == 500:
            traceback.print_exc()
        _failed(emit, code, message)


def _failed(emit: Emit, code: str, message: str) -> None:
    emit({"event": "failed", "error": {"code": code, "message": message}})


def _run(body: dict[str, Any], allowed: Allowance, emit: Emit, interrupt: Interrupt) -> None:
    emit({"event": "step", "text": "reading the problem"})
    with interrupt.at_once():
        problem = load_problem(body["problem"])
    allowed.require_size(problem.n_qubits)
    model = body["model"]
    check_size(problem, model if model in (DESIGNER, _PACKAGED) else _loaded.get(model, model))
    designing = model == DESIGNER or is_designed(problem)
    doing = "the designer is searching" if designing else f"{model} is writing"
    emit({"event": "step", "text": doing})
    sent = 0

    def seen(candidate: Candidate) -> None:
        nonlocal sent
        curve.flush()
        emit({"event": "candidate", "candidate": candidate_view(candidate, problem, sent)})
        sent += 1

    curve = _Curve(emit)
    with watching(curve.seen):
        found = generate(
            problem,
            _loaded.get(model, model),
            **_asked(body),
            verifier_settings=VerifierSettings(large=allowed.granted({})),
            sandbox=None,  # this process is confined itself
            compare=True,
            progress=seen,
            interrupt=interrupt,
            device=body["device"],
        )
    emit({"event": "done", "result": result_view(found, problem)})


class _Curve:
    """Energies of what is being optimised, sent a few at a time."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._trace: Trace | None = None
        self._sent, self._last_s = 0, 0.0

    def seen(self, trace: Trace) -> None:
        """Take note of a further energy of an optimisation."""
        if trace is not self._trace:
            self._trace, self._sent, self._last_s = trace, 0, time.monotonic()
        if time.monotonic() - self._last_s >= _CURVE_S:
            self.flush()

    def flush(self) -> None:
        """Send what is not sent yet."""
        trace = self._trace
        if trace is None or len(trace.energies) == self._sent:
            return
        fresh = [round(float(energy), 9) for energy in trace.energies[self._sent :]]
        label = trace.stages[-1][1] if trace.stages else ""
        self._emit({"event": "curve", "first": self._sent, "label": label, "energies": fresh})
        self._sent, self._last_s = len(trace.energies), time.monotonic()


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `generate` for a request."""
    refine: Any = None
    if body["refine"]:
        refine = {"seed": body["seed"], "max_seconds": body["max_seconds"]}
    common = {"samples": body["samples"], "refine": refine}
    wanted = {"algorithm": body["algorithm"], "layers": body["layers"], "style": body["style"]}
    if body["model"] == DESIGNER:
        limits = {"seed": body["seed"], "max_seconds": body["max_seconds"]}
        return {**common, "settings": DesignerSettings(**wanted, **limits)}
    return {
        **common,
        "request": wanted,
        "sampling": {"seed": body["seed"]},
        "with_qaoa": body["with_qaoa"],
    }


def candidate_view(candidate: Candidate, problem: EncodedProblem, number: int) -> dict[str, Any]:
    """A candidate as the page shows it.

    Args:
        number: in order of appearance.
    """
    trace, design = candidate.trace, candidate.design
    theta = None
    if design is not None and design.algorithm == "qaoa" and candidate.polish is None:
        theta = [float(angle) for angle in design.theta]
    return {
        **summary(candidate),
        "number": number,
        "qasm": candidate.qasm,
        "written": candidate.written,
        "theta": theta,
        "trace": [round(float(energy), 9) for energy in trace.energies],
        "report": candidate.report.model_dump(mode="json"),
        "view": view(problem, candidate.report, candidate.qasm),
    }


def result_view(found: Generation, problem: EncodedProblem) -> dict[str, Any]:
    """The end of a run: the ranking, and what all candidates have in common."""
    data = report_data(found)
    common = ("comparison", "trace", "lost", "interrupted", "reproducible", "model")
    return {
        "ranking": [
            {**summary(candidate), "qasm": candidate.qasm} for candidate in found.candidates
        ],
        "recursive": None if found.recursive is None else found.recursive.model_dump(mode="json"),
        "device": found.device,
        "compiled": found.compiled,
        **{name: data.get(name) for name in common},
        "report": data,
    }
