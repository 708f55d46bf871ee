"""The tokenizer in plain Python: the same ids and texts as Hugging Face's, for any text."""

import json
import random
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quasar.circuits.sim19 import sim
from quasar.core.errors import InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.registry import packaged_folder
from quasar.models.word_tokens import WordTokens, chat_text
from quasar.optimize.decimation import guided_decimation
from quasar.prompts.chat import Request
from quasar.prompts.compact import compact_prompt
from quasar.prompts.compact_answer import circuit_text
from quasar.prompts.vocabulary import END, SPECIAL, tokens
from support.cases import cases
from support.compact_answers import qaoa_text


@cache
def reference():
    pytest.importorskip("transformers")
    from quasar.models.nano_tokenizer import build_tokenizer

    return build_tokenizer()


@cache
def own():
    return WordTokens.packaged()


def both_agree(text):
    ids = own().encode(text)
    assert ids == reference()(text, add_special_tokens=False)["input_ids"]
    assert own().decode(ids) == reference().decode(ids, skip_special_tokens=True)


def examples(count, seed=0):
    rng = random.Random(seed)
    for number in range(count):
        n = rng.randint(2, 10)
        edges = {(i, j): round(rng.uniform(-2, 2), 2) for j in range(n) for i in range(j)}
        h = IsingHamiltonian(n, {e: w for e, w in edges.items() if rng.random() < 0.5} | {(0,): 1})
        if number % 2:
            yield compact_prompt(h, Request()), qaoa_text(h, [0.3, 0.5], [-0.2, 0.7])
        else:
            circuit = sim(n, 13, 1)
            angles = [rng.uniform(-3, 3) for _ in range(circuit.n_parameters)]
            yield (
                compact_prompt(h, Request()),
                circuit_text(circuit.bind(angles), guided_decimation(h)),
            )


def test_ids_of_prompts_and_answers_are_those_of_the_reference():
    for prompt, answer in examples(40):
        chat = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        both_agree(chat_text(chat, to_be_answered=False))
        assert own().decode(own().encode(answer)) == answer


PIECES = st.one_of(
    st.sampled_from(tokens()),
    st.sampled_from(tokens()).flatmap(lambda t: st.integers(1, len(t)).map(lambda k: t[:k])),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
)


@settings(max_examples=cases(300), deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
@example("")
@example("äöü q[0]")
@example("0.25é")
@example("<|end|><|end")
@example("\x00<|pad|>日本")
def test_ids_of_any_text_are_those_of_the_reference(text):
    both_agree(text)


def test_every_word_is_one_token():
    for number, word in enumerate(own().words):
        assert own().encode(word) == [number]


def test_the_longest_word_counts_also_where_the_text_ends():
    words = WordTokens(["<pad>", "a", "ab", "abcdefg", "g", "abcdex"], ["<pad>"], "<pad>")
    assert words.encode("abcdef") == [2, 0]
    assert words.encode("abcdefgab") == [3, 2]
    assert words.encode("aabg") == [1, 2, 4]
    assert words.encode("xyz") == [0]
    assert words.encode("xa<pad>x") == [0, 1, 0, 0]


def test_a_checkpoint_keeps_its_own_vocabulary(tmp_path):
    read = WordTokens.read(packaged_folder() / "tokenizer.json")
    vocabulary = json.loads((packaged_folder() / "tokenizer.json").read_text())["model"]["vocab"]
    assert read.ids == vocabulary
    assert read.words[:4] == SPECIAL
    assert read.encode(END) == [3]


def change(name, value):
    def changed(found):
        place = found
        *way, last = name
        for key in way:
            place = place[key]
        place[last] = value

    return changed


@pytest.mark.parametrize(
    "changed",
    [
        change(["model", "type"], "BPE"),
        change(["normalizer"], {"type": "Lowercase"}),
        change(["pre_tokenizer"], None),
        change(["pre_tokenizer", "behavior"], "Removed"),
        change(["pre_tokenizer", "pattern"], {"Regex": "a|b"}),
        change(["decoder"], {"type": "ByteLevel"}),
        change(["added_tokens", 0, "lstrip"], True),
        change(["model", "vocab", "h q;\n"], 10**6),
    ],
)
def test_tokenizers_of_another_kind_are_refused(tmp_path, changed):
    found = json.loads((packaged_folder() / "tokenizer.json").read_text())
    changed(found)
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(found))
    with pytest.raises(InputError, match="not a word-level tokenizer"):
        WordTokens.read(path)


@pytest.mark.parametrize("content", ["", "[]", "{", "null", "7"])
def test_files_that_are_no_tokenizer_are_refused(tmp_path, content):
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        WordTokens.read(path)
    with pytest.raises(InputError, match="cannot read"):
        WordTokens.read(tmp_path / "absent.json")


def test_chats_are_written_as_the_template_says():
    for chat in (
        [{"role": "user", "content": "a {{ b }}"}],
        [
            {"role": "system", "content": "s"},
            {"role": "user", "content": "<b>&\n"},
            {"role": "assistant", "content": "c "},
            {"role": "user", "content": ""},
        ],
    ):
        for opened in (True, False):
            wanted = reference().apply_chat_template(
                chat, tokenize=False, add_generation_prompt=opened
            )
            assert chat_text(chat, to_be_answered=opened) == wanted
