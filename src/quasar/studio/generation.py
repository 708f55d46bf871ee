"""One generation in a process of its own: a request in, lines of JSON out as things happen.

The process is forked for the run and confined as the service's workers are. SIGTERM ends it with
what is there, as Ctrl-C ends `quasar generate`; a second one ends it at once.
"""

from __future__ import annotations

import json
import pickle
import socket
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from quasar.agent.candidate import Candidate
from quasar.agent.generate import DESIGNER, Generation, generate
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.interrupt import Interrupt, heeding
from quasar.models.designer import DesignerSettings
from quasar.models.registry import load_model
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.report.bundle import report_data, summary
from quasar.service.allowance import Allowance
from quasar.service.failures import failure_of
from quasar.studio.views import view
from quasar.verifier.sandbox.progress import ProgressPage
from quasar.verifier.sandbox.rlimits import set_limits
from quasar.verifier.sandbox.warm_up import warm_up_large
from quasar.verifier.settings import VerifierSettings

Emit = Callable[[dict[str, Any]], None]
"""Takes one event: `event` says which, the other keys are its own."""

_PACKAGED = "nano"


def program(allowed: Allowance, seconds: float) -> bytes:
    """Pickled `forkserver.Program` of the runs.

    Args:
        seconds: processor time of one, after which the kernel ends it.
    """
    large = allowed.max_qubits > MAX_EXACT_QUBITS
    return pickle.dumps((partial(warm_up, large), partial(_work, allowed, seconds)))


def warm_up(large: bool) -> None:
    """Import what runs need, and let the packaged model answer once.

    Args:
        large: problems beyond 24 qubits may come.
    """
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
    doing = "the designer is searching" if model == DESIGNER else f"{model} is writing"
    emit({"event": "step", "text": doing})
    sent = 0

    def seen(candidate: Candidate) -> None:
        nonlocal sent
        emit({"event": "candidate", "candidate": candidate_view(candidate, problem, sent)})
        sent += 1

    found = generate(
        problem,
        model,
        **_asked(body),
        verifier_settings=VerifierSettings(large=allowed.granted({})),
        sandbox=None,  # this process is confined itself
        compare=True,
        progress=seen,
        interrupt=interrupt,
        device=body["device"],
    )
    emit({"event": "done", "result": result_view(found, problem)})


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
