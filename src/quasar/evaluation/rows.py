"""Lines of `candidates.jsonl` and `references.jsonl`: measurements as they are stored, and back."""

from __future__ import annotations

from dataclasses import MISSING, asdict, fields
from typing import Any

from quasar.core.errors import InputError
from quasar.verifier.measurement import Measurement, Reference

Row = dict[str, Any]

Key = tuple[str, int, int]
"""Identity of a candidate: run, sample_index, candidate."""


def candidate_row(
    key: Key, digest: str, measured: Measurement, reference: Measurement | None
) -> Row:
    """A line of `candidates.jsonl`.

    The reference's energies stand beside the candidate's where both are defined.
    """
    run, sample_index, candidate = key
    known = reference if measured.energy is not None else None
    return {
        "run": run,
        "sample_index": sample_index,
        "candidate": candidate,
        **{name: getattr(measured, name) for name in _NAMES},
        "energy_reference": None if known is None else known.energy,
        "energy_reference_bit_reversed": None if known is None else known.energy_bit_reversed,
        "digest": digest,
    }


_NAMES = tuple(field.name for field in fields(Measurement))
_MEASURED = frozenset(_NAMES)
_ALWAYS = frozenset(field.name for field in fields(Measurement) if field.default is MISSING)
_REFERENCE = frozenset(field.name for field in fields(Reference) if field.default is MISSING)


def measurement_from_row(row: Row) -> Measurement:
    """Inverse of `candidate_row`, key and digest aside; what the line does not have is None.

    Raises:
        InputError: the line was not written by this version.
    """
    missing = _ALWAYS - row.keys()
    if missing:
        raise InputError(f"a stored candidate lacks {min(missing)!r}: use --force to start again.")
    return Measurement(**{name: row[name] for name in _MEASURED & row.keys()})


def reference_row(reference: Reference) -> Row:
    """A line of `references.jsonl`."""
    return asdict(reference)


def reference_from_row(row: Row) -> Reference:
    """Inverse of `reference_row`.

    Raises:
        InputError: the line was not written by this version.
    """
    try:
        circuit = row["circuit"]
        values = {name: row[name] for name in _REFERENCE - {"circuit"}}
        values["known"] = row.get("known")
        measured = None if circuit is None else measurement_from_row(circuit)
    except KeyError as error:
        raise InputError(f"a stored reference lacks {error}: use --force to start again.") from None
    return Reference(circuit=measured, **values)
