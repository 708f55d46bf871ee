"""The whole evaluation: published figures reproduced, and work that survives whatever ends it."""

from __future__ import annotations

import gzip
import json
import math
import os
import signal
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import quasar
from quasar.core.cluster import Cluster
from quasar.core.errors import InputError
from quasar.evaluation.evaluate import run
from quasar.evaluation.result import Evaluation, EvaluationSettings
from quasar.evaluation.rows import Key
from quasar.evaluation.store import CANDIDATES, REFERENCES
from quasar.verifier.sandbox import SandboxLimits
from quasar.verifier.settings import DeviceSettings
from support.agentq import agentq_folder, load_expected, load_lines
from support.command import quasar as command
from support.commands import start
from support.small_evaluation import generation, generations, hadamards, records, write

ONE = EvaluationSettings(jobs=1, sandbox=None, resamples=50)
FIELDS = (
    "relative_entropy",
    "energy",
    "energy_reference",
    "energy_bit_reversed",
    "energy_reference_bit_reversed",
    "p_optimal",
)
RANDOM_OUTCOME: Key = ("gpt-5@10", 479, 7)
"""Goes on after measuring three qubits. The independent scorer's figures are those of one random
outcome (0, 0, 1, by which all of them are met to the last digit), which nothing exact can give."""


def rows(folder: Path) -> dict[Key, dict[str, Any]]:
    lines = (folder / CANDIDATES).read_text().splitlines()
    found = [json.loads(line) for line in lines]
    return {(row["run"], row["sample_index"], row["candidate"]): row for row in found}


def measure(folder: Path, given: list[Any], made: list[Any], **settings: Any) -> Evaluation:
    return run(given, [made], folder, ONE.model_copy(update=settings))


# --- the benchmark -------------------------------------------------------------------------------


class Benchmark(NamedTuple):
    runs: frozenset[str]
    generations: list[dict[str, Any]]
    folder: Path
    done: Evaluation

    def expected_table(self) -> dict[str, Any]:
        table = json.loads((agentq_folder() / "expected_table.json").read_text())
        return {name: row for name, row in table.items() if name in self.runs}


@pytest.fixture(
    scope="module",
    params=["@1", pytest.param("", marks=pytest.mark.slow)],
    ids=["one-answer-a-record", "all-answers"],
)
def benchmark(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Benchmark:
    """The shared generations, judged once without the sandbox; skips where they are absent."""
    made = [g for g in load_lines("generations.jsonl.gz") if g["run"].endswith(request.param)]
    folder = tmp_path_factory.mktemp("benchmark")
    settings = EvaluationSettings(jobs=2, sandbox=None, resamples=1000)
    done = run(agentq_folder() / "records.jsonl.gz", [made], folder, settings)
    return Benchmark(frozenset(g["run"] for g in made), made, folder, done)


def test_every_number_of_the_expected_table(benchmark: Benchmark) -> None:
    done, wanted = benchmark.done, benchmark.expected_table()
    assert len(wanted) >= 3
    assert list(done.table) == list(wanted)
    for name, row in wanted.items():
        for metric, value in row.items():
            assert done.table[name][metric] == pytest.approx(value, abs=1e-6), (name, metric)


def test_the_papers_convention_gives_the_reversed_column(benchmark: Benchmark) -> None:
    folder = benchmark.folder
    before = (folder / CANDIDATES).read_bytes()
    settings = EvaluationSettings(jobs=2, sandbox=None, energy_convention="agent-q", resamples=100)
    records_file = agentq_folder() / "records.jsonl.gz"
    again = run(records_file, [benchmark.generations], folder, settings)
    assert again.distinct == 0
    assert (folder / CANDIDATES).read_bytes() == before
    for name, row in benchmark.expected_table().items():
        found = again.table[name]
        assert found["energy_convention"] == "agent-q"
        assert found["SREV"] == pytest.approx(row["SREV_bit_reversed"], abs=1e-6)
        assert found["SREV_physical"] == pytest.approx(row["SREV"], abs=1e-6)


def test_every_measurement_of_every_candidate(benchmark: Benchmark) -> None:
    found = rows(benchmark.folder)
    wanted = {key: row for key, row in load_expected().items() if key[0] in benchmark.runs}
    assert found.keys() == wanted.keys()
    wrong = []
    for key, row in wanted.items():
        if key == RANDOM_OUTCOME:
            continue
        mine = found[key]
        if (mine["parses"], mine["n_qubits"]) != (row["parses"], row["n_qubits"]):
            wrong.append((key, "parses, n_qubits"))
        for name in FIELDS:
            a, b = mine[name], row[name]
            if a is None or b is None:
                same = a is b
            else:
                same = math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9)
            if not same:
                wrong.append((key, name))
    assert not wrong
    assert all(found[key]["feasible"] for key in {RANDOM_OUTCOME} & wanted.keys())


def test_candidates_are_sorted_by_run_record_and_candidate(benchmark: Benchmark) -> None:
    order = list(benchmark.done.table)
    keys = [(order.index(name), *rest) for name, *rest in rows(benchmark.folder)]
    assert keys == sorted(keys)


@pytest.mark.slow
def test_ten_samples_estimate_one(benchmark: Benchmark) -> None:
    if len(benchmark.runs) == 3:
        pytest.skip("one answer a record: nothing to estimate from")
    done = benchmark.done
    for model in ("gpt-5", "gpt-4o", "deepseek-v3"):
        estimate = done.table[f"{model}@10"]["pass_at"]["1"]["SCR"]
        low, high = done.table[f"{model}@1"]["intervals"]["SCR"]
        assert low - 0.05 <= estimate <= high + 0.05


def test_the_sandbox_changes_no_figure(benchmark: Benchmark, tmp_path: Path) -> None:
    some = load_lines("records.jsonl.gz")[:6]
    wanted = {record["sample_index"] for record in some}
    made = [g for g in benchmark.generations if g["sample_index"] in wanted]
    run(some, [made], tmp_path, EvaluationSettings(jobs=2, resamples=10))
    known = rows(benchmark.folder)
    assert rows(tmp_path) == {key: known[key] for key in rows(tmp_path)}


# --- what is kept, and what is done again --------------------------------------------------------


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    given = records(6)
    made = generations(given, "a", 2) + generations(given, "b")
    names = ("candidates.jsonl", "references.jsonl", "table.json")
    measure(tmp_path / "one", given, made, baselines=True)
    measure(tmp_path / "two", given, made, baselines=True)
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_equal_texts_are_judged_once(tmp_path: Path) -> None:
    given = records(3)
    made = generations(given, "a") + generations(given, "b")
    done = measure(tmp_path, given, made)
    assert done.distinct == 3
    assert done.table["a"]["SCR"] == done.table["b"]["SCR"]


def test_a_finished_evaluation_is_not_done_again(tmp_path: Path) -> None:
    given = records(4)
    made = generations(given, "a", 2)
    first = measure(tmp_path, given, made)
    second = measure(tmp_path, given, made)
    assert second.distinct == 0
    assert second.table == first.table


def test_a_further_run_joins_the_table(tmp_path: Path) -> None:
    given = records(5)
    one, two = generations(given, "one", 2), generations(given, "two")
    measure(tmp_path / "apart", given, one)
    joined = measure(tmp_path / "apart", given, two)
    together = measure(tmp_path / "together", given, one + two)
    assert list(joined.table) == ["one", "two"]
    assert joined.table == together.table
    assert (tmp_path / "apart" / CANDIDATES).read_bytes() == (
        tmp_path / "together" / CANDIDATES
    ).read_bytes()


def test_further_candidates_join_their_run(tmp_path: Path) -> None:
    given = records(3)
    made = generations(given, "a", 3)
    measure(tmp_path, given, [row for row in made if row["candidate"] == 1])
    done = measure(tmp_path, given, made)
    assert done.distinct == 6
    assert done.table["a"]["candidates_per_record"] == 3


def test_a_torn_line_is_measured_again(tmp_path: Path) -> None:
    given = records(4)
    made = generations(given, "a", 2)
    measure(tmp_path, given, made)
    path = tmp_path / CANDIDATES
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    done = measure(tmp_path, given, made)
    assert 0 < done.distinct < 8
    assert path.read_bytes() == whole


def test_other_text_for_a_known_candidate_is_refused(tmp_path: Path) -> None:
    given = records(2)
    measure(tmp_path, given, generations(given, "a"))
    other = [generation("a", 0, 1, hadamards(2))]
    with pytest.raises(InputError, match=r"another text for run 'a', sample_index 0, candidate 1"):
        measure(tmp_path, given, other)


def test_other_records_and_settings_are_refused_unless_forced(tmp_path: Path) -> None:
    given = records(3)
    made = generations(given[:2], "a")
    measure(tmp_path, given, made)
    with pytest.raises(InputError, match="measured with other records"):
        measure(tmp_path, given[:2], made)
    with pytest.raises(InputError, match="measured with other settings"):
        run(given, [made], tmp_path, EvaluationSettings(jobs=1))
    done = run(given[:2], [made], tmp_path, ONE, force=True)
    assert done.table["a"]["samples"] == 2
    assert len(rows(tmp_path)) == 2


def test_other_versions_are_refused(tmp_path: Path) -> None:
    given = records(2)
    made = generations(given, "a")
    measure(tmp_path, given, made)
    path = tmp_path / "manifest.json"
    path.write_text(path.read_text().replace('"numpy": "', '"numpy": "0.', 2))
    with pytest.raises(InputError, match="other library versions"):
        measure(tmp_path, given, made)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("precious")
    given = records(1)
    with pytest.raises(InputError, match=r"holds other files \(thesis.tex\)"):
        measure(tmp_path, given, generations(given, "a"))
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_two_evaluations_of_one_folder_do_not_mix(tmp_path: Path) -> None:
    from quasar.evaluation.store import Store

    given = records(1)
    with (
        Store(tmp_path, {"records": "", "settings": {}, "versions": {}}),
        pytest.raises(InputError, match="another evaluation is writing"),
    ):
        measure(tmp_path, given, generations(given, "a"))


@pytest.mark.parametrize(
    "sandboxed",
    [pytest.param(False, marks=pytest.mark.slow), True],
    ids=["in-process", "sandboxed"],
)
def test_killed_and_run_again_gives_the_same(tmp_path: Path, sandboxed: bool) -> None:
    given = records(8)
    made = generations(given, "a", 20)
    files = [
        "--records",
        write(tmp_path / "r.jsonl", given),
        "--generations",
        write(tmp_path / "g.jsonl", made),
        "--jobs",
        "2",
        *([] if sandboxed else ["--no-sandbox"]),
    ]

    command = ["evaluate", *map(str, files), "--out", str(tmp_path / "killed")]
    killed = start(*command)
    partial = tmp_path / "killed" / CANDIDATES
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and killed.poll() is None:
        if partial.exists() and partial.read_bytes().count(b"\n") >= 3:
            break
        time.sleep(0.002)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=60)  # its workers end with it and let go of the pipe
    assert partial.read_bytes().count(b"\n") >= 3

    again = start(*command)
    _, said = again.communicate(timeout=120)
    assert again.returncode == 0, said
    run(given, [made], tmp_path / "whole", EvaluationSettings(jobs=1, sandbox=None))
    for name in (CANDIDATES, REFERENCES, "table.json"):
        one, two = tmp_path / "killed" / name, tmp_path / "whole" / name
        assert one.read_bytes() == two.read_bytes()


# --- definitions at the edges --------------------------------------------------------------------


def test_a_record_that_a_run_leaves_out_counts_as_failed(tmp_path: Path) -> None:
    given = records(4)
    done = measure(tmp_path, given, generations(given[1:3], "a"))
    row = done.table["a"]
    assert (row["samples"], row["answered"]) == (4, 2)
    assert row["SCR"] <= 0.5


def test_records_without_reference_have_no_likeness(tmp_path: Path) -> None:
    given = [{**record, "circuit_with_params": None} for record in records(2)]
    done = measure(tmp_path, given, generations(given, "a"), baselines=True)
    row = done.table["a"]
    assert row["RE"] is row["HQCR"] is row["SREV"] is row["SREV_bit_reversed"] is None
    assert row["RE_samples"] == 0
    assert row["intervals"]["HQCR"] is None
    assert row["approximation_ratio"] > 0
    assert "reference" not in done.table
    assert "baseline:random-angles" not in done.table
    assert all(r["energy_reference"] is None for r in rows(tmp_path).values())


def test_an_unusable_reference_names_its_record(tmp_path: Path) -> None:
    given = records(3)
    given[1]["circuit_with_params"] = hadamards(1)
    with pytest.raises(InputError, match="reference circuit of record 1 is not usable"):
        measure(tmp_path, given, generations(given, "a"))


def test_unusable_candidates_keep_their_verdict(tmp_path: Path) -> None:
    given = records(1)
    n = given[0]["number_of_qubits"]
    texts = ["", "no circuit", hadamards(n + 1), hadamards(n), hadamards(30)]
    made = [generation("a", 0, number, text) for number, text in enumerate(texts)]
    measure(tmp_path, given, made)
    found = [row for _, row in sorted(rows(tmp_path).items())]
    assert [row["parses"] for row in found] == [False, False, True, True, True]
    assert [row["feasible"] for row in found] == [False, False, False, True, False]
    assert [row["fault"] for row in found] == ["syntax", "syntax", "qubits", None, "limit:qubits"]
    assert [row["n_qubits"] for row in found] == [None, None, n + 1, n, 30]
    assert all(row["energy"] is None for row in found if not row["feasible"])
    assert found[3]["gates"] == n


def test_baselines_are_what_they_claim(tmp_path: Path) -> None:
    given = records(6)
    done = measure(tmp_path, given, generations(given, "a"), baselines=True)
    assert [name for name in done.table if name != "a"] == [
        "reference",
        "baseline:uniform",
        "baseline:random-angles",
        "baseline:qaoa-fixed",
        "baseline:optimum",
    ]
    best = done.table["baseline:optimum"]
    assert best["approximation_ratio"] == pytest.approx(1.0)
    assert best["p_optimal"] == pytest.approx(1.0)
    assert best["basis_state"] == best["top_is_optimal"] == 1.0
    assert done.table["reference"]["HQCR"] == done.table["reference"]["SREV"] == 1.0
    assert done.table["reference"]["qaoa_gap"] >= 0.0
    assert done.table["baseline:uniform"]["entanglement"] == pytest.approx(0.0, abs=1e-9)
    fixed, uniform = (
        done.table[f"baseline:{name}"]["approximation_ratio"] for name in ("qaoa-fixed", "uniform")
    )
    assert fixed > uniform
    assert 0.0 <= done.table["baseline:qaoa-fixed"]["qaoa_gap"] < 0.2


def test_asked_for_measurements_join_the_table_and_are_kept(tmp_path: Path) -> None:
    given = records(2)
    made = generations(given, "a")
    noisy: dict[str, Any] = {"device": DeviceSettings(noise="depolarizing:0.001,0.01")}
    done = measure(tmp_path, given, made, warm_start=True, compiled=True, baselines=True, **noisy)
    for name in ("a", "reference", "baseline:qaoa-fixed"):
        assert done.table[name]["warm_start"]["records"] > 0
        assert done.table[name]["compiled"]["gates"] >= done.table[name]["gates"] / 2
        found = done.table[name]["device"]
        assert 0 < found["ratio"] != found["ideal_ratio"] < 1
    assert done.table["baseline:uniform"]["warm_start"]["steps"] is None
    kept = (tmp_path / "extras.jsonl").read_bytes()
    again = measure(tmp_path, given, made, warm_start=True, compiled=True, baselines=True, **noisy)
    assert again.table == done.table
    assert (tmp_path / "extras.jsonl").read_bytes() == kept


# --- in Python, and on the command line ----------------------------------------------------------


def test_the_python_entry_takes_objects_and_files(tmp_path: Path) -> None:
    given = records(3)
    made = generations(given, "a")
    direct = quasar.evaluate(given, made, jobs=1, sandbox=False)
    files = write(tmp_path / "r.jsonl", given), write(tmp_path / "g.jsonl", made)
    written = quasar.evaluate(*files, tmp_path / "out", jobs=1, sandbox=False, against_paper=True)
    assert direct == written == json.loads((tmp_path / "out" / "table.json").read_text())
    assert (tmp_path / "out" / "report.md").exists()
    assert quasar.evaluate(files[0], [files[1]], jobs=1, sandbox=False) == direct


def test_the_command_line_writes_everything(tmp_path: Path) -> None:
    given = records(3)
    made = tmp_path / "g.jsonl.gz"
    with gzip.open(made, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(row) + "\n" for row in generations(given, "a"))
    code, out, err = command(
        "evaluate",
        *("--records", write(tmp_path / "r.jsonl", given), "--generations", made),
        *("--out", tmp_path / "out", "--baselines", "--against-paper", "--json", "--jobs", 1),
        *("--energy-convention", "agent-q"),
    )
    assert code == 0, err
    table = json.loads(out)
    assert table == json.loads((tmp_path / "out" / "table.json").read_text())
    assert table["a"]["SREV"] == table["a"]["SREV_bit_reversed"]
    assert {
        "samples", "SCR", "SREV", "RE", "RE_samples", "HQCR", "approximation_ratio", "p_optimal",
        "top_is_optimal",
    } <= table["a"].keys()  # fmt: skip
    report = (tmp_path / "out" / "report.md").read_text()
    for picture in (tmp_path / "out" / "plots").iterdir():
        assert f"plots/{picture.name}" in report
    assert "QUASAR without RE" in report


def test_a_run_is_compared_with_the_others_record_by_record(tmp_path: Path) -> None:
    given = records(6)
    made = [*generations(given, "a", 2), *generations(given, "b")]
    texts = write(tmp_path / "r.jsonl", given), write(tmp_path / "g.jsonl", made)
    common = ("--records", texts[0], "--generations", texts[1], "--out", tmp_path / "out")
    code, out, err = command("evaluate", *common, "--against", "b", "--jobs", 1)
    assert code == 0, err
    assert "Difference to b" in out
    table = json.loads((tmp_path / "out" / "table.json").read_text())
    assert "difference" not in table["b"]
    assert table["a"]["difference"]["SCR"]["mean"] > 0
    assert table["a"]["difference"]["SCR"]["of_from"] == table["b"]["SCR"]
    for name in ("SCR", "approximation_ratio", "RE"):
        found = table["a"]["difference"][name]
        assert found["mean"] == pytest.approx(found["of_run"] - found["of_from"])
        assert found["interval"][0] <= found["mean"] <= found["interval"][1]
    assert "Differences to b" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize(
    ("runs", "against", "message"),
    [
        (("a", "b"), "c", "no run 'c'.*'a', 'b'"),
        (("a", "b"), "baseline:uniform", "add --baselines"),
        (("a",), "a", "only run"),
    ],
)
def test_nothing_is_measured_for_a_comparison_that_cannot_be(
    tmp_path: Path, runs: tuple[str, ...], against: str, message: str
) -> None:
    given = records(2)
    made = [line for name in runs for line in generations(given, name)]
    with pytest.raises(InputError, match=message):
        measure(tmp_path, given, made, against=against)
    assert not (tmp_path / CANDIDATES).exists()
    assert not (tmp_path / REFERENCES).exists()


def test_bad_input_is_exit_code_two(tmp_path: Path) -> None:
    given = records(1)
    good = write(tmp_path / "r.jsonl", given)
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"run": "a"')
    code, out, err = command(
        "evaluate", *("--records", good, "--generations", bad, "--out", tmp_path / "out", "--json")
    )
    assert code == 2
    assert "line 1 is not JSON" in err
    assert json.loads(out)["exit_code"] == 2
    assert not (tmp_path / "out").exists()


def test_a_cluster_measures_the_same(tmp_path: Path, any_cluster: Cluster) -> None:
    given = records(3)
    made = [*generations(given, "a", 2), *generations(given, "b")]
    made.append(generation("hostile", 0, 1, "while (true) {}"))
    limits = SandboxLimits(max_seconds=2.0)
    settings = ONE.model_copy(update={"sandbox": limits})
    here = run(given, [made], tmp_path / "here", settings)
    there = run(given, [made], tmp_path / "there", settings, cluster=any_cluster)
    assert there.table == here.table
    assert rows(tmp_path / "there") == rows(tmp_path / "here")
