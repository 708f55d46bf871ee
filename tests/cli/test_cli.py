"""The command line as a script sees it: output keys and exit codes; a few in a real process."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from quasar.cli import problems
from quasar.problems.load import load_problem
from quasar.problems.registry import OBSERVABLES, PROBLEMS, all_types
from support.agentq import load_records
from support.command import Outcome, quasar

ROOT = Path(__file__).resolve().parents[2]
FLORENCE = ROOT / "examples" / "florentine_maxcut.json"
SQUARE = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": i, "target": (i + 1) % 4} for i in range(4)],
    },
}
CUT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\nx q[0];\nx q[2];\n'

DESIGN = ("generate", "--model", "designer")


def in_a_process(*args: object, stdin: bytes | None = None) -> Outcome:
    run = subprocess.run(
        [sys.executable, "-m", "quasar", *map(str, args)],
        capture_output=True,
        input=stdin,
        timeout=120,
        check=False,
    )
    return Outcome(run.returncode, run.stdout.decode(), run.stderr.decode())


@pytest.fixture
def square(tmp_path: Path) -> Path:
    path = tmp_path / "square.json"
    path.write_text(json.dumps(SQUARE))
    return path


def test_encode_prints_the_contracts_keys(square: Path) -> None:
    code, out, _ = quasar("encode", "--problem", square, "--json")
    data = json.loads(out)
    assert code == 0
    assert {"hamiltonian", "variables", "n_qubits", "constant"} <= data.keys()
    assert data["variables"] == [0, 1, 2, 3]
    assert data["n_qubits"] == 4


def test_encode_gives_the_recorded_hamiltonian(tmp_path: Path) -> None:
    record = load_records()[0]
    path = tmp_path / "record.json"
    path.write_text(json.dumps(record))
    orders = ("natural", "lexicographic")
    texts = [
        json.loads(
            quasar(
                "encode",
                "--problem",
                path,
                "--encoding",
                "agent-q",
                "--variable-order",
                order,
                "--json",
            )[1]
        )["hamiltonian"]
        for order in orders
    ]
    from quasar.core.hamiltonian import IsingHamiltonian
    from quasar.problems.load import same_hamiltonian

    n = record["number_of_qubits"]
    recorded = IsingHamiltonian.from_text(record["cost_hamiltonian"], n)
    assert any(same_hamiltonian(IsingHamiltonian.from_text(t, n), recorded) for t in texts)


def test_verify_exit_codes(square: Path, tmp_path: Path) -> None:
    circuit = tmp_path / "c.qasm"
    circuit.write_text(CUT)
    code, out, _ = quasar("verify", circuit, "--problem", square, "--json")
    report = json.loads(out)
    assert code == 0
    assert report["p_optimal"] == pytest.approx(1.0)
    circuit.write_text(CUT + "oops q[0];\n")
    code, out, _ = quasar("verify", circuit, "--problem", square, "--json")
    assert code == 3
    assert json.loads(out)["fault"]["line"] == 6
    code, out, err = quasar("verify", tmp_path / "absent.qasm", "--problem", square, "--json")
    assert code == 2
    assert json.loads(out)["exit_code"] == 2
    assert "no circuit file" in err
    assert quasar("verify", circuit, "--problem", tmp_path / "absent.json")[0] == 2
    assert quasar("verify", circuit)[0] == 2
    assert quasar("verify", circuit, "--problem", square, "--stages", "9")[0] == 2


def test_verify_reads_standard_input_and_binary_rubbish(square: Path) -> None:
    verify = ("verify", "-", "--problem", square)
    assert quasar(*verify, stdin=CUT.encode())[0] == 0
    code, out, _ = quasar(*verify, stdin=b"\xff\xfe\x00")
    assert code == 3
    assert "UTF-8" in out


def test_a_process_tells_the_same(square: Path, tmp_path: Path) -> None:
    """`python -m quasar` itself: standard input in bytes, and each exit code of the three."""
    verify = ("verify", "-", "--problem", square, "--json")
    for given in (CUT.encode(), b"\xff\xfe\x00"):
        real, here = in_a_process(*verify, stdin=given), quasar(*verify, stdin=given)
        assert real.code == here.code == (0 if given.isascii() else 3)
        assert json.loads(real.out)["energy"] == json.loads(here.out)["energy"]
    absent = ("verify", tmp_path / "absent.qasm", "--problem", square, "--json")
    assert in_a_process(*absent) == quasar(*absent)


def test_verify_sets_inputs(square: Path, tmp_path: Path) -> None:
    circuit = tmp_path / "free.qasm"
    circuit.write_text(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\ninput float gamma;\ninput angle beta;\n'
        "qubit[4] q;\nrx(2*gamma) q[0];\nrx(beta) q[2];\n"
    )
    args = ("verify", circuit, "--problem", square)
    code, out, _ = quasar(*args)
    assert code == 3
    assert "--set beta=0.1 --set gamma=0.1" in " ".join(out.split())
    code, out, _ = quasar(*args, "--json", "--set", "gamma=pi/2", "--set", "beta=pi")
    assert code == 0
    assert json.loads(out)["p_optimal"] == pytest.approx(1.0)
    for wrong in (["gama=1"], ["gamma"], ["gamma=x"], ["gamma=1", "--set", "gamma=2"]):
        code, _, err = quasar(*args, "--set", *wrong)
        assert code == 2
        assert "gam" in err


def test_verify_against_a_reference(square: Path, tmp_path: Path) -> None:
    circuit = tmp_path / "c.qasm"
    circuit.write_text(CUT)
    code, out, _ = quasar(
        "verify", circuit, "--problem", square, "--reference", circuit, "--stages", "1-2", "--json"
    )
    report = json.loads(out)
    assert code == 0
    assert report["relative_entropy"] == pytest.approx(0.0, abs=1e-9)
    assert report["stages"]["objective"] is None


def test_verify_tells_the_size_on_a_device(square: Path, tmp_path: Path) -> None:
    circuit = tmp_path / "c.qasm"
    pairs = [(a, b) for a in range(4) for b in range(a)]
    circuit.write_text(CUT + "".join(f"rz(0.3) q[{b}]; cx q[{a}], q[{b}];\n" for a, b in pairs))
    args = ("verify", circuit, "--problem", square, "--json", "--basis")
    on_line = json.loads(quasar(*args, "ibm-heron", "--coupling", "line")[1])["compiled"]
    on_full = json.loads(quasar(*args, "ibm-heron")[1])["compiled"]
    assert on_full["two_qubit_gates"] == 6
    assert on_line["two_qubit_gates"] > 6
    assert quasar(*args, "abacus")[0] == 2


def test_a_coupling_alone_is_a_target(square: Path, tmp_path: Path) -> None:
    circuit = tmp_path / "c.qasm"
    circuit.write_text(CUT + "".join(f"cx q[0], q[{k}];\n" for k in (1, 2, 3)) * 2)
    args = ("verify", circuit, "--problem", square)
    told = json.loads(quasar(*args, "--coupling", "line", "--json")[1])
    assert told["target"] == {"basis": "generic", "coupling": "line"}
    both = quasar(*args, "--coupling", "line", "--basis", "generic", "--json")[1]
    assert told["compiled"] == json.loads(both)["compiled"]
    basis = json.loads(quasar(*args, "--basis", "ion", "--json")[1])
    assert basis["target"] == {"basis": "ion", "coupling": "full"}
    assert "(generic, heavy-hex)" in quasar(*args, "--coupling", "heavy-hex")[1]
    assert quasar(*args, "--coupling", "moebius")[0] == 2
    assert "target" not in json.loads(quasar(*args, "--json")[1])
    circuit.write_text(CUT + "bit c; c = measure q[0]; if (c) { x q[1]; }\n")
    assert "no fixed list of gates" in quasar(*args, "--basis", "ion")[1]


def test_wrong_number_of_qubits_exits_three(tmp_path: Path) -> None:
    circuit = tmp_path / "c.qasm"
    circuit.write_text(CUT)
    code, out, _ = quasar("verify", circuit, "--problem", FLORENCE)
    assert code == 3
    assert "the circuit has 4 qubits, the problem has 15" in out


def test_generate_writes_a_folder_with_everything(square: Path, tmp_path: Path) -> None:
    out = tmp_path / "result"
    code, text, _ = quasar(
        *DESIGN,
        "--problem",
        square,
        "--algorithm",
        "qaoa",
        "--layers",
        2,
        "--out",
        out,
        "--json",
    )
    assert code == 0
    names = {p.name for p in out.iterdir()}
    assert {"circuit.qasm", "report.json", "manifest.json", "graph.png", "histogram.png"} <= names
    data = json.loads(text)
    report = json.loads((out / "report.json").read_text())
    assert data["p_optimal"] == report["p_optimal"]
    assert report["answer"]["optimal"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert {"commit", "settings", "seed", "versions", "machine"} <= manifest.keys()
    again = quasar("verify", out / "circuit.qasm", "--problem", square, "--json")
    assert json.loads(again[1])["energy"] == report["energy"]

    before = sorted(p.name for p in out.iterdir())
    code, _, err = quasar("generate", "--problem", square, "--out", out)
    assert code == 2
    assert "already exists" in err
    assert sorted(p.name for p in out.iterdir()) == before


def test_generate_is_reproducible(square: Path, tmp_path: Path) -> None:
    circuits = []
    for name in "ab":
        out = tmp_path / name
        args = ("--problem", square, "--algorithm", "vqe", "--seed", 7, "--out", out)
        assert quasar(*DESIGN, *args)[0] == 0
        circuits.append((out / "circuit.qasm").read_text())
    assert circuits[0] == circuits[1]


def test_generate_in_the_style_of_the_benchmark(square: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    args = ("--problem", square, "--style", "agent-q", "--samples", 3, "--out", out)
    assert quasar(*DESIGN, *args)[0] == 0
    report = json.loads((out / "report.json").read_text())
    assert len(report["candidates"]) == 3
    assert report["top_is_optimal"]
    assert json.loads((out / "manifest.json").read_text())["settings"]["style"] == "agent-q"
    assert quasar(*DESIGN, "--problem", square, "--style", "other", "--out", out)[0] == 2


def test_generate_refuses_what_makes_no_sense(square: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    assert quasar("generate", "--out", out)[0] == 2
    assert quasar("generate", "--problem", square, "--out", out, "--model", "oracle")[0] == 2
    assert (
        quasar(
            *DESIGN,
            "--problem",
            square,
            "--out",
            out,
            "--algorithm",
            "adaptive_vqe",
            "--layers",
            2,
        )[0]
        == 2
    )
    assert not out.exists()


def test_vqe_of_forty_qubits_exits_two_with_the_reason(tmp_path: Path) -> None:
    big = tmp_path / "big.json"
    nodes = [{"id": i} for i in range(40)]
    edges = [{"source": i, "target": i + 1} for i in range(39)]
    big.write_text(json.dumps({**SQUARE, "graph": {"nodes": nodes, "edges": edges}}))
    code, _, err = quasar(
        "generate", "--algorithm", "vqe", "--problem", big, "--out", tmp_path / "x"
    )
    assert code == 2
    assert "has 40" in err
    assert "24 qubits" in err


def test_generate_for_records_resumes(tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl.gz"
    with gzip.open(records, "wt") as stream:
        for i in range(3):
            stream.write(json.dumps({**SQUARE, "sample_index": 10 + i}) + "\n")
    out = tmp_path / "g.jsonl"
    args = (
        *DESIGN,
        "--records",
        records,
        "--algorithm",
        "qaoa",
        "--layers",
        1,
        "--samples",
        2,
        "--out",
        out,
        "--json",
    )
    assert json.loads(quasar(*args)[1])["written"] == 6
    whole = out.read_text()
    lines = whole.splitlines(keepends=True)
    assert [json.loads(line)["sample_index"] for line in lines] == [10, 10, 11, 11, 12, 12]
    assert json.loads(lines[0]).keys() == {"run", "sample_index", "candidate", "qasm"}
    out.write_text("".join(lines[:3]) + lines[3][:20])  # killed in the middle of a line
    assert json.loads(quasar(*args)[1]) == {"out": str(out), "written": 3, "kept": 3}
    assert out.read_text() == whole


def test_help_names_every_command() -> None:
    code, out, _ = quasar("--help")
    assert code == 0
    for name in ("generate", "verify", "encode", "problems"):
        assert name in out


def test_problems_lists_all_types() -> None:
    data = json.loads(quasar("problems", "--json")[1])
    assert list(data) == list(all_types())
    assert data["vertex_cover"]["encodings"] == ["exact", "agent-q"]
    assert data["kclique"]["required"] == ["graph", "k"]
    lines = quasar("problems")[1].splitlines()
    assert [line.split()[0] for line in lines[: len(PROBLEMS)]] == sorted(PROBLEMS)
    more = lines[len(PROBLEMS) + 2 :][: len(OBSERVABLES)]
    assert [line.split()[0] for line in more] == sorted(OBSERVABLES)


def test_problems_shows_what_one_type_reads(capsys: pytest.CaptureFixture[str]) -> None:
    for name in all_types():
        problems.command(name, as_json=True)
        about = json.loads(capsys.readouterr().out)
        assert load_problem(about["example"]).n_qubits <= 9
        problems.command(name, template=True)
        assert json.loads(capsys.readouterr().out) == about["example"]
    code, out, _ = quasar("problems", "max-flow")
    assert code == 0
    assert "attribute   source: where the flow begins" in out
    assert "of edges    capacity: capacity of the arc" in out
    code, _, errors = quasar("problems", "sudoku")
    assert code == 2
    assert "unknown problem type 'sudoku'" in errors
    code, out, _ = quasar("problems", "kclique")
    assert "attribute   k: size of the clique (required)" in out
    code, _, errors = quasar("problems", "--template")
    assert code == 2
    assert "--template needs a type" in errors


def test_the_key_of_the_weights_is_named_on_the_command_line(tmp_path: Path) -> None:
    edges = [{"source": 0, "target": 1, "km": 3}, {"source": 1, "target": 2, "km": 4}]
    graph = {"nodes": [{"id": i} for i in range(3)], "edges": edges}
    path = tmp_path / "roads.json"
    path.write_text(json.dumps({"problem_type": "maxcut", "graph": graph}))
    code, _, errors = quasar("encode", "--problem", str(path))
    assert code == 2
    assert "edge 0 - 1 has the key 'km', which maxcut does not read" in errors
    code, out, _ = quasar("encode", "--problem", str(path), "--weight", "km", "--json")
    assert code == 0
    assert json.loads(out)["hamiltonian"] == "1.5 * (Z(0) @ Z(1)) + 2.0 * (Z(1) @ Z(2))"
    circuit = tmp_path / "c.qasm"
    circuit.write_text('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nx q[1];\n')
    code, out, _ = quasar(
        "verify", str(circuit), "--problem", str(path), "--weight", "km", "--json"
    )
    assert code == 0
    assert json.loads(out)["top_is_optimal"]
