"""The folder of one run: every step's result on disk before the next step begins.

`job.json` names the job as soon as it has an id; counts are on disk before they are looked at.
Whatever is killed, the folder says how to go on. A run without a folder keeps nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from quasar.core.errors import InputError
from quasar.core.files import disk_errors, locked, replacing, write_json, write_text
from quasar.core.settings import describe_validation
from quasar.hardware.jobs import JobRecord

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

JOB, COUNTS, REPORT, MANIFEST = "job.json", "counts.json", "report.json", "manifest.json"
PROBLEM, CIRCUIT = "problem.json", "circuit.qasm"
COMPILED, COMPILED_TEXT = "compiled.qpy", "compiled.qasm"


class RunFolder:
    """Where a run is kept; None as its path keeps nothing.

    Raises:
        InputError: reading what is missing or damaged, or writing without permission.
        InfrastructureError: the disk is full.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def create(self, *, force: bool = False) -> None:
        """Make the folder.

        Args:
            force: write into a folder that holds something already.
        """
        if self.path is None:
            return
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file: choose a folder for --out.")
        if self.path.exists() and any(self.path.iterdir()) and not force:
            raise InputError(
                f"{self.path} already exists: choose another --out, continue it by "
                f"--resume {self.path}, or begin again by --force."
            )
        try:
            with disk_errors(self.path):
                self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self.path} cannot be written: {error.strerror}.") from error
        for name in (JOB, COUNTS, REPORT):
            (self.path / name).unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other commands away from the folder while this lasts."""
        if self.path is None:
            yield
            return
        with locked(self.path, f"another command works on {self.path}: wait for it."):
            yield

    @property
    def where(self) -> str:
        """How a user goes on, for messages."""
        if self.path is None:
            return "quasar.hardware.run.resume finds jobs that were given a folder"
        return f"quasar run --resume {self.path}"

    def write(self, name: str, content: Any) -> None:
        """Write JSON, or a string as it is."""
        if self.path is None:
            return
        if isinstance(content, str):
            write_text(self.path / name, content)
        else:
            write_json(self.path / name, content, allow_nan=False)

    def write_circuit(self, circuit: QuantumCircuit) -> None:
        """The compiled circuit in QPY, and as OpenQASM 3 for people."""
        if self.path is None:
            return
        from qiskit import qasm3, qpy

        with replacing(self.path / COMPILED) as partial, partial.open("wb") as stream:
            qpy.dump(circuit, stream)
        self.write(COMPILED_TEXT, qasm3.dumps(circuit))

    def read_circuit(self) -> QuantumCircuit:
        """The compiled circuit."""
        from qiskit import qpy

        path = self._existing(COMPILED)
        try:
            with path.open("rb") as stream:
                circuit: QuantumCircuit = qpy.load(stream)[0]
        except Exception as error:
            said = " ".join(str(error).split())[:200]
            raise _damaged(path, f"it holds no circuit in QPY ({said})") from error
        return circuit

    def read_job(self) -> JobRecord:
        """The job as last seen."""
        content = self.read(JOB)
        try:
            return JobRecord.model_validate(content)
        except ValidationError as error:
            path = self._existing(JOB)
            raise _damaged(path, describe_validation(error, JobRecord)) from error

    def read(self, name: str) -> Any:
        """A JSON file of the folder."""
        path = self._existing(name)
        try:
            return json.loads(path.read_bytes())
        except ValueError as error:
            raise _damaged(path, "it is not complete JSON") from error

    def has(self, name: str) -> bool:
        """Whether a file is there."""
        return self.path is not None and (self.path / name).is_file()

    def _existing(self, name: str) -> Path:
        if self.path is None or not self.has(name):
            raise InputError(
                f"{self.path} holds no {name}: give the folder that `quasar run --out` wrote."
            )
        return self.path / name


def _damaged(path: Path, said: str) -> InputError:
    return InputError(
        f"{path} is not as `quasar run` wrote it: {said.rstrip('.')}. Restore the file, or "
        "run again into another --out."
    )
