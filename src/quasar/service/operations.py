"""What a worker can do with a request: one function an operation, JSON in, JSON out.

Runs in worker processes only. Every function is given a `WorkerContext`: it reads the problem,
tells when the problem's preparation ends and the work on the circuit begins, and keeps verifiers of
problems that come again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from quasar.circuits.header import read_header
from quasar.circuits.parameters import Values
from quasar.core.errors import CircuitError, InputError, ProblemError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.service import models
from quasar.service.allowance import Allowance, require_device_size
from quasar.service.tasks import stated_task
from quasar.verifier.factory import verifier_for
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.reward import RewardWeights
from quasar.verifier.sandbox.limits import too_nested
from quasar.verifier.sandbox.refusal import Refusal
from quasar.verifier.sandbox.verifiers import VerifierCache
from quasar.verifier.settings import DeviceSettings, StageGate, VerifierSettings
from quasar.verifier.stages.feasibility import Feasibility
from quasar.verifier.task_verifier import TaskVerifier

if TYPE_CHECKING:
    from quasar.verifier.factory import AnyVerifier

_OBSERVED = VerifierSettings(
    quality=False, gate=StageGate(mode="published"), reward=RewardWeights(scheme="gated")
)
"""What the published trainer is shown: the `gated` reward, and the stages it needs."""

_DEVICE_SECONDS = 60.0
"""For compiling and noise, beyond the time that one circuit may take."""
_NOISE_SHARE = 0.8
"""Of that time, after which noise is given up, so that the rest of the report is kept."""


class WorkerContext:
    """What operations share within one worker.

    Args:
        allowed: the service's limits.
        on_judging: called once the problem is ready, with the seconds that the circuit may take;
            0: as the operation says.
        on_parsed: called with the circuit's qubits once it has parsed.
    """

    def __init__(
        self,
        allowed: Allowance,
        on_judging: Callable[[float], None] = lambda seconds: None,
        on_parsed: Callable[[int], None] = lambda n_qubits: None,
    ) -> None:
        self.allowed = allowed
        self.max_nesting = allowed.limits.max_nesting
        self.on_judging = on_judging
        self.on_parsed = on_parsed
        self.refusal: Refusal | None = None
        self.verifiers = VerifierCache()

    def problem(self, data: dict[str, Any], **how: Any) -> EncodedProblem:
        """The problem a request states.

        Raises:
            ProblemError: it cannot be read.
        """
        try:
            json.dumps(data, ensure_ascii=False).encode("utf-8")
        except UnicodeEncodeError:
            raise ProblemError("the problem holds characters that are no Unicode text.") from None
        return load_problem(data, **how)

    def verifier(
        self,
        data: dict[str, Any],
        reference: str | None,
        settings: VerifierSettings,
        key: bytes | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> AnyVerifier:
        """A verifier with everything ready that depends on the problem alone.

        Args:
            key: stands for the other three; default: their digest.
            asked: how hard to look at circuits beyond 24 qubits, see `models.LargeOptions`.

        Raises:
            ProblemError: the problem cannot be read or is too large.
            InputError: the reference is not usable.
            LimitError: more is asked for than the service allows.
        """
        large = self.allowed.granted(asked or {})
        settings = settings.model_copy(update={"large": large})

        def make() -> AnyVerifier:
            return self._new_verifier(data, reference, settings)

        return self.verifiers.get(key or _digest(data, reference, settings), make)

    def prepared(self, body: dict[str, Any]) -> AnyVerifier | None:
        """The verifier for an item of a batch, where it is ready."""
        key = body.get("prepared")
        return self.verifiers.find(bytes.fromhex(key)) if key else None

    def _new_verifier(
        self, data: dict[str, Any], reference: str | None, settings: VerifierSettings
    ) -> AnyVerifier:
        for text in (reference, data.get("circuit_with_params")):
            fault = too_nested(text, self.max_nesting) if isinstance(text, str) else None
            if fault is not None:
                raise InputError(f"the reference circuit is not usable: {fault}")
        problem = self.problem(data)
        self.allowed.require_size(problem.n_qubits)
        # Energies, and the distance between two of them, have to be numbers.
        if not math.isfinite(2.0 * sum(map(abs, problem.hamiltonian.pauli_terms().values()))):
            raise ProblemError("the coefficients are so large that energies overflow: scale them.")
        if settings.device is not None:
            require_device_size(problem.n_qubits)
        verifier = verifier_for(problem, reference, settings)
        if isinstance(verifier, Verifier) and verifier.device_run is not None:
            # Made here, so that an unknown device is said before any work.
            verifier.device_run = verifier.device_run.within(_NOISE_SHARE * _DEVICE_SECONDS)
        return verifier

    def judge(
        self, verifier: AnyVerifier, text: str | bytes, parameters: Values | None = None
    ) -> Report:
        """The report on a circuit, or on the refusal that came with the request."""
        seconds = self.allowed.limits.seconds_for(verifier.problem.n_qubits)
        if verifier.settings.device is not None:
            seconds += _DEVICE_SECONDS
        self.on_judging(seconds)
        if isinstance(text, bytes):
            text = _decoded(text)
        if self.refusal is not None:
            header = read_header(text) if isinstance(text, str) else None
            return self.refusal._replace(header=header).report(verifier)
        if isinstance(text, str) and len(text) <= verifier.settings.limits.max_characters:
            nested = too_nested(text, self.max_nesting)
            if nested is not None:
                return verifier.refuse(nested)
        return verifier.verify(text, self.on_parsed, parameters=parameters)


def _digest(data: dict[str, Any], reference: str | None, settings: VerifierSettings) -> bytes:
    parts = [json.dumps(data, sort_keys=True), json.dumps(reference), settings.model_dump_json()]
    return hashlib.sha256("\0".join(parts).encode("ascii", "backslashreplace")).digest()


def _decoded(raw: bytes) -> str | bytes:
    """The text; bytes only if they are no UTF-8, for the verifier to say so."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def verify(context: WorkerContext, body: dict[str, Any]) -> str:
    """`VerifyRequest` to the JSON of a report.

    Items of a batch have `prepared` and `shared`, which stand for problem, reference and options:
    a key, and the JSON that is read where the key is not known.
    """
    verifier = context.prepared(body)
    if verifier is None:
        key = bytes.fromhex(body.get("prepared", "")) or None
        body |= json.loads(body.pop("shared", "{}"))
        options = models.VerifyOptions.model_validate(body["options"])
        asked = {} if options.large is None else options.large.model_dump(exclude_none=True)
        verifier = context.verifier(
            body["problem"], body["reference"], options.settings(), key, asked
        )
    text = models.text_of(body.get("qasm"), body.get("qasm_base64"))
    return context.judge(verifier, text, body.get("parameters")).model_dump_json()


def verify_task(context: WorkerContext, body: dict[str, Any]) -> str:
    """`VerifyTaskRequest` to the JSON of a report."""
    task = stated_task(body["task"])
    verifier = TaskVerifier(task, VerifierSettings(header="language"))
    context.on_judging(context.allowed.limits.seconds_for(task.n_qubits))
    if context.refusal is not None:
        fault, n_qubits, _ = context.refusal
        known = Feasibility(
            parses=n_qubits is not None, simulable=False, n_qubits=n_qubits, fault=fault
        )
        return verifier.refuse(fault, known).model_dump_json()
    text = models.text_of(body.get("qasm"), body.get("qasm_base64"))
    if isinstance(text, str) and len(text) <= verifier.settings.limits.max_characters:
        nested = too_nested(text, context.max_nesting)
        if nested is not None:
            return verifier.refuse(nested).model_dump_json()
    return verifier.verify(text, parameters=body.get("parameters")).model_dump_json()


def observe(context: WorkerContext, body: dict[str, Any]) -> str:
    """One trajectory of the published trainer to `{"text": ..., "valid": ...}`.

    The Hamiltonian's text may leave the last qubits out, so the reference says how many there are.
    """
    from quasar.circuits.qasm import parse
    from quasar.prompts.extract import extract
    from quasar.prompts.observation import no_program, observation

    found = extract(body["action"])
    if found is None:
        return json.dumps({"text": no_program(), "valid": False})
    reference = body["reference"]
    problem = {"problem_type": "ising", "hamiltonian": body["hamiltonian"]}
    if reference is not None:
        try:
            problem["number_of_qubits"] = parse(reference).n_qubits
        except CircuitError as error:
            raise InputError(f"the reference circuit is not usable: {error}") from None
    report = context.judge(context.verifier(problem, reference, _OBSERVED), found.qasm)
    text = f"Reward: {report.reward.value:.6f}\n{observation(report)}"
    return json.dumps({"text": text, "valid": True})


def encode(context: WorkerContext, body: dict[str, Any]) -> str:
    """`EncodeRequest` to `EncodeAnswer`."""
    from quasar.core.labels import to_json

    encoded = context.problem(
        body["problem"], encoding=body["encoding"], variable_order=body["variable_order"]
    )
    return models.EncodeAnswer(
        hamiltonian=encoded.hamiltonian.to_text(),
        variables=[to_json(variable) for variable in encoded.variables],
        n_qubits=encoded.n_qubits,
        constant=encoded.hamiltonian.constant,
        encoding=encoded.encoding,
        variable_order=encoded.variable_order,
    ).model_dump_json()


def generate(context: WorkerContext, body: dict[str, Any]) -> str:
    """`GenerateRequest` for the designer to `GenerateAnswer`."""
    from quasar.agent.generate import generate as run
    from quasar.agent.names import DESIGNER
    from quasar.models.designer import DesignerSettings

    settings = DesignerSettings(
        style=body["style"],
        algorithm=body["algorithm"],
        layers=body["layers"],
        seed=body["seed"],
        max_seconds=body["max_seconds"],
    )
    verifier = context.verifier(body["problem"], None, VerifierSettings())
    device = body.get("device")
    if device is not None:
        require_device_size(verifier.problem.n_qubits)
    context.on_judging(0.0)
    found = run(
        verifier.problem,
        DESIGNER,
        device=device,
        settings=settings,
        samples=body["samples"],
        verifier_settings=verifier.settings,
    )
    return models.generate_answer(found).model_dump_json()


def optimise(context: WorkerContext, body: dict[str, Any]) -> str:
    """`OptimiseRequest` to `OptimiseAnswer`."""
    from quasar.agent.optimise import optimise as run
    from quasar.optimize.trace import Budget

    device = DeviceSettings.given(body.get("device"), "device")
    verifier = context.verifier(body["problem"], None, VerifierSettings(device=device))
    if not isinstance(verifier, Verifier):
        raise InputError(
            f"angles are optimised up to {MAX_EXACT_QUBITS} qubits; this problem has "
            f"{verifier.problem.n_qubits}: `quasar generate` and POST /v1/generate polish QAOA of "
            "any size."
        )
    found = run(
        _static_program(context, body, verifier.settings, "POST /v1/generate polishes any size"),
        verifier,
        seed=body["seed"],
        budget=Budget(body["max_evaluations"], body["max_seconds"]),
        cvar=body.get("cvar"),
    )
    return models.OptimiseAnswer(
        qasm=found.qasm,
        improved=found.improved,
        note=found.polish.note,
        device_note=found.device_note,
        evaluations=len(found.polish.trace.energies),
        out_of_time=found.polish.out_of_time,
        before=found.before,
        report=found.report,
    ).model_dump_json()


def draw(context: WorkerContext, body: dict[str, Any]) -> str:
    """`DrawRequest` to `DrawAnswer`."""
    from quasar.report.circuit_picture import draw_text

    larger = "`quasar draw` on your own machine draws larger ones"
    circuit = _static_program(context, body, VerifierSettings(), larger).circuit
    return models.DrawAnswer(
        drawing=draw_text(circuit, body["width"], max_gates=body["max_gates"]),
        n_qubits=circuit.n_qubits,
        gates=len(circuit.gates),
    ).model_dump_json()


def _static_program(
    context: WorkerContext, body: dict[str, Any], settings: VerifierSettings, larger: str
) -> Any:
    """The program of a request that needs it as gates.

    Args:
        larger: what to do instead with more qubits than are allowed.

    Raises:
        CircuitError: it does not parse, is too large, or is dynamic.
    """
    from quasar.circuits.qasm import parse

    context.on_judging(0.0)
    text = models.text_of(body.get("qasm"), body.get("qasm_base64"))
    if isinstance(text, bytes):
        decoded = _decoded(text)
        if isinstance(decoded, bytes):
            raise CircuitError("the text is not UTF-8.", kind="syntax")
        text = decoded
    if len(text) > settings.limits.max_characters:
        raise CircuitError(f"the text has more than {settings.limits.max_characters:,} characters.")
    nested = too_nested(text, context.max_nesting)
    if nested is not None:
        raise CircuitError(nested.message, kind=nested.kind, limit=nested.limit, hint=nested.hint)
    program = parse(
        text,
        max_gates=settings.limits.max_gates,
        parameters=body.get("parameters"),
        header="language",
    )
    if program.circuit is None:
        raise CircuitError(
            "the program is dynamic (mid-circuit measurement, reset or branches); this needs plain "
            "gates."
        )
    if program.n_qubits > settings.limits.max_qubits:
        raise CircuitError(
            f"the circuit has {program.n_qubits} qubits; the limit is "
            f"{settings.limits.max_qubits}: {larger}."
        )
    return program


Operation = Callable[[WorkerContext, dict[str, Any]], str]
"""From a request's JSON to an answer's."""

OPERATIONS: dict[str, Operation] = {
    "verify": verify,
    "verify_task": verify_task,
    "observe": observe,
    "encode": encode,
    "generate": generate,
    "optimise": optimise,
    "draw": draw,
}
"""By name. Each may raise `InputError` (problem, reference or request), `CircuitError` (the circuit
is of no use here) and `InfrastructureError`."""
