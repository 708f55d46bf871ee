"""`quasar.verify`: judge one circuit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, overload

from quasar.circuits.parameters import Values, read_values
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text
from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS, require_exact
from quasar.problems.load import load_problem
from quasar.problems.source import ProblemSource
from quasar.simulate.engine import SINGLE, EngineSource, get_engine
from quasar.verifier.bounded import verify_bounded, verify_task
from quasar.verifier.on_device import DeviceRun
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Judged, Report
from quasar.verifier.sandbox.limits import SandboxLimits
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.simulate.noisy.model import NoiseSource
    from quasar.tasks.registry import TaskSource
    from quasar.verifier.task_report import TaskReport

BEYOND = ("cones", "mps")
"""Engines of circuits beyond 24 qubits, where each gives what it can: means, and samples."""


@overload
def verify(
    qasm: CircuitSource,
    *,
    task: TaskSource,
    settings: VerifierSettings | Mapping[str, Any] | None = None,
    parameters: Values | None = None,
    limits: SandboxLimits | Mapping[str, Any] | bool | None = ...,
) -> TaskReport: ...


@overload
def verify(
    qasm: CircuitSource,
    problem: ProblemSource,
    reference: CircuitSource | None = None,
    settings: VerifierSettings | Mapping[str, Any] | None = None,
    *,
    parameters: Values | None = None,
    limits: SandboxLimits | Mapping[str, Any] | bool | None = ...,
    engine: EngineSource | None = None,
    device: Any = None,
    noise: NoiseSource = None,
    mitigate: str = "",
    shots: int | None = None,
    seed: int = 0,
) -> Report: ...


def verify(
    qasm: CircuitSource,
    problem: ProblemSource | None = None,
    reference: CircuitSource | None = None,
    settings: VerifierSettings | Mapping[str, Any] | None = None,
    *,
    parameters: Values | None = None,
    limits: SandboxLimits | Mapping[str, Any] | bool | None = SandboxLimits(),  # noqa: B008 - immutable
    engine: EngineSource | None = None,
    device: Any = None,
    noise: NoiseSource = None,
    mitigate: str = "",
    shots: int | None = None,
    seed: int = 0,
    task: TaskSource | None = None,
) -> Report | TaskReport:
    """Judge one circuit for a problem or a target task, within limits on time and memory.

    For many circuits of one problem, keep a `Verifier` where their text is trusted, else a
    `Sandbox`.

    Args:
        qasm: OpenQASM 3 text, the name of a file, or a Qiskit circuit. For text from strangers,
            such as a model's answers, use a `Sandbox`, which reads no file that a text names.
        problem: path of a problem file, its content, or a problem; see `load_problem`. Beyond 24
            qubits the report holds `estimates`; see `verifier.large`.
        reference: a reference circuit; default: the problem file's own, if it has one. Beyond 24
            qubits its energy is compared, and nothing else.
        settings: see `VerifierSettings`; default: its defaults, except that any version statement
            of OpenQASM 3 is accepted (`header`).
        parameters: values of the program's `input` parameters or of the Qiskit circuit's,
            as numbers or texts such as `pi/3`.
        limits: what the circuit and the reference may use, 10 s (beyond 24 qubits 60 s, under noise
            600 s) and 2 GiB by default; None: no limits. Without `fork` (Windows), and for a
            problem class defined in `__main__`, there are no limits either, but that of noise.
        engine: what runs the circuit, in place of the settings' `engine`: a name, an `Engine`, or
            a V2 sampler of Qiskit, whose counts give estimates with errors
            (`Report.measured_by`); up to 24 qubits. Beyond, `aer-single` computes the whole state,
            to 28 qubits. Objects cannot be sent to other processes: with
            one, the circuit is judged in this process, after it was found usable within the limits.
        device: also judge the circuit as this device would run it (`Report.device`): a name such as
            `fake_torino`, a device file, a Qiskit backend or target; see `devices.load.device`.
        noise: a noise model, such as `depolarizing:0.001,0.01+readout:0.02`, with or without a
            device; default: the device's. See `simulate.noisy.model.noise_model`.
        mitigate: steps of error mitigation, such as `readout,zne`; see `mitigation.plan`.
        shots: of each circuit under noise; None: endlessly many.
        seed: of shots, trajectories and twirls under noise.
        task: a target task in place of a problem: `{"task": "ghz", "qubits": 5}`, a task file, or
            a task; see `tasks.registry.read_task`. Beside it only `settings`, `parameters` and
            `limits` have a meaning.

    Returns:
        What was measured, also of an infeasible circuit: why it is, is in `fault`. For a task a
        `TaskReport`.

    Raises:
        ProblemError: the problem cannot be read or is too large.
        InputError: the circuit is of an unknown kind, or the reference is not a usable circuit;
            neither a problem nor a task, or what has no meaning for a task; a parameter that the
            program does not declare, or that is not a finite number.
    InfrastructureError: the machinery failed; says nothing about the circuit.
    """
    chosen = VerifierSettings.given(settings, "settings") or VerifierSettings(header="language")
    given_values = chosen.parameters if parameters is None else read_values(parameters)
    circuit, values = bind_circuit(qasm, given_values, names_files=True)
    text = circuit_text(circuit)
    if task is not None:
        refused = {"problem": problem, "reference": reference, "engine": engine, "device": device}
        refused |= {"noise": noise, "mitigate": mitigate or None, "shots": shots}
        return _verify_task(text, task, chosen, limits, read_values(values), refused)
    if problem is None:
        raise InputError("give what the circuit is for: a problem, or task=...")
    given = None if reference is None else circuit_text(reference, what="the reference circuit")
    bounds = SandboxLimits.given(limits, "limits", switch=True)
    encoded = load_problem(problem)
    noisy = _noisy_run(device, noise, {"mitigate": mitigate, "shots": shots, "seed": seed})
    if encoded.n_qubits > MAX_EXACT_QUBITS:
        chosen, engine = _beyond(chosen, engine)
    if engine is not None:
        require_exact(encoded.n_qubits)
    if isinstance(engine, str):
        chosen, engine = chosen.model_copy(update={"engine": engine}), None
    if engine is not None:
        engine = get_engine(engine)
        usable = chosen.model_copy(
            update={"max_stage": 1, "stages": None, "quality": False, "device": None}
        )
        if not verify_bounded(text, encoded, None, usable, bounds, values).feasible:
            engine = None
    if engine is None:
        report = verify_bounded(text, encoded, given, chosen, bounds, values, noisy)
    else:
        report = Verifier(encoded, given, chosen, engine).verify(text, parameters=values)
        if noisy is not None:
            noisy = noisy.within(None if bounds is None else bounds.max_device_seconds)
            noisy.judge(report, text, encoded, chosen, read_values(values))
    written = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return report.about(Judged(written, encoded, read_values(values)))


def _beyond(
    settings: VerifierSettings, engine: EngineSource | None
) -> tuple[VerifierSettings, EngineSource | None]:
    """The settings with the engine beyond 24 qubits, and what is left for smaller problems only."""
    if isinstance(engine, str) and engine == SINGLE:
        return settings.model_copy(update={"engine": SINGLE}), None
    return settings, None if isinstance(engine, str) and engine in BEYOND else engine


def _noisy_run(device: Any, noise: NoiseSource, asked: Mapping[str, Any]) -> DeviceRun | None:
    """What the arguments about noise ask for; None for nothing."""
    if device is not None or noise is not None:
        return DeviceRun.of(asked, device=device, noise=noise)
    if asked["mitigate"] or asked["shots"] is not None:
        raise InputError("mitigate and shots are of a noisy circuit: give a device or noise.")
    return None


def _verify_task(
    text: str | bytes,
    source: TaskSource,
    settings: VerifierSettings,
    limits: SandboxLimits | Mapping[str, Any] | bool | None,
    values: Mapping[str, float],
    refused: Mapping[str, Any],
) -> TaskReport:
    from quasar.tasks.registry import read_task

    idle = [name for name, value in refused.items() if value is not None]
    if idle:
        raise InputError(f"{idle[0]} has no meaning for a task: leave it out.")
    bounds = SandboxLimits.given(limits, "limits", switch=True)
    return verify_task(text, read_task(source), settings, bounds, values)
