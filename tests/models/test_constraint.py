from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quasar.circuits.qasm import parse
from quasar.core.errors import InputError
from quasar.models.constraint import QasmConstraint, QasmGuide, token_bytes
from support.tiny_model import WORDS, word_tokenizer

torch = pytest.importorskip("torch")
pytest.importorskip("llguidance")

PROGRAM = (
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nbit[3] c;\nqubit[3] q;\nh q[0];\n'
    "rz(-0.25) q[2];\ncx q[2], q[1];\nc[0] = measure q[0];\n"
)


@pytest.fixture(params=["words", "bytes_bpe"])
def tokenizer(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_token_bytes_spell_the_text(tokenizer: Any) -> None:
    vocabulary = token_bytes(tokenizer)
    ids = tokenizer(PROGRAM, add_special_tokens=False)["input_ids"]
    assert b"".join(vocabulary[i] for i in ids) == PROGRAM.encode()
    assert vocabulary[tokenizer.eos_token_id] == b"<eos>"


def test_token_bytes_of_sentencepiece() -> None:
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.BPE({"▁h": 0, "q": 1, "<0x0A>": 2, "▁": 3}, [], unk_token="q"))
    inner.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    assert token_bytes(PreTrainedTokenizerFast(tokenizer_object=inner))[:4] == [
        b" h", b"q", b"\n", b" ",
    ]  # fmt: skip


def walk(guide: QasmGuide, ids: list[int], n_qubits: int) -> list[np.ndarray]:
    """What is allowed before each token, and after the last."""
    constraint = QasmConstraint(guide, [n_qubits])
    masks = []
    for i in range(len(ids) + 1):
        scores = constraint(torch.tensor([ids[:i]], dtype=torch.long), torch.zeros(1, 600))
        masks.append((scores[0] > -np.inf).numpy())
    return masks


def test_a_program_is_followed_and_ends_only_where_it_is_whole(tokenizer: Any) -> None:
    stop = tokenizer.eos_token_id
    guide = QasmGuide.of(tokenizer, [stop])
    ids = tokenizer(PROGRAM, add_special_tokens=False)["input_ids"]
    masks = walk(guide, ids, 3)
    for i, mask in enumerate(masks):
        assert not mask[len(tokenizer) :].any()
        if i < len(ids):
            assert mask[ids[i]]
        text = tokenizer.decode(ids[:i])
        whole = "qubit[3] q;" in text and text.rstrip().endswith(";")
        assert mask[stop] == whole, text
    narrower = walk(guide, ids, 2)
    refused = next(i for i, token in enumerate(ids) if not narrower[i][token])
    assert PROGRAM.index("3] c") - 4 <= len(tokenizer.decode(ids[:refused])) <= PROGRAM.index("] c")


def test_rows_have_states_of_their_own(words: Any) -> None:
    stop = words.eos_token_id
    constraint = QasmConstraint(QasmGuide.of(words, [stop]), [3, None, 3])
    ids = words(PROGRAM, add_special_tokens=False)["input_ids"]
    short = [*ids[:5], stop]
    prompt = [[7, 7]] * 3
    for i in range(len(ids)):
        rows = [prompt[0] + ids[:i], prompt[1] + [9] * i, prompt[2] + (short + [0] * 99)[:i]]
        allowed = constraint(torch.tensor(rows), torch.zeros(3, len(words))) > -np.inf
        assert allowed[0, ids[i]]
        assert not allowed[0, 9]
        assert allowed[1].all()
        assert bool(allowed[2].all()) == (i >= len(short))
    assert constraint.stuck == set()


def test_every_token_that_ends_an_answer_may_end_it(words: Any) -> None:
    pad, eos = words.pad_token_id, words.eos_token_id
    ids = words(PROGRAM, add_special_tokens=False)["input_ids"]
    masks = walk(QasmGuide.of(words, [eos, pad]), ids, 3)
    assert masks[-1][[eos, pad]].all()
    assert not masks[0][[eos, pad]].any()


def test_random_walks_of_tokens_make_programs(tokenizer: Any) -> None:
    rng = np.random.default_rng(3)
    stop = tokenizer.eos_token_id
    guide = QasmGuide.of(tokenizer, [stop])
    finished = 0
    for n in range(1, 25, 2):
        constraint = QasmConstraint(guide, [n])
        ids: list[int] = []
        while len(ids) < 400 and (not ids or ids[-1] != stop):
            scores = torch.tensor(rng.normal(size=(1, len(tokenizer))))
            scores[0, stop] += 1.0
            row = torch.tensor([ids], dtype=torch.long)
            ids.append(int(constraint(row, scores).argmax()))
        if ids[-1] == stop:
            finished += 1
            assert parse(tokenizer.decode(ids[:-1])).n_qubits == n
    assert finished >= 4


def test_a_row_without_a_way_on_is_ended_and_named() -> None:
    pytest.importorskip("transformers")
    # No "[": the grammar can begin, and is stuck where the register is declared.
    poor = word_tokenizer(tuple(word for word in WORDS if "[" not in word))
    stop = poor.eos_token_id
    constraint = QasmConstraint(QasmGuide.of(poor, [stop]), [3])
    ids = poor('OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit', add_special_tokens=False)
    row = ids["input_ids"]
    for i in range(len(row) + 1):
        scores = constraint(torch.tensor([row[:i]], dtype=torch.long), torch.zeros(1, len(poor)))
    assert np.flatnonzero(scores[0] > -np.inf).tolist() == [stop]
    assert constraint.stuck == {0}


def test_tokenizers_that_cannot_be_followed_are_refused(words: Any) -> None:
    spaced = word_tokenizer(decoder=False)
    with pytest.raises(InputError, match="joining its tokens"):
        QasmGuide.of(spaced, [spaced.eos_token_id])
    with pytest.raises(InputError, match="no token that ends"):
        QasmGuide.of(words, [])
    with pytest.raises(InputError, match="fast tokenizer"):
        token_bytes(object())
