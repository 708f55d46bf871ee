"""Twenty kinds of wrong input that a new user gives, each answered by one line to act on.

Every message names what is wrong and says what to do; none is a verdict on a circuit, a traceback
or an internal fault.
"""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest

from support.command import quasar

GRAPH = {"nodes": [{"id": 0}, {"id": 1}], "edges": [{"source": 0, "target": 1}]}
PAIR = {"problem_type": "maxcut", "graph": GRAPH}
BIG = {"problem_type": "maxcut", "graph": {
    "nodes": [{"id": i} for i in range(30)],
    "edges": [{"source": i, "target": i + 1} for i in range(29)]}}  # fmt: skip
CIRCUIT = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nx q[0];\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in (("p", PAIR), ("big", BIG), ("clique", {**PAIR, "problem_type": "kclique"})):
        (tmp_path / f"{name}.json").write_text(json.dumps(data))
    (tmp_path / "typo.json").write_text(json.dumps({**PAIR, "problem_type": "maxcutt"}))
    (tmp_path / "key.json").write_text(json.dumps({**PAIR, "grpah": GRAPH}))
    (tmp_path / "broken.json").write_text('{"problem_type": "maxcut", ')
    (tmp_path / "list.json").write_text("[1, 2")
    (tmp_path / "bare.edges").write_text("a b\nb c\n")
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "binary.json").write_bytes(bytes(range(256)))
    (tmp_path / "c.qasm").write_text(CIRCUIT)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    (tmp_path / "file").write_text("")
    return tmp_path


MISTAKES = {
    "no such problem file": ("encode --problem absent.json", "absent.json"),
    "a folder for a problem": ("encode --problem full", "full"),
    "an empty problem file": ("encode --problem empty.json", "empty"),
    "a binary problem file": ("encode --problem binary.json", "binary.json"),
    "half a JSON file": ("encode --problem broken.json", "line 1"),
    "a typo in the problem type": ("encode --problem typo.json", "did you mean 'maxcut'"),
    "a typo in a key": ("encode --problem key.json", "did you mean 'graph'"),
    "a missing attribute": ("encode --problem clique.json", "'k'"),
    "a graph without a type": ("encode --problem bare.edges", "--type"),
    "a typo in --type": ("encode --problem bare.edges --type maxct", "did you mean"),
    "an attribute without a value": ("encode --problem clique.json --attribute k", "NAME=VALUE"),
    "a typo in a flag": ("verify c.qasm --probelm p.json", "did you mean --problem?"),
    "a missing option": ("verify c.qasm", "--problem is missing"),
    "a typo in a command": ("verfiy c.qasm --problem p.json", "Did you mean 'verify'?"),
    "no such circuit file": ("verify absent.qasm --problem p.json", "absent.qasm"),
    "a folder for a circuit": ("verify full --problem p.json", "full"),
    "negative layers": ("generate --problem p.json --layers -1", "--layers must be at least 1"),
    "a word for a number": ("generate --problem p.json --seed one", "--seed must be an integer"),
    "an unknown algorithm": ("generate --problem p.json --algorithm qoa", "did you mean 'qaoa'?"),
    "an unknown model": ("generate --problem p.json --model nanoo", "nano"),
    "too many qubits": ("generate --problem big.json --algorithm vqe", "24"),
    "a folder that is not empty": ("generate --problem p.json --out full", "--force"),
    "a file for a folder": ("generate --problem p.json --out file", "choose a folder for --out"),
    "no such place to write": ("optimise c.qasm --problem p.json --out a/b.qasm", "create it"),
    "an unknown coupling": ("verify c.qasm --problem p.json --coupling lin", "'line'"),
    "a value for no input": ("verify c.qasm --problem p.json --set gamma=x", "gamma"),
    "an unknown stage": ("verify c.qasm --problem p.json --stages 9", "--stages takes"),
    "nothing to generate for": ("generate", "--problem FILE"),
    "both on standard input": ("verify - --problem -", "only one of"),
    "an unknown picture format": ("draw c.qasm --out c.bmp", ".png, .svg, .pdf"),
    "not a result's folder": ("show full", "holds nothing that quasar wrote"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_one_line_says_what_to_do(mistake: str, here: Path) -> None:
    line, message = MISTAKES[mistake]
    before = sorted(here.rglob("*"))
    code, out, err = quasar(*line.split())
    assert code == 2, (out, err)
    assert not out
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert len(err) < 1200
    assert message in err
    assert "Traceback" not in err
    assert "internal fault" not in err
    assert sorted(here.rglob("*")) == before


def test_with_json_it_is_said_as_json_too(here: Path) -> None:
    told = json.loads(quasar("encode", "--problem", "absent.json", "--json").out)
    assert told["exit_code"] == 2
    assert "absent.json" in told["error"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_full_disk_and_a_missing_right(
    number: int, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: Path, *_: Any, **__: Any) -> int:
        raise OSError(number, "no", str(self))

    monkeypatch.setattr(Path, "write_bytes", fails)
    code, _, err = quasar("optimise", "c.qasm", "--problem", "p.json", "--out", "better.qasm")
    assert code == {errno.ENOSPC: 4, errno.EACCES: 2}[number]
    assert "better.qasm" in err
    assert err.count("\n") == 1
    assert not (here / "better.qasm").exists()
