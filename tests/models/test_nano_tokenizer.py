"""The packaged model's tokenizer: exact round trips, one token a piece, chat form."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.sim19 import sim
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import guided_decimation
from quasar.prompts.chat import Request
from quasar.prompts.compact import compact_prompt
from quasar.prompts.compact_answer import circuit_text
from quasar.prompts.vocabulary import ASSISTANT, END, USER, tokens
from support.compact_answers import qaoa_text

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def tokenizer():
    from quasar.models.nano_tokenizer import build_tokenizer

    return build_tokenizer()


RING = IsingHamiltonian(10, {(i, (i + 1) % 10) if i < 9 else (0, 9): 1.0 for i in range(10)})


def test_a_ten_qubit_circuit_is_short(tokenizer):
    ansatz = sim(10, 10, 1)
    text = circuit_text(ansatz.bind([0.0] * ansatz.n_parameters), guided_decimation(RING))
    assert len(tokenizer(text)["input_ids"]) < 100
    assert len(tokenizer(qaoa_text(RING, [0.3] * 4, [-0.3] * 4))["input_ids"]) < 200


def test_round_trip_and_chat_form(tokenizer):
    prompt, answer = compact_prompt(RING, Request()), qaoa_text(RING, [0.3], [-0.2])
    chat = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    whole = tokenizer.apply_chat_template(chat, tokenize=False)
    assert whole == f"{USER}{prompt}{ASSISTANT}{answer}{END}"
    opened = tokenizer.apply_chat_template(chat[:1], tokenize=False, add_generation_prompt=True)
    assert whole.startswith(opened)
    assert opened.endswith(ASSISTANT)
    ids = tokenizer(whole, add_special_tokens=False)["input_ids"]
    assert ids[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(ids, skip_special_tokens=True) == prompt + answer


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60))
def test_any_ascii_text_survives(text):
    from quasar.models.nano_tokenizer import build_tokenizer

    tokenizer = _cached(build_tokenizer)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


_kept = []


def _cached(make):
    if not _kept:
        _kept.append(make())
    return _kept[0]


def test_ids_are_places_in_the_vocabulary(tokenizer):
    words = tokens()
    assert len(tokenizer) == len(words)
    for number in (0, 3, 100, 500, len(words) - 1):
        assert tokenizer.convert_ids_to_tokens(number) == words[number]
