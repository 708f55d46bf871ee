"""Programs out of answers: unrepaired, contiguous, in linear time."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quasar.prompts.extract import extract
from support import strategies
from support.agentq import load_expected, load_generations, load_records

PROGRAM = """\
OPENQASM 3.0;
include "stdgates.inc";
bit[2] c;
qubit[2] q;
h q[0];
cx q[0], q[1]; // entangle
c = measure q;"""
OTHER = PROGRAM.replace("h q[0]", "x q[0]")
CUT_OFF = PROGRAM[: PROGRAM.index("c = measure")] + "cx q[0], q"


def found(answer: str) -> tuple[str, str] | None:
    result = extract(answer)
    return None if result is None else (result.how, result.qasm)


# --- archived answers and records -----------------------------------------------------------------


def test_archived_answers_come_back_unchanged() -> None:
    generations = load_generations()
    expected = load_expected()
    assert {bool(expected[key]["parses"]) for key in generations} == {True, False}
    for key, text in generations.items():
        result = extract(text)
        if not text:
            assert result is None, key
        else:
            assert result is not None, key
            assert (result.qasm, result.how, result.decoded) == (text, "whole", False), key


@pytest.mark.parametrize("step", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_archived_answers_are_found_in_prose_and_fences(step: int) -> None:
    for text in sorted(set(load_generations().values()) - {""})[::step]:
        assert found(f"Here is it:\n\n```qasm\n{text}\n```\nIt uses QAOA.") == ("fence", text)
        assert found(f"Here is it:\n\n{text}\n\nThis circuit uses QAOA.") == ("bare", text)
        assert found(json.dumps({"qasm": text})) == ("bare", text)


def test_reference_circuits_come_back_unchanged() -> None:
    for record in load_records():
        assert found(record["circuit_with_params"]) == ("whole", record["circuit_with_params"])


# --- forms of answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fenced",
    [
        "```qasm\n{}\n```",
        "```openqasm\n{}\n```",
        "```QASM\n{}\n```",
        "```OpenQASM\n{}\n```",
        "```qasm3\n{}\n```",
        "```\n{}\n```",
        "``` qasm \n{}\n```",
        "```{{.qasm}}\n{}\n```",
        "```qasm title=circuit\n{}\n```",
        "````qasm\n{}\n````",
        "~~~qasm\n{}\n~~~",
        "  ```qasm\n{}\n  ```",
        "Sure: ```qasm\n{}\n``` as asked.",
        "```{}```",
        "```qasm {}```",
        "```\r\n{}\r\n```",
        "Text `code`, then\n```qasm\n{}\n```\nand ``x``.",
        "1. A list:\n   ```qasm\n{}\n   ```",
        "```qasm\n{}\n```output\n",
    ],
)
def test_fences(fenced: str) -> None:
    assert found(fenced.format(PROGRAM)) == ("fence", PROGRAM)


@pytest.mark.parametrize(
    "answer",
    [
        "{}\n\nThis circuit prepares a Bell pair, as you asked.",
        "Sure! Here it is:\n{}",
        "Sure! {}",
        "{}\n```\nThat was the circuit.",
        "{}\n\n**Explanation:**\n\n- the first gate makes a superposition\n- the second entangles",
        "{}\n\nExplanation:\nThe first gate makes a superposition.",
        "{}\n\n### Notes\n1. It has depth 2.",
        "<answer>{}</answer>",
        "OPENQASM 3.0 is what you asked for.\n\n{}\n\nNote that OPENQASM 3.0 has no rzz gate.",
    ],
)
def test_programs_amid_prose(answer: str) -> None:
    assert found(answer.format(PROGRAM)) == ("bare", PROGRAM)


@pytest.mark.parametrize(
    "whole",
    [
        PROGRAM,
        f"\n{PROGRAM}\n\n",
        f"// Bell pair\n/* of two\nqubits */ {PROGRAM}",
        CUT_OFF,
        "OPENQASM 2.0;\nqreg q[1];",
        "OPENQASM 3;\nqubit q;",
        "OPENQASM 3.0\nqubit q;",
        f"{PROGRAM} // Last qubit measured here",
        f"{PROGRAM}\n// This is a note on the circuit above\n",
        f"{PROGRAM}\n/* This is a note\nThe circuit above is a Bell pair */",
        f"{PROGRAM}\n// a\u2028This is still the same comment",
        "OPENQASM 3.0;\ngate Bell a, b, c, d\n{ h a; }\nqubit[4] q;\nBell q[0], q[1],\nq[2], q[3];",
        f"{PROGRAM}\nThis sentence stands in the middle.\nx q[0];",
        f"OPENQASM 3.0;\n{PROGRAM}",
        f"h q[0];\n{PROGRAM}",
        f"{PROGRAM}\n{PROGRAM}",
    ],
)
def test_what_is_a_program_already_is_left_alone(whole: str) -> None:
    """Mistakes included: leaving a line out would mend it."""
    assert found(whole) == ("whole", whole)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"```qasm\n{OTHER}\n```\nBetter:\n```qasm\n{PROGRAM}\n```", ("fence", PROGRAM)),
        (f"```qasm\n{PROGRAM}\n```\nOutput:\n```\n00: 0.5\n```", ("fence", PROGRAM)),
        (f"```qasm\n{PROGRAM}\n```\nOr with qiskit:\n```python\nqc.h(0)\n```", ("fence", PROGRAM)),
        (f"```qasm\n{PROGRAM}\n```\nBetter:\n```qasm\n{CUT_OFF}", ("fence", PROGRAM)),
        (f"Start:\n{OTHER}\nFinal version:\n{PROGRAM}", ("bare", PROGRAM)),
        (f"{OTHER}\n```qasm\n{PROGRAM}\n```", ("fence", PROGRAM)),
        (f"```qasm\n{CUT_OFF}", ("truncated", CUT_OFF)),
        (f"Here:\n```\n{PROGRAM}\n\nThis is a Bell pair.", ("truncated", PROGRAM)),
        ("```qasm\nqubit q;\nh q;\n```", ("fence", "qubit q;\nh q;")),
        ("```qasm\nqubit q;\nh q", ("truncated", "qubit q;\nh q")),
        (f"```qasm\nh q[0];\n{PROGRAM}\n```", ("fence", f"h q[0];\n{PROGRAM}")),
        (f"```python\nqasm = '''\n{PROGRAM}\n```", ("fence", PROGRAM)),
    ],
)
def test_which_of_several(answer: str, expected: tuple[str, str]) -> None:
    assert found(answer) == expected


def test_a_cut_off_statement_is_never_dropped() -> None:
    for length in range(PROGRAM.index("bit"), len(PROGRAM)):
        for text in (PROGRAM[:length], f"Here it is:\n\n{PROGRAM[:length]}"):
            result = extract(text)
            assert result is not None
            assert result.qasm.strip() == PROGRAM[:length].strip()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"<think>{OTHER}</think>{PROGRAM}", PROGRAM),
        (f"<think>```qasm\n{OTHER}\n```</think>\n```qasm\n{PROGRAM}\n```", PROGRAM),
        (f"first {OTHER}\n</think>\n{PROGRAM}", PROGRAM),
        (f"{PROGRAM}<think>{OTHER}", PROGRAM),
        (f"<Thinking>{OTHER}</Thinking><answer>{PROGRAM}</answer> Done.", PROGRAM),
        (f"<think>{OTHER}</think> I could not do it.", None),
        (f"<think>{OTHER}", None),
        (f"{OTHER}</think>", None),
    ],
)
def test_thoughts_are_no_answer(answer: str, expected: str | None) -> None:
    result = extract(answer)
    assert (None if result is None else result.qasm) == expected


@pytest.mark.parametrize(
    "answer",
    ["", " \n", "I cannot do that.", "```python\nqc.h(0)\n```", "Use OpenQASM 3.0 for it.", "```"],
)
def test_no_program(answer: str) -> None:
    assert extract(answer) is None


@pytest.mark.parametrize(
    "wrapped",
    [
        json.dumps({"thought": 'a "quote"', "qasm": PROGRAM, "more": "x"}),
        json.dumps({"qasm": PROGRAM}, indent=1),
        json.dumps(PROGRAM),
        json.dumps(f"Here:\n```qasm\n{PROGRAM}\n```\nDone."),
        "```json\n" + json.dumps({"qasm": PROGRAM}) + "\n```",
        json.dumps(PROGRAM)[1:-1],
        repr(PROGRAM),
        str({"qasm": PROGRAM}),
    ],
)
def test_escaped_programs_are_decoded_and_flagged(wrapped: str) -> None:
    result = extract(wrapped)
    assert result is not None
    assert result.decoded
    assert result.qasm.strip() == PROGRAM
    assert "\\n" in wrapped[result.start : result.end]


def test_a_cut_off_escaped_program_keeps_what_is_there() -> None:
    cut = json.dumps({"qasm": CUT_OFF})[:-2]
    for answer in (cut, cut + "\\"):
        result = extract(answer)
        assert result is not None
        assert (result.qasm, result.decoded) == (CUT_OFF, True)


# --- properties -----------------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        *("```", "```qasm\n", "````", "~~~", "\n", "<think>", "</think>", "<answer>", "</answer>"),
        *("OPENQASM 3.0;", "OPENQASM", "h q[0];", "// x", "/*", "*/", "\\n", '\\"', '"', "'", "\\"),
        *("This is a plain sentence.", "\n\n", " ", "{", "}", "\ud800", "π"),
    ]
)
hostile = st.one_of(st.text(), st.lists(_PIECES, max_size=30).map("".join))
programs = st.one_of(strategies.valid(), strategies.mutated())


@given(hostile)
@example("```\n```qasm OPENQASM")
def test_what_comes_back_is_a_piece_of_the_answer(answer: str) -> None:
    result = extract(answer)
    if result is not None:
        assert 0 <= result.start < result.end <= len(answer)
        if not result.decoded:
            assert answer[result.start : result.end] == result.qasm
        assert (result.how == "whole") <= (result.start == 0 and result.end == len(answer))


def plain(program: str) -> bool:
    """No marks of an answer inside the program, which mutations can bring about."""
    return "OPENQASM" in program and not any(
        mark in program for mark in ("```", "~~~", "\\", "<think", "\r", "\x0b", "\x0c")
    )


@given(programs.filter(plain))
def test_a_program_in_a_fence_comes_back(program: str) -> None:
    if not program.lstrip().startswith("OPENQASM"):
        return
    assert found(f"So:\n```qasm\n{program}\n```\nDone.") == ("fence", program.strip())


@given(strategies.valid().filter(plain))
def test_a_valid_program_is_whole_and_found_in_prose_and_json(program: str) -> None:
    assert found(program) == ("whole", program)
    assert found(f"Here it is:\n{program}\nThis is what you asked for.") == (
        "bare",
        program.strip(),
    )
    wrapped = extract(json.dumps({"qasm": program}))
    assert wrapped is not None
    assert (wrapped.qasm, wrapped.decoded) == (program, True)


@pytest.mark.parametrize(
    "unit",
    [
        *("`", "``` ", "```q\n", "~~~\n", "```\n", "```/*", "```a/*", "```/**/OPENQASM"),
        *("<think>", "</think>", "<answer>", "/*", "/**/", "\\", " ", "\n", "- ", "A "),
        *("OPENQASM ", "OPENQASM 3.0;", "OPENQASM 3.0;\n", "OPENQASM 3.0;\\n", '\\"'),
    ],
)
@pytest.mark.parametrize(
    "head",
    [
        "",
        "```qasm\nOPENQASM 3.0;\n",
        *(pytest.param(head, marks=pytest.mark.slow) for head in ("OPENQASM 3.0;\n", "OPENQASM 3")),
    ],
)
def test_long_answers_of_anything_take_linear_time(unit: str, head: str) -> None:
    answer = head + unit * (400_000 // len(unit))
    start = time.process_time()
    extract(answer)
    assert time.process_time() - start < 5  # about 0.4 s; quadratic time would be far more


# --- what ends a program, and what does not -------------------------------------------------------

HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\n'
BROKEN = [
    HEAD + "h q[0];\nThen we do this here\nh q[1];",
    HEAD + "h q[0];\nThen we do this here\nh q[1]",
    HEAD + "h q[0];\nThen we do this here\nh q",
    HEAD + "h q[0];\nThen we do this here\nrz(0.5",
    HEAD + "h q[0];\nNote: this is it.\ncx q[0], q[1];",
    HEAD + "h q[0];\nGreat job!\nqubit[2] r",
    HEAD + "h q[0];\n- and now the other\nif (c) {\nh q[1];\n}",
    HEAD + "h q[0];\nThen we do this here\nbit[3] c; c = measure q;",
    HEAD + "h q[0];\nH q",
    HEAD + "h q[0];\nRx (0.1, 0.2, 0.3) q",
    HEAD + "gate Bell a, b, c, d { h a; }\nh q[0];\nBell a, b, c, d",
    HEAD + "gate Bell a, b { h a; }\nh q[0];\nBel",
    HEAD + "h q[0];\nMeasure q",
    HEAD + "h q[0];\nMeasure q into c",
    HEAD + "h q[0];\nFor uint i in",
    HEAD + "h q[0];\nGate foo a",
    HEAD + "h q[0];\nNext we do this now:\nif",
    HEAD + "h q[0];\nNext we do this now:\nlet a",
]
CLOSINGS = [
    *("{}", "{}<|im_end|>", "{}</s>", "{} <|eot_id|>", "{}\n<|im_end|>", "{}<end_of_turn>"),
    *("`{}`", "``{}``", "({})", '"{}"', "'{}'", "“{}”", "[{}]", "{{{}}}", "<code>{}</code>"),
    *("<qasm>{}</qasm>", "<answer>{}</answer>", "'''{}'''", "**{}**", "$${}$$", "{}[EOS]"),
    *("\\begin{{verbatim}}{}\\end{{verbatim}}", "Here: `{}` is it.", "{})", '{}"', "{}`"),
    *("```qasm\n{}\n```", "```qasm\n{}", "```qasm\n{}<|im_end|>", "-----BEGIN A-----\n{}"),
]


@pytest.mark.parametrize("wrapped", CLOSINGS)
@pytest.mark.parametrize("broken", BROKEN)
def test_no_wrapper_mends_a_broken_program(broken: str, wrapped: str) -> None:
    result = extract(wrapped.format(broken))
    assert result is not None
    assert result.qasm.strip().startswith(broken), wrapped


@pytest.mark.parametrize("wrapped", CLOSINGS)
def test_a_good_program_comes_out_of_every_wrapper(wrapped: str) -> None:
    result = extract(wrapped.format(PROGRAM))
    assert result is not None
    if wrapped not in {"{})", '{}"', "{}`"}:
        assert result.qasm == PROGRAM


@pytest.mark.parametrize(
    "after",
    [
        *("Hope this helps!", "Note: the angle was chosen well.", "Explanation: see the lecture"),
        *("This circuit is short.", "Enjoy!", "Good luck!", "Done.", "Hope this helps", "[EOS]"),
        *("END", "=== end ===", "--- end of file ---", "$ ", "user@host:~$ ", ">>> ", "✅ Done"),
        *("-----END QASM-----", "Notes:\n- one\n- two; three", "(Uses one layer of QAOA.)", "EOF"),
        *("(End of circuit)", "In this circuit, q[0] is entangled.", "A Bell pair.", "# end"),
        "Note: the depth is 3 and (0.5) is the angle.",
        "The gates:\n1. h q[0]; makes a superposition\n2. cx q[0], q[1]; entangles",
    ],
)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_what_is_no_beginning_of_a_statement_ends_the_program(gap: str, after: str) -> None:
    assert found(PROGRAM + gap + after) == ("bare", PROGRAM)
    assert found("```qasm\n" + PROGRAM + gap + after) == ("truncated", PROGRAM)


@pytest.mark.parametrize(
    "wrapped",
    [
        "$${}$$",
        "**{}**",
        "-----BEGIN QASM-----\n{}\n-----END QASM-----",
        "=== circuit.qasm ===\n{}\n=== end ===",
        "$ cat circuit.qasm\n{}\n$ exit",
    ],
)
def test_more_wrappers(wrapped: str) -> None:
    assert found(wrapped.format(PROGRAM)) == ("bare", PROGRAM)


@pytest.mark.parametrize("mark", ["`", '"', "'"])
def test_a_quote_in_the_middle_does_not_mend_a_broken_program(mark: str) -> None:
    broken = HEAD + f"h q[0];\nThen we all use {mark}h{mark} here\nh q[1];"
    result = extract(f"{mark}{broken}{mark}")
    assert result is not None
    assert "Then we all use" in result.qasm
