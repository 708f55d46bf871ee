"""Every kind of damage is found, named and placed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quasar.core.errors import InputError
from quasar.data import storage
from quasar.data.build import build
from quasar.data.check import check_record
from quasar.data.validate import validate
from support.small_data import records_of, small

Record = dict[str, Any]


def test_a_sound_data_set_passes(small_set: Path) -> None:
    found = validate(small_set, jobs=2)
    assert found.findings == []
    assert (found.records, found.checked) == (30, 30)
    assert validate(small_set, jobs=1, sample=3).checked == 3


def test_converged_records_of_every_type_pass(tmp_path: Path) -> None:
    settings = small(
        recipe="converged", count=40, max_qubits=6, algorithms={"vqe": 3, "adaptive_vqe": 1}
    )
    build(tmp_path / "d", settings, jobs=1)
    assert validate(tmp_path / "d", jobs=1).findings == []
    kinds = {r["problem_type"] for r in records_of(tmp_path / "d")}
    assert {"ising", "qubo", "hubo"} & kinds


def test_without_a_manifest_there_is_no_data_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"manifest\.json"):
        validate(tmp_path)


def _json(field: str, key: str, change: Callable[[Any], Any]) -> Callable[[Record], None]:
    def damage(record: Record) -> None:
        content = json.loads(record[field])
        content[key] = change(content[key])
        record[field] = json.dumps(content)

    return damage


def _set(field: str, change: Callable[[Any], Any]) -> Callable[[Record], None]:
    def damage(record: Record) -> None:
        record[field] = change(record[field])

    return damage


def _flip(bits: str) -> str:
    return "".join("1" if b == "0" else "0" for b in bits)


def _edge_lost(record: Record) -> None:
    graph = json.loads(record["graph"])
    graph.get("edges", graph.get("hyperedges")).pop()
    record["graph"] = json.dumps(graph)


def _gate_added(qasm: str) -> str:
    return qasm.replace("c[0] = measure", "x q[0];\nc[0] = measure", 1)


def _most_probable_first(record: Record) -> None:
    solution = json.loads(record["solution"])
    for name in ("states", "bitstrings", "probabilities"):
        solution[name].reverse()
    record["solution"] = json.dumps(solution)


DAMAGE: dict[str, tuple[Callable[[Record], None], str]] = {
    "field lost": (lambda r: r.pop("depth"), "no field 'depth'"),
    "wrong type": (_set("gates", str), "gates must be integer"),
    "not a problem": (_set("problem", lambda p: "{}"), "'problem' is not a problem file"),
    "graph changed": (_edge_lost, "graph differs"),
    "another Hamiltonian": (_set("cost_hamiltonian", lambda h: h + " + 0.5 * Z(0)"), "encoding"),
    "unknown order": (_set("variable_order", lambda _: "lexical"), "must be one of"),
    "qubits": (_set("number_of_qubits", lambda n: n + 1), "qubits"),
    "signature": (_set("signature", lambda s: s[::-1]), "signature"),
    "layers": (_set("number_of_layers", lambda n: n + 1), "signature"),
    "instance": (_set("instance_id", lambda s: s[::-1]), "instance_id"),
    "split": (_set("split", lambda s: "test" if s == "train" else "train"), "split"),
    "text broken": (_set("circuit_with_params", lambda q: q.replace(";", "", 1)), "importer"),
    "text cut": (_set("circuit_with_params", lambda q: q[: len(q) // 2]), ""),
    "gate added": (_set("circuit_with_params", _gate_added), "gates is"),
    "angle changed": (_set("energy", lambda e: e + 1e-4), "energy is"),
    "ratio": (_set("approximation_ratio", lambda r: r * 0.999), "approximation_ratio"),
    "P(opt)": (_set("p_optimal", lambda p: p * 0.999), "p_optimal"),
    "top state": (_set("top_is_optimal", lambda t: not t), "top_is_optimal"),
    "basis state": (_set("basis_state", lambda b: not b), "basis_state"),
    "product state": (_set("product_state", lambda b: not b), "product_state"),
    "depth": (_set("depth", lambda d: d + 1), "depth"),
    "two-qubit gates": (_set("two_qubit_gates", lambda g: g + 1), "two_qubit_gates"),
    "lowest energy": (_set("e_min", lambda e: e - 1), "e_min"),
    "highest energy": (_set("e_max", lambda e: e + 1), "e_max"),
    "eigenvalue": (
        _json("exact_solution", "smallest_eigenvalues", lambda v: [x + 0.5 for x in v]),
        "smallest_eigenvalues",
    ),
    "ground states": (
        _json("exact_solution", "number_of_smallest_eigenvalues", lambda n: n + 1),
        "number_of_smallest_eigenvalues",
    ),
    "excited": (
        _json("exact_solution", "first_excited_energy", lambda e: e + 1),
        "first_excited_energy",
    ),
    "bit strings": (
        _json("exact_solution", "smallest_bitstrings", lambda b: [_flip(b[0]), *b[1:]]),
        "ground states",
    ),
    "expectation": (
        _json("solution", "expectation_value", lambda e: e + 1e-3),
        "expectation_value",
    ),
    "probabilities": (
        _json("solution", "probabilities", lambda p: [p[0], p[1] - 1e-3]),
        "probability",
    ),
    "states": (_json("solution", "states", lambda s: [s[0] ^ 1, s[1]]), "different states"),
    "order": (_json("solution", "bitstrings", lambda b: b[::-1]), "solution"),
    "most probable first": (_most_probable_first, "not ascending"),
    "one state": (_json("solution", "bitstrings", lambda b: b[:1]), "two different states"),
    "no list of states": (_json("solution", "bitstrings", lambda b: b[0]), "two different states"),
    "states too wide": (
        _json("solution", "bitstrings", lambda b: [b[0] + "0", b[1]]),
        "two different states",
    ),
    "probabilities as words": (
        _json("solution", "probabilities", lambda p: [str(x) for x in p]),
        "must be two numbers",
    ),
    "no Hamiltonian": (_set("cost_hamiltonian", lambda h: "nonsense"), "not a problem file"),
    "no JSON": (_set("solution", lambda s: s[1:]), "not a JSON object"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(name: str, small_set: Path) -> None:
    damage, words = DAMAGE[name]
    found = []
    for record in records_of(small_set)[:4]:
        assert check_record(record, small()) == []
        spoilt = dict(record)
        damage(spoilt)
        found.append(check_record(spoilt, small()))
    assert all(found)
    assert any(words in fault for faults in found for fault in faults)


@pytest.mark.parametrize("missing", ["absent", "null"])
def test_records_of_earlier_versions_are_judged_by_their_rule(
    missing: str, small_set: Path
) -> None:
    """They have no `product_state`, and `basis_state` goes by gates and a probability of 0.99."""
    for record in records_of(small_set)[::3]:
        top = max(json.loads(record["solution"])["probabilities"])
        record["basis_state"] = record["two_qubit_gates"] == 0 and top > 0.99
        record["product_state"] = None
        if missing == "absent":
            del record["product_state"]
        assert check_record(record, small()) == []
        record["basis_state"] = not record["basis_state"]
        assert any("basis_state" in fault for fault in check_record(record, small()))


def test_too_long_a_text_is_found(small_set: Path) -> None:
    faults = check_record(records_of(small_set)[0], small(max_characters=100))
    assert any("characters" in fault for fault in faults)


def _rewrite(folder: Path, change: Callable[[list[Record]], list[Record]]) -> str:
    path = min((folder / "data").glob("train-*.parquet"))
    storage.write_records(path, change(list(storage.read_records(path))), {})
    return f"data/{path.name}"


def _gate_moved(records: list[Record]) -> list[Record]:
    records[1]["energy"] += 0.25
    return records


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda records: records[1:], "records are missing"),
        (lambda records: [*records, records[0]], "occurs twice"),
        (lambda records: records[::-1], "hash differs"),
        (_gate_moved, "energy is"),
    ],
    ids=["lost", "doubled", "reordered", "changed"],
)
def test_damage_to_the_whole_is_found(
    change: Callable[[list[Record]], list[Record]], words: str, small_set: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "d"
    shutil.copytree(small_set, folder)
    file = _rewrite(folder, change)
    findings = validate(folder, jobs=1).findings
    assert any(words in finding.fault for finding in findings)
    assert any("hash" in f.fault for f in findings)
    if words == "energy is":
        finding = next(f for f in findings if words in f.fault)
        assert (finding.file, finding.row) == (file, 1)
        assert finding.record == list(storage.read_records(folder / file))[1]["index"]


def test_a_file_that_is_no_parquet_is_named(small_set: Path, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    shutil.copytree(small_set, folder)
    path = min((folder / "data").glob("train-*.parquet"))
    path.write_bytes(path.read_bytes()[:200])
    findings = validate(folder, jobs=1).findings
    assert any(f.file == f"data/{path.name}" and "parquet" in f.fault for f in findings)
