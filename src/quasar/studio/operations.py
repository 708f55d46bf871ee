"""What the page asks of the service's workers beside the service's own operations."""

from __future__ import annotations

import base64
import binascii
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from quasar.circuits.emit import emit
from quasar.circuits.exports import ProgramText, to_qasm2
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import CircuitError, InputError, ProblemError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.labels import to_json
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.source import file_content
from quasar.prompts.read_back import open_choices, read_prompt
from quasar.service import models as service_models
from quasar.service.errors import LimitError
from quasar.service.operations import Operation, WorkerContext
from quasar.studio.code import pennylane_code, qiskit_code
from quasar.studio.models import MOST_SLIDERS_QUBITS
from quasar.studio.views import view
from quasar.verifier.settings import DeviceSettings, VerifierSettings

_SHOWN = 4000  # characters of a Hamiltonian


def read(context: WorkerContext, body: dict[str, Any]) -> str:
    """`ReadRequest` to the problem's file content and what is to be known before a run."""
    problem, notes = _problem(body)
    context.allowed.require_size(problem.n_qubits)
    return json.dumps({"problem": file_content(problem), "facts": facts(problem, body, notes)})


def _problem(body: dict[str, Any]) -> tuple[EncodedProblem, list[str]]:
    """The problem, and what was decided for the user in reading it."""
    if body["prompt"] is not None:
        problem, _ = read_prompt(body["prompt"], encoding=body["encoding"])
        return problem, open_choices(problem)
    if body["problem"] is not None:
        return load_problem(body["problem"], encoding=body["encoding"]), []
    try:
        content = base64.b64decode(body["content_base64"], validate=True)
    except (binascii.Error, ValueError):
        raise InputError("content_base64 is not base64.") from None
    wanted = body["problem_type"]
    name = Path(body["name"]).name or "problem"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            return load_problem(str(path), encoding=body["encoding"]), []
        except ProblemError as error:
            failed = error
            if wanted is None:
                raise ProblemError(str(failed).replace(f"{folder}/", "")) from None
        try:
            problem = load_problem(str(path), problem_type=wanted, encoding=body["encoding"])
        except ProblemError as error:
            # A file that names another type is refused for its own fault, not for this one.
            said = error if "problem_type" in str(failed) or "--type" in str(failed) else failed
            raise ProblemError(str(said).replace(f"{folder}/", "")) from None
    return problem, [f"{name} does not say which problem it is: it is read as {wanted}."]


def facts(problem: EncodedProblem, body: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Size, encoding and Hamiltonian, and what limits a run."""
    source, n = problem.problem, problem.n_qubits
    text = problem.hamiltonian.to_text()
    refused = {}
    for model, limit in body["models"].items():
        try:
            _check_size(problem, model, limit)
        except InputError as error:
            refused[model] = str(error)
    notes = list(notes)
    if n > MAX_EXACT_QUBITS:
        notes.append(
            f"Beyond {MAX_EXACT_QUBITS} qubits probabilities are estimated from samples, the "
            "designer writes QAOA for every model, and a run takes up to a minute or more."
        )
    return {
        "problem_type": "ising" if source is None else source.problem_type,
        "title": "" if source is None else source.title,
        "n_qubits": n,
        "encoding": problem.encoding,
        "encodings": [] if source is None else list(source.encodings),
        "variables": [to_json(variable) for variable in problem.variables[:200]],
        "terms": len(problem.hamiltonian.pauli_terms()),
        "constant": problem.hamiltonian.constant,
        "penalty": None if problem.penalty is None else float(problem.penalty),
        "hamiltonian": text[:_SHOWN],
        "cut": len(text) > _SHOWN,
        "exact": n <= MAX_EXACT_QUBITS,
        "diagonal": not isinstance(problem, EncodedObservable),
        "sliders": n <= MOST_SLIDERS_QUBITS and not isinstance(problem, EncodedObservable),
        "refused": refused,
        "notes": notes,
    }


def _check_size(problem: EncodedProblem, model: str, limit: int | None) -> None:
    """As `agent.generate.check_size`, which would look for the model's files.

    Raises:
        InputError: the model cannot be asked.
    """
    from quasar.agent.generate import check_size
    from quasar.agent.large import is_designed
    from quasar.agent.names import DEFAULT_MODEL, DESIGNER
    from quasar.agent.propose import check_known

    if is_designed(problem) or model in (DEFAULT_MODEL, DESIGNER):
        check_size(problem, model)
    else:
        check_known(problem.n_qubits, model, limit)


def examine(context: WorkerContext, body: dict[str, Any]) -> str:
    """`ExamineRequest` to a report and what is drawn of it."""
    device = None if body["device"] is None else DeviceSettings(device=body["device"])
    verifier = context.verifier(body["problem"], None, VerifierSettings(device=device))
    text = service_models.ProgramRequest.model_construct(**body).text
    report = context.judge(verifier, text, body["parameters"])
    source = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    shown = view(verifier.problem, report, source, body["parameters"])
    return json.dumps({"report": report.model_dump(mode="json"), "view": shown, "qasm": source})


def angles(context: WorkerContext, body: dict[str, Any]) -> str:
    """`AnglesRequest` to QAOA at these angles, and its energy's map."""
    from quasar.recipes.converged.qaoa_landscape import QaoaLandscape
    from quasar.recipes.converged.qaoa_table import look_up

    verifier = context.verifier(body["problem"], None, VerifierSettings())
    problem, layers = verifier.problem, body["layers"]
    if problem.n_qubits > MOST_SLIDERS_QUBITS or isinstance(problem, EncodedObservable):
        raise LimitError(
            f"angles are tried out up to {MOST_SLIDERS_QUBITS} qubits, of diagonal Hamiltonians."
        )
    context.on_judging(0.0)
    hamiltonian = problem.hamiltonian
    spectrum = hamiltonian.spectrum
    if spectrum.width == 0.0:
        raise ProblemError("all bit strings have the same energy: no angle changes anything.")
    theta = body["theta"]
    if theta is None:
        theta = [float(angle) for angle in look_up(hamiltonian, layers)[0].theta]
    if len(theta) != 2 * layers:
        raise InputError(f"QAOA of {layers} layers has {2 * layers} angles, not {len(theta)}.")
    circuit = qaoa(hamiltonian, layers).bind(np.array(theta))
    text = emit(circuit)
    report = verifier.verify(text)
    shown = view(problem, report, text)
    answer: dict[str, Any] = {
        "theta": theta,
        "qasm": text,
        "energy": report.energy,
        "e_min": spectrum.e_min,
        "e_max": spectrum.e_max,
        "approximation_ratio": report.approximation_ratio,
        "p_optimal": report.p_optimal,
        "shots_to_optimum": report.shots_to_optimum,
        "bars": shown["bars"],
    }
    if body["landscape"]:
        gammas, betas = _grid(problem, body["landscape"])
        points = np.array([(gamma, beta) for beta in betas for gamma in gammas])
        landscape = QaoaLandscape(hamiltonian, 1)
        values = landscape.values(points / landscape.scale) * landscape.width
        answer["landscape"] = {
            "gammas": gammas.tolist(),
            "betas": betas.tolist(),
            "energies": [round(float(value), 6) for value in values],
        }
    return json.dumps(answer)


def _grid(problem: EncodedProblem, count: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Angles γ and β that show a period of what is usual: half of it by symmetry."""
    terms = problem.hamiltonian.terms
    sizes = [abs(c) for c in terms.values() if c] or [1.0]
    odd = any(len(qubits) % 2 for qubits, c in terms.items() if c)
    quarter = math.pi / 2 if odd else math.pi / 4
    most = math.pi / (2 * float(np.median(sizes)))
    return np.linspace(0.0, most, count), np.linspace(-quarter, quarter, count)


def export(context: WorkerContext, body: dict[str, Any]) -> str:
    """`ExportRequest` to its texts; None where a form does not exist, with the reason."""
    context.on_judging(0.0)
    source = service_models.ProgramRequest.model_construct(**body).text
    text = source.decode("utf-8", "replace") if isinstance(source, bytes) else source
    program = ProgramText(text, body["parameters"])
    forms = {"qasm2": to_qasm2, "qiskit": qiskit_code, "pennylane": pennylane_code}
    found: dict[str, str | None] = {"qasm3": text}
    reasons = {}
    for name, write in forms.items():
        try:
            found[name] = write(program)
        except (CircuitError, InputError) as error:
            found[name], reasons[name] = None, str(error)
    return json.dumps({"texts": found, "reasons": reasons})


OPERATIONS: dict[str, Operation] = {
    "studio-read": read,
    "studio-examine": examine,
    "studio-angles": angles,
    "studio-export": export,
}
"""By name, as `service.operations.OPERATIONS`."""
