"""Run a circuit on a device: compile, submit, wait, decode, compare; and go on after a kill.

Every step leaves its result in the run's folder before the next begins (`folder`). A job that was
submitted is found again by its id, or by its tag where the process ended before it had one; a
local job ended with its process and is simulated again with the same seed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from quasar.circuits.circuit import Circuit
from quasar.circuits.parameters import Values, read_values
from quasar.circuits.qasm import parse
from quasar.circuits.source import CircuitSource, bind_circuit, circuit_text
from quasar.core.errors import CircuitError, InfrastructureError, InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.interrupt import Interrupt
from quasar.core.manifest import LIBRARIES, manifest
from quasar.core.progress import Progress
from quasar.core.settings import need_whole
from quasar.hardware.connection import Connection, connect
from quasar.hardware.folder import CIRCUIT, COUNTS, JOB, MANIFEST, PROBLEM, REPORT, RunFolder
from quasar.hardware.jobs import JobRecord, Patience, State, Waiting, wait
from quasar.hardware.predict import ideal_distribution, noisy_distribution
from quasar.hardware.prepare import ANSWER, Prepared, compiled_size, logical_circuit, prepare
from quasar.hardware.result import HardwareReport, compare, read_counts
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem
from quasar.problems.quantum.observable import EncodedObservable
from quasar.problems.source import ProblemSource, file_content
from quasar.simulate.engine import Counts

_LIBRARIES = (*LIBRARIES, "qiskit-ibm-runtime", "qiskit-aer")
MOST_SHOTS = 10_000_000
MOST_SEED = 2**32 - 1  # what both Qiskit's passes and Aer take


@dataclass(frozen=True)
class RunOptions:
    """How a run goes.

    Attributes:
        shots: measurements.
        seed: of the compiler, of a local simulation, and of the draws in the comparison.
        instance: of the account.
        patience: how to wait.
        predict: also simulate the circuit, without noise and with the device's.
        progress: told how far it is.
        interrupt: where the user's wish to end is noted.
        service: a `QiskitRuntimeService`, in place of the saved account's.
    """

    shots: int = 4096
    seed: int = 0
    instance: str | None = None
    patience: Patience = field(default_factory=Patience)
    predict: bool = True
    progress: Progress = field(default_factory=Progress)
    interrupt: Interrupt = field(default_factory=Interrupt)
    service: Any = None


def run(
    circuit: CircuitSource,
    problem: ProblemSource,
    backend: Any = "fake_torino",
    *,
    shots: int = 4096,
    seed: int = 0,
    parameters: Values | None = None,
    instance: str | None = None,
    folder: str | os.PathLike[str] | None = None,
    patience: Patience | Mapping[str, Any] | None = None,
    predict: bool = True,
) -> HardwareReport:
    """Run a circuit on a device and read its counts in the problem's terms.

    Args:
        circuit: a file, OpenQASM, QPY or a circuit object.
        problem: path of a problem file, its content, or a problem; see `load_problem`.
        backend: name of an offline snapshot (`fake_torino`), of a device of the saved account, a
            `BackendV2`, or a V2 sampler of Qiskit.
        shots: measurements.
        seed: of compiler and local simulation.
        parameters: values of the program's `input` parameters.
        instance: of the account.
        folder: keeps everything, so that `resume` can go on; None keeps nothing.
        patience: how to wait.
        predict: also simulate the circuit and compare.

    Raises:
        ProblemError: the problem cannot be read.
        CircuitError: the circuit is not usable on a device.
        InputError: unknown backend, no account, or a device that is too small.
        InfrastructureError: the job failed, or the service could not be reached.
    """
    options = RunOptions(
        shots=shots,
        seed=seed,
        instance=instance,
        patience=Patience.given(patience, "patience") or Patience(),
        predict=predict,
    )
    source, values = bind_circuit(
        circuit, {} if parameters is None else read_values(parameters), names_files=True
    )
    where = RunFolder(None if folder is None else Path(folder))
    return start(circuit_text(source), load_problem(problem), backend, options, where, values)


def start(
    text: str | bytes,
    problem: EncodedProblem,
    backend: Any,
    options: RunOptions,
    folder: RunFolder,
    values: Mapping[str, float],
    *,
    force: bool = False,
) -> HardwareReport:
    """A run from its beginning; see `run`.

    Args:
        text: the program.
        values: of its inputs.
        force: use a folder that holds something already.
    """
    need_whole(options.shots, "shots", 1)
    if options.shots > MOST_SHOTS:
        raise InputError(f"shots is at most {MOST_SHOTS:,}, not {options.shots:,}.")
    need_whole(options.seed, "seed", 0)
    if options.seed > MOST_SEED:
        raise InputError(f"seed is at most {MOST_SEED}, not {options.seed}.")
    if isinstance(problem, EncodedObservable):
        raise InputError(
            "counts of a device tell the energy of problems without X and Y terms only: this one "
            "has some."
        )
    logical = _read_circuit(text, problem, values)
    connection = connect(backend, instance=options.instance, service=options.service)
    if not connection.local and folder.path is None:
        raise InputError(
            "a job on a device of an account can wait for hours: name a folder to keep its id in, "
            "--out FOLDER (in Python: folder=...)."
        )
    prepared = prepare(logical, connection.backend, seed=options.seed)
    record = JobRecord(
        backend=connection.name,
        local=connection.local,
        instance=options.instance,
        shots=options.shots,
        seed=options.seed,
        tag=f"quasar-{uuid4().hex}",
    )
    folder.create(force=force)
    with folder.held():
        folder.write(CIRCUIT, emit_text(logical))
        folder.write(PROBLEM, file_content(problem))
        folder.write_circuit(prepared.circuit)
        folder.write(MANIFEST, _manifest(record))
        folder.write(JOB, record.model_dump(mode="json"))
        stage = _Stage(folder, connection, record, options)
        return stage.finish(logical, problem, prepared)


def resume(
    folder: str | os.PathLike[str],
    backend: Any = None,
    *,
    options: RunOptions | None = None,
    resubmit: bool = False,
) -> HardwareReport:
    """Go on with a run that was interrupted, killed, or is still in a queue.

    Args:
        folder: what `run` was given.
        backend: the object that `run` was given; None: by the name that the folder keeps.
        options: how to wait; shots, seed and instance are the folder's.
        resubmit: send what was compiled once more if the job failed or was cancelled.

    Raises:
        InputError: no such run, a job that failed (without `resubmit`), or as `run`.
        InfrastructureError: as `run`.
    """
    kept, options = RunFolder(Path(folder)), options or RunOptions()
    record = kept.read_job()
    if record.state in ("failed", "cancelled") and not resubmit:
        why = f": {record.error}" if record.error else ""
        raise InputError(
            f"job {record.job_id} {_ended(record.state)}{why} Submit it again with --resubmit."
        )
    with kept.held():
        problem = load_problem(Path(folder) / PROBLEM)
        logical = _read_circuit((Path(folder) / CIRCUIT).read_text("utf-8"), problem, {})
        circuit = kept.read_circuit()
        found = backend if backend is not None else record.backend
        connection = connect(found, instance=record.instance, service=options.service)
        if record.state in ("failed", "cancelled"):
            record = record.model_copy(update={"state": "prepared", "job_id": None, "error": None})
        stage = _Stage(kept, connection, record, options)
        size = compiled_size(circuit, getattr(connection.backend, "num_qubits", None))
        return stage.finish(logical, problem, Prepared(circuit, size))


def emit_text(circuit: Circuit) -> str:
    """The circuit with variable i on qubit i as OpenQASM 3, angles in full."""
    from quasar.circuits.emit import emit

    return emit(circuit)


class _Stage:
    """The steps from a compiled circuit to a report."""

    def __init__(
        self, folder: RunFolder, connection: Connection, record: JobRecord, options: RunOptions
    ) -> None:
        self.folder, self.connection = folder, connection
        self.record, self.options = record, options

    def finish(
        self, logical: Circuit, problem: EncodedProblem, prepared: Prepared
    ) -> HardwareReport:
        """Whatever is left to be done."""
        counts: Counts
        if self.record.state == "done" and self.folder.has(COUNTS):
            counts = {int(k, 2): n for k, n in self.folder.read(COUNTS)["counts"].items()}
        else:
            counts = self._counts(prepared, problem.n_qubits)
        report = read_counts(
            counts,
            problem,
            prepared.size,
            backend=self.record.backend,
            simulated=self.record.local,
            job_id=self.record.job_id,
        )
        if self.options.predict:
            self._predict(report, counts, logical, prepared)
        self.folder.write(REPORT, report.model_dump(mode="json"))
        return report

    def _note(self, **changes: Any) -> None:
        """Keep what has become of the job."""
        self.record = self.record.model_copy(update=changes)
        self.folder.write(JOB, self.record.model_dump(mode="json"))

    def _counts(self, prepared: Prepared, n_qubits: int) -> Counts:
        job = self._job(prepared)
        service = self.connection.service
        clock = datetime.now(UTC)

        def seen(state: State) -> None:
            self._note(state=state)

        watch = Waiting(self.options.progress, self.options.interrupt, seen, self.folder.where)
        self.options.progress.start(f"{self.record.backend}", None)
        try:
            result = wait(job, self.record, self.options.patience, watch, service)
        except InfrastructureError as error:
            if self.record.state == "failed":
                self._note(error=str(error))
            raise
        waited = (datetime.now(UTC) - clock).total_seconds()
        counts = counts_of(result, n_qubits)
        text = {format(index, f"0{n_qubits}b"): n for index, n in counts.items()}
        self.folder.write(
            COUNTS,
            {
                "backend": self.record.backend,
                "job_id": self.record.job_id,
                "bits": "variable n-1 first, as Qiskit prints counts; a 0 selects",
                "shots": sum(counts.values()),
                "counts": text,
            },
        )
        self._note(state="done", finished=_now(), waited_s=self.record.waited_s + waited)
        return counts

    def _job(self, prepared: Prepared) -> Any:
        """The job, submitted now unless it was before."""
        record = self.record
        if record.job_id is not None and not record.local:
            return self.connection.job(record.job_id)
        if record.state == "submitting" and not record.local:
            found = self.connection.tagged(record.tag)
            if found is not None:
                self._note(job_id=found.job_id(), state="queued", submitted=_now())
                return found
        self._note(state="submitting")
        job = self.connection.submit(
            prepared.circuit, record.shots, seed=record.seed, tag=record.tag
        )
        self._note(job_id=str(job.job_id()), state="queued", submitted=_now())
        return job

    def _predict(
        self, report: HardwareReport, counts: Counts, logical: Circuit, prepared: Prepared
    ) -> None:
        """Put predictions, or why there are none, into the report."""
        if logical.n_qubits > MAX_EXACT_QUBITS:
            report.notes.append(
                f"no prediction: a distribution of more than {MAX_EXACT_QUBITS} qubits is not "
                "computed."
            )
            return
        self.options.progress.say("simulating the prediction")
        seed = self.record.seed
        ideal = ideal_distribution(logical)
        report.predictions.append(compare(report, counts, "ideal", "qulacs", ideal, seed=seed))
        noisy = noisy_distribution(prepared.circuit, self.connection.backend)
        if isinstance(noisy, str):
            report.notes.append(f"no noisy prediction: {noisy}.")
            return
        distribution, by = noisy
        report.predictions.append(compare(report, counts, "noisy", by, distribution, seed=seed))


def counts_of(result: Any, n_qubits: int) -> Counts:
    """Counts of the register `answer` by index.

    Raises:
        InfrastructureError: the result holds no such register.
    """
    try:
        bits = getattr(result[0].data, ANSWER)
        counts = bits.get_counts()
    except (AttributeError, IndexError, TypeError) as error:
        raise InfrastructureError(
            f"the result has no counts of the register {ANSWER!r}: it is of another circuit."
        ) from error
    if not counts:
        raise InfrastructureError("the job is done, and its result holds no counts.")
    found = {int(key.replace(" ", ""), 2): int(n) for key, n in counts.items()}
    return dict(sorted(found.items()))


def _read_circuit(
    text: str | bytes, problem: EncodedProblem, values: Mapping[str, float]
) -> Circuit:
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            raise CircuitError("the text is not UTF-8.", kind="syntax") from None
    program = parse(text, parameters=dict(values), header="language")
    return logical_circuit(program, problem.n_qubits)


def _manifest(record: JobRecord) -> dict[str, Any]:
    settings = record.model_dump(include={"backend", "local", "instance", "shots", "seed"})
    return manifest(settings, record.seed, _LIBRARIES)


def _ended(state: State) -> str:
    return "was cancelled" if state == "cancelled" else "failed"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
