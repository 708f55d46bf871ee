"""Candidates for many records: resumed where they stopped, batched, and honest about failures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quasar.agent.records import generate_records
from quasar.agent.refine import RefineSettings
from quasar.agent.settings import GenerationSettings
from quasar.core.cluster import Cluster
from quasar.core.errors import InfrastructureError, InputError
from quasar.evaluation.inputs import read_generations, read_records
from quasar.models.designer import DesignerSettings
from quasar.models.protocol import Completion, failed
from quasar.models.scripted import ScriptedModel
from quasar.prompts.chat import Message, Request

OUTAGE = "nobody is in today."  # no back end says it: classes are not read from prose


def ring(n: int, **fields: Any) -> dict[str, Any]:
    nodes = [{"id": i} for i in range(n)]
    edges = [{"source": i, "target": (i + 1) % n} for i in range(n)]
    return {"problem_type": "maxcut", "graph": {"nodes": nodes, "edges": edges}, **fields}


def program(n: int, k: int) -> str:
    return f'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[{n}] q;\nry(0.{k + 1}) q[0];'


def qubits_asked(chat: Sequence[Message]) -> int:
    return int(chat[-1]["content"].split(" with ")[1].split()[0])


def answer(chat: Sequence[Message], k: int) -> str:
    """Depends on prompt and number alone, as a real model's does."""
    return f"Sure!\n```qasm\n{program(qubits_asked(chat), k)}\n```"


def model(script: Any = answer, **more: Any) -> ScriptedModel:
    return ScriptedModel(script, name="m", prompt_style="published", **more)


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.jsonl"
    rows = [ring(n, sample_index=10 + n, number_of_layers=n - 2) for n in range(3, 9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_line_has_the_program_and_the_raw_text(records: Path, tmp_path: Path) -> None:
    out, writer = tmp_path / "g.jsonl", model()
    done = generate_records(records, out, writer, GenerationSettings(samples=2))
    assert (done.run, done.written, done.kept, done.failed) == ("m", 12, 0, 0)
    written = lines(out)
    assert [(x["sample_index"], x["candidate"]) for x in written] == [
        (10 + n, k) for n in range(3, 9) for k in (1, 2)
    ]
    assert written[1]["qasm"] == program(3, 1)
    assert written[1]["text"] == answer(writer.chats[0], 1)
    # What the benchmark's prompts state: the layers of the record.
    assert [f"{n - 2} layers" in writer.chats[n - 3][-1]["content"] for n in range(3, 9)]
    asked = read_records(records)
    assert read_generations([out], asked).runs == ["m"]


@given(cut=st.integers(0, 10_000), batch_size=st.integers(1, 20), samples=st.integers(1, 3))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_file_cut_anywhere_is_completed(
    records: Path, tmp_path: Path, cut: int, batch_size: int, samples: int
) -> None:
    out = tmp_path / "g.jsonl"
    out.unlink(missing_ok=True)
    how = GenerationSettings(samples=samples)
    generate_records(records, out, model(), how)
    whole = out.read_bytes()
    out.write_bytes(whole[: cut % (len(whole) + 1)])
    there = out.read_bytes().count(b"\n")
    done = generate_records(
        records, out, model(), GenerationSettings(samples=samples, batch_size=batch_size)
    )
    assert done.kept == there
    assert done.written + there == 6 * samples
    assert out.read_bytes() == whole


def test_several_records_are_asked_at_once_but_no_chat_twice(records: Path, tmp_path: Path) -> None:
    calls: list[int] = []

    class Counting(ScriptedModel):
        def complete(self, chats: Any, sampling: Any, *, qubits: Any = None) -> Any:
            calls.append(len(chats))
            assert len({json.dumps(chat) for chat in chats}) == len(chats)
            return super().complete(chats, sampling, qubits=qubits)

    twice = [json.loads(line) for line in records.read_text().splitlines()]
    twice += [{**row, "sample_index": row["sample_index"] + 100} for row in twice]
    records.write_text("".join(json.dumps(row) + "\n" for row in twice))
    writer = Counting(answer, name="m", prompt_style="published")
    generate_records(
        records, tmp_path / "g.jsonl", writer, GenerationSettings(samples=2, batch_size=8)
    )
    assert calls == [4, 2, 4, 2] or sum(calls) == 12
    assert max(calls) == 4


def test_the_models_failures_count_and_the_machinerys_do_not(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.jsonl"

    def troubled(chat: Sequence[Message], k: int) -> str | Completion:
        n = qubits_asked(chat)
        if n == 4:
            return failed(OUTAGE, outage=True)
        if n == 5:
            return failed("the prompt takes 9 tokens, but the context of 'm' holds 8.")
        return "I cannot." if n == 6 else answer(chat, k)

    with pytest.raises(InfrastructureError, match=r"1 of 6 candidates.*nobody is in.*again"):
        generate_records(records, out, model(troubled))
    by_index = {line["sample_index"]: line for line in lines(out)}
    assert set(by_index) == {13, 15, 16, 17, 18}
    assert "context" in by_index[15]["error"]
    assert by_index[15]["qasm"] == by_index[16]["qasm"] == ""
    assert by_index[16]["text"] == "I cannot."
    assert "error" not in by_index[16]
    # Asked again, only what is missing.
    healthy = model()
    assert generate_records(records, out, healthy).written == 1
    assert [qubits_asked(chat) for chat in healthy.chats] == [4]


def test_what_was_made_before_an_outage_is_kept(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.jsonl"

    class Dying(ScriptedModel):
        def complete(self, chats: Any, sampling: Any, *, qubits: Any = None) -> Any:
            if len(self.chats) >= 4:
                raise InfrastructureError("the endpoint is gone.")
            return super().complete(chats, sampling, qubits=qubits)

    writer = Dying(answer, name="m", prompt_style="published")
    with pytest.raises(InfrastructureError, match=r"gone\. 4 candidates were written"):
        generate_records(records, out, writer, GenerationSettings(batch_size=2))
    assert len(lines(out)) == 4


def test_records_beyond_the_model_are_its_failures(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.jsonl"
    done = generate_records(records, out, model(max_qubits=6))
    assert (done.written, done.failed) == (6, 2)
    refused = [line for line in lines(out) if "error" in line]
    assert {line["sample_index"] for line in refused} == {17, 18}
    assert "--model designer" in refused[0]["error"]
    with pytest.raises(InputError, match="up to 2"):
        generate_records(records, tmp_path / "none.jsonl", model(max_qubits=2))


def test_refined_records_tell_who_wrote_what(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.jsonl"
    how = GenerationSettings(refine=RefineSettings(multi_turn=False, max_evaluations=60), samples=2)
    records.write_text("".join(records.read_text().splitlines(keepends=True)[:2]))
    done = generate_records(records, out, model(), how)
    assert done.run == "m+refine"
    assert [line["candidate"] for line in lines(out)] == [1, 1]
    line = lines(out)[0]
    assert line["origin"] == "polished"
    assert line["written"] in {program(3, 0), program(3, 1)}
    assert line["qasm"] != line["written"]
    assert line["text"].startswith("Sure!")
    assert generate_records(records, out, model(), how).kept == 2


def test_on_a_device_the_best_on_it_is_written(tmp_path: Path) -> None:
    path, out = tmp_path / "records.jsonl", tmp_path / "g.jsonl"
    path.write_text("".join(json.dumps(ring(n, number_of_layers=1)) + "\n" for n in (3, 6)))
    how = GenerationSettings(samples=2, device="generic:5:line")
    done = generate_records(path, out, model(), how)
    assert (done.run, done.written) == ("m+generic:5:line", 2)
    fits, not_ = lines(out)
    assert fits["on_device"]["device"] == "generic:5:line"
    assert "sx" in fits["compiled"]
    assert not_["on_device"] is None
    assert "needs 6 qubits" in not_["obstacle"]
    again = generate_records(path, out, model(), how)
    assert (again.written, again.kept) == (0, 2)
    design = GenerationSettings(settings=DesignerSettings(algorithm="vqe"), device="ions:6")
    generate_records(path, out, "designer", design)
    assert lines(out)[-1]["run"] == "designer+ions:6"
    assert lines(out)[-1]["on_device"]["p_optimal"] > 0
    with pytest.raises(InputError, match="no device"):
        generate_records(path, out, model(), GenerationSettings(device="fake_torno"))


def test_the_designer_writes_plain_lines(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "g.jsonl"
    request = Request("qaoa", 1)
    how = GenerationSettings(request, DesignerSettings(**request._asdict()))
    generate_records(records, out, "designer", how)
    assert lines(out)[0].keys() == {"run", "sample_index", "candidate", "qasm"}
    assert {line["run"] for line in lines(out)} == {"designer"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no records"),
        ('{"sample_index": "x"}\n', "line 1: 'sample_index' must be an integer"),
        ('{"sample_index": 1}\n{"sample_index": 1}\n', "line 2: sample_index 1 is there already"),
        ('{"sample_index": 7, "problem_type": "nope"}\n', "record 7: "),
    ],
)
def test_unusable_records(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "r.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=words):
        generate_records(path, tmp_path / "g.jsonl", model())


def test_a_cluster_writes_the_same_lines(
    records: Path, tmp_path: Path, any_cluster: Cluster
) -> None:
    how = GenerationSettings(settings=DesignerSettings(max_evaluations=60), samples=2)
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    generate_records(records, here, "designer", how)
    first = there.open("a")
    first.write(here.read_text().splitlines(keepends=True)[0])
    first.close()
    done = generate_records(records, there, "designer", how, cluster=any_cluster)
    assert (done.written, done.kept) == (11, 1)
    by_number = {(row["sample_index"], row["candidate"]): row for row in lines(there)}
    assert len(lines(there)) == 12
    assert list(by_number.values()) != []
    for row in lines(here):
        assert by_number[row["sample_index"], row["candidate"]] == row


def test_a_cluster_needs_a_model_by_name(records: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="by its name"):
        generate_records(records, tmp_path / "g.jsonl", model(), cluster=Cluster(None, 2))
