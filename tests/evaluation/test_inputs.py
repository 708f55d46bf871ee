"""Records and generations: what is taken, and what every mistake is told."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.evaluation.inputs import read_generations, read_records, text_digest
from support.small_evaluation import generation, hadamards, records, write


def test_records_are_sorted_and_numbered_by_position_where_nothing_else_says(
    tmp_path: Path,
) -> None:
    given = records(3)
    found = read_records(given[::-1])
    assert [record.sample_index for record in found.items] == [0, 1, 2]
    assert found.position == {0: 0, 1: 1, 2: 2}
    bare = [{k: v for k, v in row.items() if k != "sample_index"} for row in given]
    assert [record.sample_index for record in read_records(bare).items] == [0, 1, 2]


def test_the_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    given = records(3)
    plain = write(tmp_path / "r.jsonl", given)
    packed = tmp_path / "r.jsonl.gz"
    with gzip.open(packed, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n\n" for row in given[::-1])
    assert read_records(plain).digest == read_records(str(packed)).digest
    changed = [*given[:2], {**given[2], "circuit_with_params": None}]
    assert read_records(changed).digest != read_records(given).digest


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sample_index": "x"}, "line 2: 'sample_index' must be an integer"),
        ({"sample_index": 0}, r"line 2: duplicate sample_index 0 \(first seen at .*line 1\)"),
        ({"problem_type": "sudoku"}, "line 2: unknown problem type 'sudoku'"),
        ({"circuit_with_params": 3}, "line 2: 'circuit_with_params' must be OpenQASM text"),
        ({"number_of_layers": 0}, "line 2: 'number_of_layers' must be a positive integer"),
        ({"optimization_type": 1}, "line 2: 'optimization_type' must be a name"),
        ({"cost_hamiltonian": "Z(0) Z(1"}, "line 2: the Hamiltonian cannot be read"),
        (
            {"cost_hamiltonian": "Z(29)", "number_of_qubits": 29},
            "line 2: the Hamiltonian names Z",
        ),
    ],
)
def test_a_bad_record_names_its_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    given = records(2)
    path = write(tmp_path / "r.jsonl", [given[0], {**given[1], **change}])
    with pytest.raises(InputError, match=message):
        read_records(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"run": None}, "'run' must be a name"),
        ({"run": " "}, "'run' must be a name"),
        ({"run": "\ud800"}, "'run' must be a name"),
        ({"run": "reference"}, "the name 'reference' is taken"),
        ({"run": "baseline:mine"}, "the name 'baseline:mine' is taken"),
        ({"sample_index": 7}, "sample_index 7 is not in .*r.jsonl"),
        ({"sample_index": 1.0}, "'sample_index' must be an integer, not 1.0"),
        ({"candidate": True}, "'candidate' must be an integer, not True"),
        ({"qasm": 3}, "'qasm' must be a string"),
        ({}, r"duplicate run 'a', sample_index 0, candidate 1 \(first seen at .*line 1\)"),
    ],
)
def test_a_bad_generation_names_its_line(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    known = read_records(write(tmp_path / "r.jsonl", records(1)))
    good = generation("a", 0, 1, hadamards(2))
    path = write(tmp_path / "g.jsonl", [good, {**good, **change}])
    with pytest.raises(InputError, match=f"line 2.*{message}"):
        read_generations([path], known)


@pytest.mark.parametrize("field", ["run", "sample_index", "candidate", "qasm"])
def test_a_missing_field_is_named(field: str) -> None:
    row = {k: v for k, v in generation("a", 0, 1, "").items() if k != field}
    with pytest.raises(InputError, match=f"item 1 of the generations lacks '{field}'"):
        read_generations([[row]], read_records(records(1)))


def test_duplicates_across_files_are_found(tmp_path: Path) -> None:
    known = read_records(records(1))
    one = write(tmp_path / "one.jsonl", [generation("a", 0, 1, "")])
    two = write(tmp_path / "two.jsonl", [generation("a", 0, 1, "")])
    with pytest.raises(InputError, match=r"two.jsonl, line 1.*first seen at .*one.jsonl, line 1"):
        read_generations([one, two], known)


def test_nothing_to_judge_is_an_error(tmp_path: Path) -> None:
    known = read_records(records(1))
    empty = write(tmp_path / "empty.jsonl", [])
    with pytest.raises(InputError, match="holds no generations"):
        read_generations([empty], known)
    with pytest.raises(InputError, match="holds no records"):
        read_records(empty)
    with pytest.raises(InputError, match="no generations file at"):
        read_generations([tmp_path / "missing.jsonl"], known)
    with pytest.raises(InputError, match="item 1 of the records is not a mapping"):
        read_records(["a line"])  # type: ignore[list-item]


def test_texts_come_back_and_equal_ones_are_kept_once() -> None:
    texts = ["", "OPENQASM 3.0;\n", "\ud800 half a pair", "naïve \u2028 text"]
    made = [generation("a", 0, i, text) for i, text in enumerate([*texts, *texts])]
    found = read_generations([made], read_records(records(1)))
    assert [found.text(digest) for digest in found.digests.values()] == [*texts, *texts]
    assert len(set(found.digests.values())) == len(found._texts) == len(texts)
    assert found.digests["a", 0, 1] == text_digest(texts[1])


def test_no_text_counts_as_an_empty_one() -> None:
    found = read_generations(
        [[{**generation("a", 0, 1, ""), "qasm": None}]], read_records(records(1))
    )
    assert found.text(found.digests["a", 0, 1]) == ""
