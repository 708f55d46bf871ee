"""`quasar generate` with language models: options, files, exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import quasar
from quasar.agent import generate as agent_generate
from quasar.cli.generate_options import model_options
from quasar.cli.main import app
from quasar.core.errors import EXIT_INFRASTRUCTURE, InputError, QuasarError
from quasar.models.scripted import ScriptedModel
from quasar.problems.load import load_problem
from quasar.prompts.published import published_prompt
from support.chat_server import complains, says, serving
from support.tiny_model import save_checkpoint

SQUARE = {
    "problem_type": "maxcut",
    "graph": {
        "nodes": [{"id": i} for i in range(4)],
        "edges": [{"source": i, "target": (i + 1) % 4} for i in range(4)],
    },
}
START = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[4] q;\n'
WRONG = START + "".join(f"ry(0.0) q[{i}];\n" for i in range(4))
RIGHT = START + "x q[0];\nx q[2];\nry(0.0) q[1];\ncx q[1], q[3];\n"


@pytest.fixture
def square(tmp_path: Path) -> Path:
    path = tmp_path / "square.json"
    path.write_text(json.dumps(SQUARE))
    return path


class Written:
    """What the stand-in for the model registry saw."""

    def __init__(self) -> None:
        self.model = ScriptedModel(lambda *_: WRONG, name="m")
        self.options: Any = None

    def load(self, spec: str, options: Any = None) -> ScriptedModel:
        self.spec, self.options = spec, options
        return self.model


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    stand_in = Written()
    monkeypatch.setattr(agent_generate, "load_model", stand_in.load)
    return stand_in


def run(*args: object) -> Result:
    return CliRunner().invoke(app, ["generate", *map(str, args)])


def test_one_problem(square: Path, tmp_path: Path, written: Written) -> None:
    written.model = ScriptedModel([WRONG, RIGHT], name="m")
    out = tmp_path / "x"
    args = ("--problem", square, "--model", "some/thing", "--out", out, "--samples", 2)
    options = ("--model-option", "dtype=float32", "--model-option", 'omit=["n"]', "--constrained")
    result = run(*args, *options, "--json")
    assert result.exit_code == 0
    assert written.spec == "some/thing"
    assert written.options == {"dtype": "float32", "omit": ["n"]}
    assert written.model.qubits == [4]
    data = json.loads(result.stdout)
    assert (data["model"], data["origin"]) == ("m", "model")
    assert [c["name"] for c in data["candidates"]] == ["answer 2", "answer 1"]
    assert (out / "circuit.qasm").read_text() == RIGHT
    assert {"answers.jsonl", "report.json", "histogram.png", "graph.png"} <= set(data["files"])
    assert "written.qasm" not in data["files"]
    answers = [json.loads(line) for line in (out / "answers.jsonl").read_text().splitlines()]
    assert [answer["text"] for answer in answers] == [RIGHT, WRONG]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["temperature"] == 0.7
    assert manifest["settings"]["constrained"]


def test_refine_shows_each_steps_gain(square: Path, tmp_path: Path, written: Written) -> None:
    out = tmp_path / "x"
    args = ("--problem", square, "--model", "m", "--out", out, "--samples", 2, "--refine")
    result = run(*args, "--budget", 300, "--trace")
    assert result.exit_code == 0, result.output
    # A folder's path is one word, which is not broken.
    lines = [line for line in result.stdout.splitlines() if str(tmp_path) not in line]
    assert max(map(len, lines)) <= 80
    assert result.stdout.index("answer  ") < result.stdout.index("circuit  ")
    assert result.stdout.index("circuit  ") < result.stdout.index(" step ")
    assert len(written.model.chats) == 3  # one call for two answers, then two conversations
    gains = r" polished answer 1, polished +0\.0000 -> >0\.9999 +0\.000 -> >0\.999"
    assert re.search(gains, result.stdout)
    assert "written by  m, its angles by the optimiser" in result.stdout
    report = json.loads((out / "report.json").read_text())
    assert report["origin"] == "polished"
    assert [step["kind"] for step in report["trace"]] == ["wrote"] * 2 + ["revised"] * 2 + [
        "polished"
    ]
    assert (out / "written.qasm").read_text() == WRONG
    assert (out / "circuit.qasm").read_text() != WRONG
    assert (out / "optimisation.png").exists()


def test_an_answer_without_a_circuit_exits_three(
    square: Path, tmp_path: Path, written: Written
) -> None:
    written.model = ScriptedModel(["I would rather not."], name="m")
    out = tmp_path / "x"
    result = run("--problem", square, "--model", "m", "--out", out)
    assert result.exit_code == 3
    assert "no OpenQASM program" in result.stdout
    names = {"answers.jsonl", "generation.json", "manifest.json", "problem.json", "report.json"}
    assert {p.name for p in out.iterdir()} == names


def test_a_prompt_is_read_back(square: Path, tmp_path: Path, written: Written) -> None:
    text = published_prompt(load_problem(SQUARE)).replace("1 layers", "3 layers")
    written.model = ScriptedModel(lambda *_: RIGHT, name="m", prompt_style="published")
    result = run("--prompt", text, "--model", "m", "--out", tmp_path / "x", "--json")
    assert result.exit_code == 0, result.output
    assert "3 layers" in written.model.chats[0][-1]["content"]
    assert json.loads(result.stdout)["open_choices"] == []
    result = run("--prompt", text, "--layers", 2, "--model", "m", "--out", tmp_path / "y")
    assert "2 layers" in written.model.chats[1][-1]["content"]


def test_what_a_prompt_leaves_open_is_said(tmp_path: Path) -> None:
    text = (
        "Design a QASM 3.0 quantum circuit with 3 qubits and 1 layers to solve the "
        "hypermaxcut given the graph: [[0, 1, 2], [1, 2]]."
    )
    args = ("--prompt", text, "--algorithm", "qaoa", "--model", "designer", "--json")
    result = run(*args, "--out", tmp_path / "x")
    assert result.exit_code == 0, result.output
    choices = json.loads(result.stdout)["open_choices"]
    assert len(choices) == 1
    assert "'agent-q'" in choices[0]
    assert choices[0][:40] in result.stderr


def test_records(tmp_path: Path, written: Written) -> None:
    records, out = tmp_path / "r.jsonl", tmp_path / "g.jsonl"
    records.write_text("".join(json.dumps({**SQUARE, "sample_index": i}) + "\n" for i in range(3)))
    args = ("--records", records, "--model", "m", "--out", out, "--samples", 2, "--json")
    result = run(*args)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {"out": str(out), "written": 6, "kept": 0}
    first = json.loads(out.read_text().splitlines()[0])
    assert (first["run"], first["qasm"], first["text"]) == ("m", WRONG, WRONG)
    whole = out.read_text()
    out.write_text(whole[: len(whole) // 2])
    data = json.loads(run(*args).stdout)
    assert data["written"] + data["kept"] == 6
    assert out.read_text() == whole


@pytest.mark.parametrize(
    "args",
    [
        ["--prompt", "x", "--problem", "y", "--out", "z"],
        ["--prompt", "nothing in it", "--out", "z"],
        ["--problem", "SQUARE", "--out", "z", "--model", "no such"],
        ["--problem", "SQUARE", "--out", "z", "--model", "nobody/never", "--model-option", "a"],
        ["--problem", "SQUARE", "--out", "z", "--model", "designer", "--model-option", "a=b"],
    ],
)
def test_bad_usage(
    args: list[str], square: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*[str(square) if arg == "SQUARE" else arg for arg in args])
    assert isinstance(result.exception, InputError)
    assert not (tmp_path / "z").exists()


def test_model_options_are_pairs() -> None:
    assert model_options(["a=b=c", 'd={"e": 1}']) == {"a": "b=c", "d": {"e": 1}}
    for wrong in ("a", "=b", "a=[1"):
        with pytest.raises(InputError, match="--model-option"):
            model_options([wrong])


def test_too_many_qubits(square: Path, tmp_path: Path, written: Written) -> None:
    written.model = ScriptedModel([], name="m", max_qubits=3)
    result = run("--problem", square, "--model", "m", "--out", tmp_path / "x")
    assert isinstance(result.exception, InputError)
    assert "--model designer" in str(result.exception)


@pytest.mark.parametrize("trouble", [complains(429), complains(500)])
def test_an_endpoint_in_trouble_exits_four(square: Path, tmp_path: Path, trouble: Any) -> None:
    pytest.importorskip("openai")
    with serving(lambda *_: trouble) as server:
        options = (f"base_url={server.url}", "retries=0")
        named = [part for option in options for part in ("--model-option", option)]
        result = run("--problem", square, "--model", "openai:m", "--out", tmp_path / "x", *named)
    assert isinstance(result.exception, QuasarError)
    assert result.exception.exit_code == EXIT_INFRASTRUCTURE
    assert "no usable answer" in str(result.exception)
    assert not (tmp_path / "x").exists()


def test_an_endpoint_that_answers(square: Path, tmp_path: Path) -> None:
    pytest.importorskip("openai")
    with serving(lambda *_: says(f"```qasm\n{RIGHT}\n```", usage=(100, 50))) as server:
        url = ("--model-option", f"base_url={server.url}", "--temperature", 0.2)
        args = ("--problem", square, "--model", "openai:m", "--out", tmp_path / "x")
        result = run(*args, *url, "--max-tokens", 99, "--json")
        (request,) = server.seen
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["candidates"][0]["tokens"] == 50
    assert request["body"]["temperature"] == 0.2
    assert request["body"]["max_tokens"] == 99


def test_a_real_checkpoint(square: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    folder = save_checkpoint(tmp_path / "tiny")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 2048}))
    (folder / "quasar.json").write_text('{"prompt_style": "published", "name": "tiny"}')
    records, out = tmp_path / "r.jsonl", tmp_path / "g.jsonl"
    records.write_text("".join(json.dumps({**SQUARE, "sample_index": i}) + "\n" for i in range(2)))
    done = run(
        *("--records", records, "--model", folder, "--out", out, "--samples", 2, "--constrained"),
        *("--max-tokens", 60, "--temperature", 1, "--top-p", 1),
    )
    assert done.exit_code == 0, done.output
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["run"] for line in lines] == ["tiny"] * 4
    assert all(line["qasm"].startswith("OPENQASM 3.0;") for line in lines)
    assert lines[0]["qasm"] != lines[1]["qasm"]
    assert lines[0]["qasm"] == lines[2]["qasm"]  # equal prompts, equal seeds
    assert 0 < lines[0]["completion_tokens"] <= 60


DESIGNED = ("--model", "designer", "--algorithm", "qaoa", "--layers", 1)


def test_without_out_the_answer_is_printed_and_nothing_is_written(
    square: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("--problem", square, *DESIGNED)
    assert result.exit_code == 0, result.output
    summary, head, program = result.stdout.partition("OPENQASM 3.0;")
    assert "objective   4" in summary
    report = quasar.verify(head + program, SQUARE)
    assert report.top_is_optimal
    told = json.loads(run("--problem", square, *DESIGNED, "--json").stdout)
    assert told["qasm"] == head + program
    assert (told["out"], told["files"]) == (None, [])
    assert [path.name for path in tmp_path.iterdir()] == ["square.json"]
    assert isinstance(run("--records", square, "--model", "designer").exception, InputError)


def test_the_compiled_circuit_stands_beside_the_logical_one(square: Path, tmp_path: Path) -> None:
    out = tmp_path / "x"
    result = run("--problem", square, *DESIGNED, "--coupling", "line", "--out", out)
    assert result.exit_code == 0, result.output
    assert "(generic, line)" in result.stdout
    report = json.loads((out / "report.json").read_text())
    assert report["target"] == {"basis": "generic", "coupling": "line"}
    assert report["compiled"]["two_qubit_gates"] > report["candidates"][0]["two_qubit_gates"]
    again = quasar.verify((out / "compiled.qasm").read_text(), SQUARE)
    assert again.p_optimal == pytest.approx(report["p_optimal"])
    plain = json.loads(run("--problem", square, *DESIGNED, "--json").stdout)
    assert "target" not in plain


def test_options_of_models_are_refused_for_the_designer(square: Path) -> None:
    result = run("--problem", square, "--model", "designer", "--temperature", 0.3)
    assert isinstance(result.exception, InputError)
    assert "--temperature has no effect here" in str(result.exception)


def test_a_named_model_is_told_that_ground_states_are_the_designers() -> None:
    asked = ["generate", "--type", "tfim", "--attribute", "n=2"]
    quiet = CliRunner().invoke(app, asked)
    told = CliRunner().invoke(app, [*asked, "--model", "nano"])
    assert quiet.exit_code == told.exit_code == 0
    assert "this is the designer's" in told.stderr
    assert "note:" not in quiet.stderr
    assert quiet.stdout.splitlines()[0] == told.stdout.splitlines()[0]


def test_a_mixer_keeps_the_constraints_and_says_which(square: Path, tmp_path: Path) -> None:
    path = {"nodes": [{"id": i} for i in range(3)]}
    path["edges"] = [{"source": 0, "target": 1}, {"source": 1, "target": 2}]
    colours = {"problem_type": "graph_coloring", "graph": path}
    file = tmp_path / "colours.json"
    file.write_text(json.dumps({**colours, "problem_specific_attributes": {"number_of_colors": 2}}))
    out = tmp_path / "out"
    done = run("--problem", file, "--mixer", "xy-complete", "--layers", "2", "--out", out)
    assert done.exit_code == 0
    assert "keeps 3 sums (1 of 2 variables), and leaves 1 other" in " ".join(done.stdout.split())
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["settings"]["mixer"] == "xy-complete"
    assert "xy-complete-mixer qaoa p=2" in manifest["settings"]["layers"]
    refused = run("--problem", square, "--mixer", "grover")
    assert isinstance(refused.exception, InputError)
    assert "fixes no sum of variables" in str(refused.exception)
    idle = run("--problem", file, "--mixer", "xy", "--model", "nano").exception
    assert "--mixer has no effect here: it is for the designer's QAOA" in str(idle)
