"""One circuit of unknown origin, judged within limits on time and memory.

A flat program whose simulation is short is judged in this process: its cost is known from its size.
So is one that is refused from its text alone. Everything else (what only the reference importer can
read, dynamic programs, gate definitions, very large flat programs) is judged in a sandbox, which
costs about a second to start and is kept for the next call about the same problem. A reference
circuit is held to the same limits. Stage 4 is the verifier's own work: where the time does not
suffice for it, it is left out, and the report says so.

Without `fork` (Windows), or for a problem whose class another process cannot import (defined in a
notebook, a function or `__main__`), everything runs in this process and is not bounded.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quasar.circuits.parameters import Values, read_values
from quasar.circuits.qasm import parse_at_once
from quasar.core.errors import CircuitError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.verifier.on_device import DeviceRun
from quasar.verifier.pipeline import Verifier
from quasar.verifier.report import Report
from quasar.verifier.settings import VerifierSettings

if TYPE_CHECKING:
    from quasar.tasks.task import TargetTask
    from quasar.verifier.sandbox import Sandbox, SandboxLimits
    from quasar.verifier.task_report import TaskReport

_SHORT_WORK = 1 << 30
"""Gates times amplitudes that take about a second in this process."""
_SHORT_REFERENCE_WORK = 1 << 26
"""The same for the reference's engine, which is slower."""
_ENGINES_BEYOND = (
    "qulacs",
    "cones",
    "mps",
    "aer-single",
)  # the first is the default, and has no part there
_UTILITY_SHARE = 0.8
"""Of the time, after which stage 4 is given up."""


def verify_bounded(
    text: str | bytes,
    problem: EncodedProblem,
    reference: str | bytes | None,
    settings: VerifierSettings,
    limits: SandboxLimits | None,
    parameters: Values | None = None,
    device: DeviceRun | None = None,
) -> Report:
    """Judge one circuit; see `quasar.verify` for what is raised.

    Args:
        limits: what the circuit may use; None: no limits, all in this process.
        parameters: values of the program's inputs.
        device: also judge it under noise, in this process, where its time is limited but not its
            memory. Default: what the settings say.
    """
    if device is None and settings.device is not None:
        device = DeviceRun.of(settings.device)
    settings = settings.model_copy(update={"device": None})
    values = settings.parameters if parameters is None else read_values(parameters)
    report = _verify(text, problem, reference, settings, limits, values)
    if device is not None:
        device = device.within(None if limits is None else limits.max_device_seconds)
        device.judge(report, text, problem, settings, values)
    return report


def verify_task(
    text: str | bytes,
    task: TargetTask,
    settings: VerifierSettings,
    limits: SandboxLimits | None,
    parameters: Values | None = None,
) -> TaskReport:
    """Judge one circuit for a target task.

    What may take long to read or run is read and run in a sandbox first; what grading takes is
    then known from the circuit's size.

    Raises:
        InputError: a parameter that the program does not declare, or that is not a number.
        InfrastructureError: the machinery failed; says nothing about the circuit.
    """
    from quasar.verifier.sandbox.limits import too_nested
    from quasar.verifier.task_verifier import TaskVerifier

    values = settings.parameters if parameters is None else read_values(parameters)
    verifier = TaskVerifier(task, settings)
    text = verifier.prepared(text)
    if limits is not None and hasattr(os, "fork"):
        fault = too_nested(text, limits.max_nesting) if isinstance(text, str) else None
        if fault is not None:
            return verifier.refuse(fault)
        if not _is_short(text, settings, _SHORT_WORK, values):
            first = settings.model_copy(
                update={"max_stage": 1, "stages": None, "parameters": values, "quality": False}
            )
            bit = load_problem({"problem_type": "ising", "hamiltonian": "1.0 * Z(0)"})
            found = _kept.judge(text, _SandboxKey(bit, None, first, limits)).stages.feasibility
            if not found.simulable and found.fault is not None:
                return verifier.refuse(found.fault, found)
    return verifier.verify(text, parameters=values)


def _verify(
    text: str | bytes,
    problem: EncodedProblem,
    reference: str | bytes | None,
    settings: VerifierSettings,
    limits: SandboxLimits | None,
    values: Mapping[str, float],
) -> Report:
    if not problem.is_exact:
        return _large(text, problem, reference, settings, limits, values)
    if limits is None or not _can_be_sent(problem):
        return Verifier(problem, reference, settings).verify(text, parameters=values)
    from quasar.verifier.sandbox.limits import too_nested

    given = settings.utility.max_seconds
    most = _UTILITY_SHARE * limits.max_seconds
    utility = settings.utility.model_copy(
        update={"max_seconds": most if given is None else min(given, most)}
    )
    settings = settings.model_copy(update={"utility": utility})
    verifier = Verifier(problem, reference, settings)
    fault = None
    if isinstance(text, str) and len(text) <= settings.limits.max_characters:
        fault = too_nested(text, limits.max_nesting)
    if fault is not None:
        return verifier.refuse(fault)
    compared = verifier.reference_text if settings.stage_names else None
    plain = compared is None or _is_short(compared, settings, _SHORT_REFERENCE_WORK)
    if plain and _is_short(text, settings, _SHORT_WORK, values):
        return verifier.verify(text, parameters=values)
    if not plain and compared is not None:
        _check_reference(compared, problem, settings, limits)
    settings = settings.model_copy(update={"parameters": values})
    return _kept.judge(text, _SandboxKey(problem, verifier.reference_text, settings, limits))


def _large(
    text: str | bytes,
    problem: EncodedProblem,
    reference: str | bytes | None,
    settings: VerifierSettings,
    limits: SandboxLimits | None,
    values: Mapping[str, float],
) -> Report:
    """Beyond exact enumeration. What is not flat is read in a sandbox first. The rest is done in
    this process, as its cost is predicted: energy and samples that would take too long are left
    out.

    Raises:
        InputError: the settings ask for what is for smaller problems only.
    """
    from quasar.verifier.factory import large_verifier
    from quasar.verifier.sandbox.limits import SandboxLimits, too_nested

    if settings.engine not in _ENGINES_BEYOND or settings.energy_convention != "physical":
        raise InputError(
            f"beyond {MAX_EXACT_QUBITS} qubits the engines are cones and mps, to 28 aer-single, "
            "and energies follow the physical convention: leave engine and energy_convention out."
        )
    if limits is not None:
        large = settings.large.within(limits.max_large_seconds, limits.max_problem_seconds)
        settings = settings.model_copy(update={"large": large})
    verifier = large_verifier(problem, settings, reference=reference)
    nesting = (limits or SandboxLimits()).max_nesting
    fault = too_nested(text, nesting) if isinstance(text, str) else None
    if fault is not None:
        return verifier.refuse(fault)
    read = verifier.reference_text
    if limits is not None and _can_be_sent(problem):
        if read is not None and not _is_flat(read, settings):
            _check_reference(read, problem, settings, limits)
        if not _is_flat(text, settings, values):
            first = settings.model_copy(update={"max_stage": 1, "stages": None})
            first = first.model_copy(update={"parameters": values})
            report = _kept.judge(text, _SandboxKey(problem, None, first, limits))
            if not report.feasible:
                report.skipped = verifier.skipped()
                return report
    return verifier.verify(text, parameters=values)


def _is_flat(text: str | bytes, settings: VerifierSettings, values: Values | None = None) -> bool:
    """Whether reading a text takes time in proportion to its length for certain."""
    from quasar.verifier.large import MAX_QUBITS

    try:
        written = text if isinstance(text, str) else text.decode("utf-8")
        program = parse_at_once(
            written,
            max_gates=settings.limits.max_gates,
            max_qubits=MAX_QUBITS,
            parameters=values,
            header=settings.header,
        )
    except (CircuitError, UnicodeDecodeError):
        return True  # refused
    return program is not None


def _can_be_sent(problem: EncodedProblem) -> bool:
    """Whether a sandbox can be had, and its processes can import the problem's class."""
    kind = type(problem.problem)
    importable = kind.__module__ != "__main__" and "<locals>" not in kind.__qualname__
    return importable and hasattr(os, "fork")


def _is_short(
    text: str | bytes, settings: VerifierSettings, work: int, values: Values | None = None
) -> bool:
    """Whether the verdict on a text takes little time for certain."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            return True  # refused
    limits = settings.limits
    if len(text) > limits.max_characters:
        return True
    try:
        program = parse_at_once(
            text,
            max_gates=limits.max_gates,
            max_qubits=limits.max_qubits,
            parameters=values,
            header=settings.header,
        )
    except CircuitError:
        return True
    if program is None or program.circuit is None:
        return False
    if program.n_qubits > limits.max_qubits:
        return True
    return (len(program.circuit.gates) + 1) << program.n_qubits <= work


def _check_reference(
    text: str | bytes, problem: EncodedProblem, settings: VerifierSettings, limits: SandboxLimits
) -> None:
    """Judge the reference by the fast engine, as any circuit, before it is trusted.

    Raises:
        InputError: it is infeasible.
    """
    # By all qubits, so that a reference of another size is simulated here as it will be later.
    first = VerifierSettings(
        max_stage=1,
        quality=False,
        limits=settings.limits,
        header=settings.header,
        measurement="all-qubits",
    )
    report = _judge(text, _SandboxKey(problem.with_reference(None), None, first, limits))
    fault = report.stages.feasibility.fault
    if fault is not None:
        raise InputError(f"the reference circuit is not usable: {fault}")


@dataclass(frozen=True)
class _SandboxKey:
    """What a sandbox is opened for."""

    problem: EncodedProblem
    reference: str | bytes | None
    settings: VerifierSettings
    limits: SandboxLimits

    def open(self) -> Sandbox:
        """A sandbox with one worker, to be closed by whoever asks for it."""
        from quasar.verifier.sandbox import Sandbox

        return Sandbox(
            [self.problem],
            self.settings,
            limits=self.limits,
            workers=1,
            references=[self.reference],
        )


def _judge(text: str | bytes, key: _SandboxKey) -> Report:
    from quasar.verifier.sandbox import Job

    with key.open() as box:
        return box.map([Job("circuit", 0, text)])[0]


class _Kept:
    """The sandbox of the last call, for the next one about the same problem.

    One call at a time; a forked child starts its own and leaves the parent's processes alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._key: _SandboxKey | None = None
        self._box: Sandbox | None = None
        self._owner = 0

    def judge(self, text: str | bytes, key: _SandboxKey) -> Report:
        """The report on one circuit."""
        from quasar.verifier.sandbox import Job

        with self._lock:
            try:
                return self._sandbox(key).map([Job("circuit", 0, text)])[0]
            except BaseException:
                self.close()
                raise

    def _sandbox(self, key: _SandboxKey) -> Sandbox:
        if self._box is None or self._owner != os.getpid() or self._key != key:
            self.close()
            self._box = key.open().__enter__()
            self._key, self._owner = key, os.getpid()
        return self._box

    def close(self) -> None:
        """End its processes."""
        box, self._box, self._key = self._box, None, None
        if box is not None and self._owner == os.getpid():
            with suppress(OSError):
                box.__exit__(None, None, None)

    def after_fork(self) -> None:
        """In a child: the lock may be held by a thread that it does not have."""
        self._lock = threading.Lock()


_kept = _Kept()
atexit.register(_kept.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_kept.after_fork)
