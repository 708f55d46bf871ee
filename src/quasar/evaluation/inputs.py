"""Records and generations: reading, and everything that can be wrong with them.

A record is a problem with, as a rule, its reference circuit; a generation is one candidate's text
of one run for one record. Does not judge circuits.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from quasar.core.errors import InputError, ProblemError
from quasar.core.jsonl import read_jsonl
from quasar.evaluation.rows import Key
from quasar.problems.base import EncodedProblem
from quasar.problems.load import load_problem

Lines = str | os.PathLike[str] | Iterable[Mapping[str, Any]]
"""A file of one JSON object a line (plain or .gz), or the objects themselves."""

RESERVED = "baseline:"
"""Runs of the project's own begin like this."""
SMALL_ONLY = frozenset({f"{RESERVED}optimum"})
"""Those that leave out records beyond 24 qubits, which do not count in their rows."""
REFERENCE_RUN = "reference"
"""Name of the reference circuits where they stand in a table."""


@dataclass(frozen=True)
class EvaluationRecord:
    """One problem of the test set.

    Attributes:
        sample_index: identity; the line's position (from 0) where the file gives none.
        problem: with the reference circuit, if the record has one.
        algorithm: `optimization_type`.
        layers: `number_of_layers`.
    """

    sample_index: int
    problem: EncodedProblem
    algorithm: str | None
    layers: int | None


@dataclass(frozen=True)
class Records:
    """All records, ascending by `sample_index`.

    Attributes:
        items: the records.
        digest: fingerprint of their content, independent of the file's order and compression.
        source: path, or what else they came from.
    """

    items: tuple[EvaluationRecord, ...]
    digest: str
    source: str

    @cached_property
    def position(self) -> dict[int, int]:
        """Place in `items` of each `sample_index`."""
        return {record.sample_index: place for place, record in enumerate(self.items)}


@dataclass
class Generations:
    """All candidates by identity; equal texts for one record are kept once.

    Attributes:
        digests: fingerprint of each candidate's text, in the file's order.
        sources: paths, or what else they came from.
    """

    digests: dict[Key, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    _texts: dict[str, bytes] = field(default_factory=dict)  # compressed: 6 to 8 times smaller

    @property
    def runs(self) -> list[str]:
        """Names of the runs, in order of appearance."""
        return list(dict.fromkeys(run for run, _, _ in self.digests))

    def text(self, digest: str) -> str:
        """The text with this fingerprint."""
        return zlib.decompress(self._texts[digest]).decode("utf-8", "surrogatepass")

    def add(self, key: Key, text: str) -> None:
        """Take in one candidate."""
        digest = text_digest(text)
        self.digests[key] = digest
        if digest not in self._texts:
            self._texts[digest] = zlib.compress(text.encode("utf-8", "surrogatepass"), 1)


def text_digest(text: str) -> str:
    """Fingerprint of a candidate's text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def read_records(source: Lines) -> Records:
    """Read and check all records.

    Raises:
        InputError: no records, a line that is not a problem, a number given twice; names the
            line.
    """
    found: dict[int, EvaluationRecord] = {}
    fingerprints: dict[int, bytes] = {}
    where: dict[int, str] = {}
    for position, (place, row) in enumerate(_lines(source, "records file")):
        sample_index = row.get("sample_index", position)
        if not isinstance(sample_index, int) or isinstance(sample_index, bool):
            raise InputError(f"{place}: 'sample_index' must be an integer.")
        if sample_index in found:
            raise InputError(
                f"{place}: duplicate sample_index {sample_index} "
                f"(first seen at {where[sample_index]})."
            )
        found[sample_index] = _record(row, sample_index, place)
        where[sample_index] = place
        fingerprints[sample_index] = _fingerprint(row, sample_index)
    if not found:
        raise InputError(f"{_name(source)} holds no records.")
    order = sorted(found)
    digest = hashlib.sha256(b"".join(fingerprints[i] for i in order)).hexdigest()
    return Records(tuple(found[i] for i in order), digest, _name(source))


def _record(row: Mapping[str, Any], sample_index: int, place: str) -> EvaluationRecord:
    try:
        problem = load_problem(row)
    except ProblemError as error:
        raise InputError(f"{place}: {error}") from error
    if problem.reference is not None and not isinstance(problem.reference, str):
        raise InputError(f"{place}: 'circuit_with_params' must be OpenQASM text or null.")
    layers, algorithm = row.get("number_of_layers"), row.get("optimization_type")
    if layers is not None and (not isinstance(layers, int) or layers < 1):
        raise InputError(f"{place}: 'number_of_layers' must be a positive integer or null.")
    if algorithm is not None and not isinstance(algorithm, str):
        raise InputError(f"{place}: 'optimization_type' must be a name or null.")
    return EvaluationRecord(sample_index, problem, algorithm, layers)


def _fingerprint(row: Mapping[str, Any], sample_index: int) -> bytes:
    text = json.dumps({**row, "sample_index": sample_index}, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).digest()


def read_generations(sources: Sequence[Lines], records: Records) -> Generations:
    """Read and check all generations.

    Raises:
        InputError: none at all, a missing or malformed field, an unknown record, a candidate given
            twice; names the line.
    """
    found = Generations()
    where: dict[Key, str] = {}
    for source in sources:
        found.sources.append(_name(source))
        for place, row in _lines(source, "generations file"):
            key, text = _generation(row, place)
            if key[1] not in records.position:
                raise InputError(
                    f"{place}: sample_index {key[1]} is not in {records.source}: check that the "
                    "generations were made for these records."
                )
            if key in where:
                raise InputError(
                    f"{place}: duplicate run {key[0]!r}, sample_index {key[1]}, candidate "
                    f"{key[2]} (first seen at {where[key]})."
                )
            where[key] = place
            found.add(key, text)
    if not found.digests:
        raise InputError(f"{', '.join(found.sources) or 'the input'} holds no generations.")
    return found


def _generation(row: Mapping[str, Any], place: str) -> tuple[Key, str]:
    missing = [name for name in ("run", "sample_index", "candidate", "qasm") if name not in row]
    if missing:
        raise InputError(
            f"{place} lacks {', '.join(map(repr, missing))}: a generation has run, sample_index, "
            "candidate and qasm."
        )
    run, text = row["run"], row["qasm"]
    if not isinstance(run, str) or not run.strip() or not _writable(run):
        raise InputError(f"{place}: 'run' must be a name such as 'model@1'.")
    if run.startswith(RESERVED) or run == REFERENCE_RUN:
        raise InputError(f"{place}: the name {run!r} is taken; call the run something else.")
    for name in ("sample_index", "candidate"):
        if not isinstance(row[name], int) or isinstance(row[name], bool):
            raise InputError(f"{place}: {name!r} must be an integer, not {row[name]!r}.")
    if text is None:
        text = ""
    if not isinstance(text, str):
        raise InputError(f"{place}: 'qasm' must be a string (empty where there is no circuit).")
    return (run, row["sample_index"], row["candidate"]), text


def _writable(text: str) -> bool:
    """Whether it can be written to a file: no halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _name(source: Lines) -> str:
    return os.fspath(source) if isinstance(source, str | os.PathLike) else "the given list"


def _lines(source: Lines, what: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(place for messages, object) of every line."""
    if isinstance(source, str | os.PathLike):
        for number, row in read_jsonl(Path(source), what=what):
            yield f"{source}, line {number}", row
        return
    if not isinstance(source, Iterable):
        raise InputError(
            f"the {what.removesuffix(' file')} must be a file or a list of objects, "
            f"not {'None' if source is None else type(source).__name__}."
        )
    for number, item in enumerate(source, start=1):
        if not isinstance(item, Mapping):
            raise InputError(f"item {number} of the {what.removesuffix(' file')} is not a mapping.")
        yield f"item {number} of the {what.removesuffix(' file')}", item
