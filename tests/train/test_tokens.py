"""Records to examples to token ids: nothing lost, only answers learnt, kept between runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from quasar.core.errors import InputError
from quasar.models.nano_tokenizer import build_tokenizer
from quasar.optimize.decimation import largest_coefficient
from quasar.problems.load import load_problem
from quasar.prompts.answer_plan import decided_part
from quasar.prompts.compact import verdict_text
from quasar.train.examples import ExampleSettings, make_example, request_of
from quasar.train.tokens import IGNORED, encode_example, read_split, tokenised
from quasar.verifier.api import verify

TOKENIZER = build_tokenizer()


def _state(plan: str) -> int:
    """The basis state that a plan's decisions lead to."""
    return sum(int(bit) << int(qubit) for qubit, bit in re.findall(r"q(\d+)=(\d)", plan))


def test_answers_are_circuits_as_good_as_the_record(training_set: Path) -> None:
    seen = set()
    for record in read_split(training_set, "train"):
        example = make_example(record, ExampleSettings())
        assert example is not None
        report = verify(example.answer, load_problem(record))
        if "// warm " in example.answer:
            assert report.p_optimal > 0.6
            assert report.quality is not None
            assert not report.quality.product_state
        else:
            expected = pytest.approx(record["approximation_ratio"], abs=0.02)
            assert report.approximation_ratio == expected
        seen.add(record["optimization_type"])
    assert seen == {"qaoa", "vqe", "adaptive_vqe"}


def test_what_is_told_is_a_function_of_the_record(training_set: Path) -> None:
    records = read_split(training_set, "train")
    settings = ExampleSettings()
    requests = [request_of(record, settings) for record in records]
    assert requests == [request_of(record, settings) for record in records]
    for record, request in zip(records, requests, strict=True):
        match record["optimization_type"]:
            case "vqe":
                assert request.algorithm in (None, "vqe", "adaptive_vqe")
            case own:
                assert request.algorithm == own
    assert len({request.algorithm for request in requests}) > 2


def test_shares_left_out_keep_their_defaults() -> None:
    told = ExampleSettings.parse({"algorithm_told": {"agent-q": {"vqe": 0.0}}}).algorithm_told
    usual = ExampleSettings().algorithm_told
    assert told["converged"] == usual["converged"]
    assert told["agent-q"] == {**usual["agent-q"], "vqe": 0.0}
    with pytest.raises(InputError, match="less than or equal to 1"):
        ExampleSettings.parse({"algorithm_told": {"agent-q": {"vqe": 1.5}}})


def test_a_solution_may_be_asked_for_as_an_adaptive_circuit(training_set: Path) -> None:
    settings = ExampleSettings(grown_share=1.0, likeness_share=0.0)
    for record in read_split(training_set, "train"):
        request, example = request_of(record, settings), make_example(record, settings)
        assert example is not None
        if record["optimization_type"] != "qaoa":
            assert request.algorithm == "adaptive_vqe"
            report = verify(example.answer, load_problem(record))
            assert report.p_optimal == pytest.approx(1.0)


def test_an_answer_may_end_with_its_plan(training_set: Path) -> None:
    settings = ExampleSettings(plan_only=1.0)
    for record in read_split(training_set, "train"):
        begun, full = make_example(record, settings), make_example(record, ExampleSettings())
        assert begun is not None
        assert full is not None
        assert begun.chat == full.chat
        assert full.whole
        assert not begun.whole
        assert full.answer.startswith(begun.answer)
        assert begun.answer.endswith("\n")
        assert decided_part(full.answer) == begun.answer
        assert len(begun.answer) < len(full.answer)


def test_large_solved_circuits_stand_in_for_the_benchmarks(training_set: Path) -> None:
    settings = ExampleSettings(likeness_from=2, likeness_share=1.0)
    for record in read_split(training_set, "train"):
        request = request_of(record, settings)
        assert (request.style == "agent-q") == (record["optimization_type"] != "qaoa")


def test_other_styles_learn_the_records_own_circuit(training_set: Path) -> None:
    record = read_split(training_set, "validation")[0]
    example = make_example(record, ExampleSettings(prompt_style="published"))
    assert example is not None
    assert example.answer == record["circuit_with_params"]


def test_only_the_answer_is_learnt() -> None:
    chat = [{"role": "user", "content": "converged any p? n2 s1.0\n@q0 1.0;q0"}]
    ids, labels = encode_example(chat, "h q;\n", TOKENIZER)
    learnt = [i for i, label in zip(ids, labels, strict=True) if label != IGNORED]
    assert TOKENIZER.decode(learnt) == "h q;\n<|end|>"
    assert labels == [IGNORED] * (len(ids) - len(learnt)) + learnt


def test_the_beginning_of_an_answer_does_not_teach_to_stop() -> None:
    chat = [{"role": "user", "content": "converged any p? n2 s1.0\n@q0 1.0;q0"}]
    ids, _ = encode_example(chat, "h q;\n", TOKENIZER)
    begun, labels = encode_example(chat, "h q;\n", TOKENIZER, whole=False)
    assert begun == ids[:-1]
    assert labels[-1] == begun[-1]


def test_kept_between_runs_and_made_anew_for_other_settings(
    training_set: Path, tmp_path: Path
) -> None:
    def made(jobs=1, **changes):
        settings = ExampleSettings(**changes)
        return tokenised(
            [training_set], TOKENIZER, settings, max_length=400, cache=tmp_path, jobs=jobs
        )

    first, again = made(jobs=2), made()
    assert first["input_ids"] == again["input_ids"]
    assert len(list(tmp_path.iterdir())) == 1
    made(seed=1)
    assert len(list(tmp_path.iterdir())) == 2
    assert max(first["length"]) <= 400


def test_long_examples_are_left_out_not_cut(training_set: Path) -> None:
    found = tokenised([training_set], TOKENIZER, ExampleSettings(), max_length=60)
    everything = tokenised([training_set], TOKENIZER, ExampleSettings(), max_length=1000)
    kept = [row for row in everything["input_ids"] if len(row) <= 60]
    assert found["input_ids"] == kept
    assert 0 < len(kept) < len(everything)


def test_a_missing_split_is_named(training_set: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(InputError, match="no split 'train'"):
        tokenised([tmp_path], TOKENIZER, ExampleSettings(), max_length=100)


def test_records_are_json_inside(training_set: Path) -> None:
    for record in read_split(training_set, "test"):
        assert json.loads(record["solution"])["bitstrings"]


def test_a_second_answer_follows_a_first_that_went_wrong(training_set: Path) -> None:
    settings = ExampleSettings(second_turn=1.0, likeness_share=0.0)
    turns = []
    for record in read_split(training_set, "train"):
        request, example = request_of(record, settings), make_example(record, settings)
        assert example is not None
        turns.append(len(example.chat))
        if len(example.chat) == 1:
            continue
        assert request.algorithm != "qaoa"
        asked, first, verdict = example.chat
        assert [asked["role"], first["role"], verdict["role"]] == ["user", "assistant", "user"]
        problem = load_problem(record)
        assert decided_part(first["content"]) == first["content"]
        reached = _state(first["content"])
        gap = problem.hamiltonian.diagonal[reached] - problem.hamiltonian.spectrum.e_min
        assert gap > 0
        width = np.ptp(problem.hamiltonian.diagonal)
        unit = largest_coefficient(problem.hamiltonian)
        assert verdict["content"] == verdict_text(1 - gap / width, gap / unit)
        assert verify(example.answer, problem).p_optimal > 0.6
    assert turns.count(3) > len(turns) / 4
