"""Programs end where what wraps them is closed; nothing that OpenQASM may contain closes any."""

from __future__ import annotations

import html
import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quasar.circuits.qasm import parses
from quasar.prompts.extract import extract
from support import strategies
from support.agentq import load_generations
from support.cases import cases

PROGRAM = """\
OPENQASM 3.0;
include "stdgates.inc";
bit[2] c;
qubit[2] q;
h q[0]; // it's a "superposition" (`h`)
cx q[0], q[1];
if (c == 1) { x q[1]; }
c = measure q;"""
PLAIN = PROGRAM.replace(' // it\'s a "superposition" (`h`)', "")
LINE = " ".join(PLAIN.split("\n"))

TRIPLE = {
    "triple double": 'qasm = """{}"""',
    "triple double, own lines": 'qasm = """\n{}\n"""\ncircuit = qasm3.loads(qasm)\nprint(circuit)',
    "triple single": "qasm = '''\n{}\n'''\n",
    "raw": "qasm = r'''{}'''.strip()",
    "f-string": 'text = f"""\n{}"""\nrun(text, shots=100);',
    "bytes": 'text = b"""\n{}""".decode()',
    "argument": 'backend.run(qasm3.loads("""\n{}\n"""), shots=1024).result()',
    "docstring": 'def f():\n    """It\'s a Bell pair."""\n    return """\n{}\n    """\n\nf();',
    "dictionary": 'answer = {{"qasm": """{}""", "qubits": 2}};',
    "fence of Python": '```python\nqasm = """\n{}\n"""\ncircuit = loads(qasm)\n```\nDone.',
    "fence of Python, single": "Use:\n```python\nq = '''{}'''\n```",
    "open fence of Python": '```python\nqasm = """\n{}\n"""\ncircuit = loads(qasm)\n',
    "Julia": 'const qasm = raw"""\n{}\n"""\nparse(qasm);',
}
TAGS = {
    "qasm": "<qasm>\n{}\n</qasm>",
    "on one line": "<qasm>{}</qasm> is my answer.",
    "circuit": "<circuit>\n{}\n</circuit>\nIt has 2 qubits;",
    "pre code": "<pre><code>{}</code></pre>",
    "pre code, prose": "<p>Here:</p>\n<pre>\n<code>\n{}\n</code>\n</pre>\n<p>A Bell pair;</p>",
    "attributes": '<code class="language-qasm" data-x="1">{}</code>',
    "upper case": "<QASM>\n{}\n</QASM>",
    "mixed case": "<Qasm>\n{}\n</qasm>",
    "answer": "<answer>\n{}\n</answer>",
    "answer, qasm": "<answer><qasm>{}</qasm></answer>",
    "output": "<output>{}</output> <score>1;</score>",
    "namespace": "<ns:program-1.0 id='a'>{}</ns:program-1.0>",
    "forgotten inner": "<pre><code>{}</pre>",
    "wrapper with words": "<response>\nHere is the circuit:\n{}\n</response>",
    "CDATA": "<qasm><![CDATA[{}]]></qasm>",
    "CDATA alone": "<![CDATA[\n{}\n]]>",
    "HTML comment": "<!-- {} -->",
    "tool call": "<function=verify><parameter=qasm>\n{}\n</parameter></function>\nend;",
    "fence in a tag": "<answer>\n```qasm\n{}\n```\n</answer>",
    "tag in a fence": "```xml\n<qasm>\n{}\n</qasm>\n```",
    "tag in an open fence": "```\n<qasm>\n{}\n</qasm>\nDone.",
    "BBCode": "[code=qasm]\n{}\n[/code] as asked;",
    "named brackets": "[QASM]{}[/QASM]",
    "Jira": "{{code:qasm}}\n{}\n{{code}}\nend;",
    "Liquid": "{{% highlight qasm %}}\n{}\n{{% endhighlight %}}",
}
LATEX = {
    "verbatim": "\\begin{{verbatim}}\n{}\n\\end{{verbatim}}",
    "lstlisting": "\\begin{{lstlisting}}[language=QASM, caption={{A}}]\n{}\n\\end{{lstlisting}}",
    "minted": "Here:\n\\begin{{minted}}[linenos]{{text}}\n{}\n\\end{{minted}}\nText.",
    "nested": "\\begin{{document}}\\begin{{verbatim*}}\n{}\n\\end{{verbatim*}}\\end{{document}}",
    "Org": "#+BEGIN_SRC qasm\n{}\n#+END_SRC\n* Next",
}
TOKENS = [
    *("<|im_end|>", "<|endoftext|>", "</s>", "<|eot_id|>", "<end_of_turn>", "[/INST]", "<|end|>"),
    *("<|return|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>", "<eos>", "<|assistant|>", "<pad>"),
    *(
        "<|im_end|>\n<|im_start|>user\nThanks; bye;",
        "<|eot_id|><|start_header_id|>user",
        "</s></s>",
    ),
    *("<|eom_id|>", "<|END_OF_TURN_TOKEN|>", "<end_of_utterance>", "<pad><pad><eos>"),
]
ENDS = {
    **{f"token {token}": "{}" + token.replace("{", "{{") for token in TOKENS},
    "own line": "{}\n<|im_end|>\n",
    "after prose": "Here:\n{}\nThis is the circuit you asked for.<|im_end|>",
    "in an open fence": "```qasm\n{}\n<|im_end|>",
    "in a fence": "```qasm\n{}\n<|im_end|>\n```",
    "start and end": "<|im_start|>assistant\n{}<|im_end|>",
    "before": "<s>[INST] Write one. [/INST] {}</s>",
}
BLOCKS = {
    "YAML": "title: Bell\nqasm: |\n{}\nqubits: 2;\n",
    "YAML, stripped": "- qasm: |-\n{}\n- qasm: none;\n",
    "YAML, folded": "circuit:\n  text: >+\n{}\n  shots: 5;\n",
    "reStructuredText": "The circuit::\n\n{}\n\nIt has 2 qubits;\n",
    "directive": ".. code-block:: qasm\n\n{}\n\nIt has 2 qubits;",
}
LINES = {
    "here-document": "cat > bell.qasm <<'EOF'\n{}\nEOF\npython run.py;",
    "here-document, indented": "cat <<-QASM\n{}\n\tQASM\nls;",
    "rule": "-----\n{}\n-----\nIt has 2 qubits;",
    "equals": "Circuit\n====\n{}\n====\nx;",
}
QUOTES = {
    "double": '"{}"',
    "double, Python": 'qasm = "{}"  # a Bell pair;\nrun(qasm);',
    "single": "'{}'",
    "single, call": "QuantumCircuit.from_qasm_str('{}').draw();",
    "JSON-like": "{{'qasm': '{}', 'shots': 1}};",
    "backtick": "`{}`",
    "backtick, spaced": "` {} `",
    "backtick, prose": "Use `{}` and nothing; else.",
    "backticks": "``{}``",
    "backticks with a label": "``qasm\n{}\n``",
    "template literal": "const qasm = `\n{}\n`;\nrun(qasm);",
    "fence of JavaScript": "```js\nconst qasm = `{}`;\n```",
    "curly quotes": "“{}”",
    "low quotes": "„{}“ is it;",
    "guillemets": "«{}»",
    "corner brackets": "「{}」",
    "parentheses": "The circuit ({}) is it;",
    "brackets": "[{}]",
    "two brackets": "[[{}]];",
    "braces": "{{{}}}",
    "braces after a key": '{{"qasm": {{\n{}\n}}, "n": 2}};',
    "texttt": "\\texttt{{{}}}",
    "C++": 'auto q = R"({})";',
    "pointed": "<{}>",
    "here-string": "run <<< '{}';",
}
INLINE = {
    "verb": "\\verb|{}|",
    "verb, plus": "Use \\verb+{}+ for it;",
    "lstinline": "\\lstinline[language=C]!{}! here;",
    "mintinline": "\\mintinline{{text}}|{}|;",
}
ROBUST = TRIPLE | TAGS | LATEX | ENDS | LINES


def found(answer: str) -> str | None:
    result = extract(answer)
    if result is not None and not result.decoded:
        assert answer[result.start : result.end] == result.qasm
    return None if result is None else result.qasm


@pytest.mark.parametrize("wrapper", ROBUST.values(), ids=ROBUST)
@pytest.mark.parametrize("program", [PROGRAM, PLAIN, LINE], ids=["comment", "plain", "line"])
def test_marks_that_no_program_has(wrapper: str, program: str) -> None:
    assert found(wrapper.format(program)) == program


@pytest.mark.parametrize("wrapper", [*QUOTES.values(), *INLINE.values()], ids=[*QUOTES, *INLINE])
@pytest.mark.parametrize("program", [PLAIN, LINE], ids=["plain", "line"])
def test_marks_right_before_the_program(wrapper: str, program: str) -> None:
    assert found(wrapper.format(program)) == program


@pytest.mark.parametrize("wrapper", QUOTES.values(), ids=QUOTES)
def test_marks_in_comments_do_not_close(wrapper: str) -> None:
    assert found(wrapper.format(PROGRAM)) == PROGRAM


@pytest.mark.parametrize(
    "wrapper",
    [
        '"{}"',
        "'{}'",
        "`{}`",
        "``{}``",
        "“{}”",
        'load("{}")',
        "({}) is it;",
        "{{'q': '{}', 'n': '1'}}",
    ],
)
@pytest.mark.parametrize("program", [LINE, PLAIN], ids=["line", "lines"])
def test_a_program_that_ends_in_a_comment(wrapper: str, program: str) -> None:
    for comment in ("done", "it's done (well)"):
        assert found(wrapper.format(f"{program} // {comment}")) == f"{program} // {comment}"


def test_a_mark_in_a_comment_is_none_where_code_follows() -> None:
    program = "OPENQASM 3.0;\nqubit q; // the 'first' one)\nx q;"
    for opening in ("'", "(", "`"):
        assert found(f"{opening}{program}") == program


@pytest.mark.parametrize("wrapper", BLOCKS.values(), ids=BLOCKS)
@pytest.mark.parametrize("indent", [3, 4, 8])
def test_blocks_that_indentation_ends(wrapper: str, indent: int) -> None:
    block = "\n".join(" " * indent + line for line in PROGRAM.split("\n"))
    assert found(wrapper.format(block)) == block.lstrip()


def test_archived_answers_in_every_wrapper() -> None:
    """Each of a draw of the archived answers, valid or not, in each wrapper."""
    texts = sorted({text for text in load_generations().values() if text.startswith("OPENQASM")})
    drawn = random.Random(5).sample(texts, cases(60))
    for text in drawn:
        program = text.strip()
        wrappers = {**ROBUST, **QUOTES, **INLINE}
        if any(mark in program for mark in "'`|!+{}") or "/*" in program or "//" in program:
            wrappers = ROBUST
        for name, wrapper in wrappers.items():
            assert found(wrapper.format(program)) == program, name


@settings(deadline=None, max_examples=cases(60), suppress_health_check=list(HealthCheck))
@given(strategies.mutated(), st.sampled_from(sorted(TAGS | LATEX | ENDS)))
def test_a_broken_program_stays_broken(program: str, name: str) -> None:
    """Whatever stands in it, it comes back as it is."""
    program = program.strip()
    marks = ("'''", '"""', "```", "~~~", "\\", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028")
    if not program.startswith("OPENQASM 3.0;") or any(mark in program for mark in marks):
        return
    if program.count("OPENQASM") > 1:  # then the last one may count
        return
    bare = found(program)
    wrapped = found((TAGS | LATEX | ENDS)[name].format(program))
    assert wrapped is not None
    if wrapped == program:
        return
    # A closing bracket that nothing opens may be the wrapper's.
    stray = program[len(wrapped) :].lstrip()[:1] in (")", "]", "}")
    assert program.startswith(wrapped) and (bare == wrapped or stray)  # noqa: PT018


@settings(deadline=None, max_examples=cases(100), suppress_health_check=list(HealthCheck))
@given(strategies.mutated())
def test_without_a_wrapper_nothing_is_cut(program: str) -> None:
    if program.startswith("OPENQASM 3.0;") and program.count("OPENQASM") == 1:
        result = extract(program)
        assert result is not None
        cut = program.removeprefix(result.qasm).strip(" \n-*")  # an empty item of a list may go
        assert not cut or result.decoded or "```" in program


@pytest.mark.parametrize(
    "code",
    [
        *(
            'x q[0]; "',
            "x q[0]; '",
            "x q[0]; `",
            "x q[0]; )",
            "x q[0]; ]",
            "x q[0]; }",
            "x q[0]; >",
        ),
        *(
            "x q[0]; </qasm>",
            "x q[0]; </b> x q[0];",
            "x q[0]; ]]>",
            "x q[0]; -->",
            "x q[0]; [/code]",
        ),
        *('x q[0]; """ x q[0];', "x q[0]; \\end{verbatim}", "x q[0]; ''' y q[0];", "x q[0]; ”"),
        *(
            "x q[0]; {code}",
            "EOF\nx q[0];",
            "x q[0];\n#+END_SRC\nx q[0];",
            "x q[0];\n====\nx q[0];",
        ),
        *("if (a<s>b) { x q[0]; }", "if (c < eos > 1) x q[0];", "rx(a</b/>c) q[0];"),
        *('bit[2] s = "01"; x q[INST];', "let a = q[code]; h a;"),
    ],
)
def test_a_mark_that_nothing_opened_closes_nothing(code: str) -> None:
    program = f"OPENQASM 3.0;\n{code}"
    assert found(program) == program
    assert found(f"Here it is:\n{program}") == program
    assert found(f'<b>So:</b> `it` is "this" (a circuit) [code]x[/code]:\n{program}') == program


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        # Amid a statement, a bracket is the program's own mistake.
        ("(OPENQASM 3.0;\nrx(0.5)) q[0];\nx q[0];)", "OPENQASM 3.0;\nrx(0.5)) q[0];\nx q[0];)"),
        ("[OPENQASM 3.0;\nx q[0]];\nx q[0];]", "OPENQASM 3.0;\nx q[0]];\nx q[0];]"),
        # What was opened and never closed wraps nothing.
        ('"""\nOPENQASM 3.0;\nx q[0]', "OPENQASM 3.0;\nx q[0]"),
        ("<qasm>\nOPENQASM 3.0;\nx q[0];", "OPENQASM 3.0;\nx q[0];"),
        ("`OPENQASM 3.0;\nx q[0];", "OPENQASM 3.0;\nx q[0];"),
        # What is cut off before the closing mark stays cut off.
        ("<qasm>\nOPENQASM 3.0;\ncx q[0], q</qasm>", "OPENQASM 3.0;\ncx q[0], q"),
        ("OPENQASM 3.0;\ncx q[0], q<|im_end|>", "OPENQASM 3.0;\ncx q[0], q"),
        ('"""OPENQASM 3.0;\ncx q[0], q"""\nx;', "OPENQASM 3.0;\ncx q[0], q"),
        # Prose inside the wrapper is still prose.
        (
            "<out>\nOPENQASM 3.0;\nx q[0];\n\nThis circuit flips the qubit.\n</out> Done;",
            "OPENQASM 3.0;\nx q[0];",
        ),
        # Apostrophes of prose are no quotes around the program.
        (
            "The circuits' code is OPENQASM 3.0;\nx q[0]; // don't",
            "OPENQASM 3.0;\nx q[0]; // don't",
        ),
        (
            "It's this: OPENQASM 3.0;\nx q[0];\n\nI don't know any better one.",
            "OPENQASM 3.0;\nx q[0];",
        ),
        # Strings of the language do not end a quoted program.
        (
            "'OPENQASM 3.0;\ninclude 'stdgates.inc';\nqubit q;'",
            "OPENQASM 3.0;\ninclude 'stdgates.inc';\nqubit q;",
        ),
        ('"OPENQASM 3.0;\nif (c == "01") x q[0];"', 'OPENQASM 3.0;\nif (c == "01") x q[0];'),
        # The last of several wrapped ones.
        ("<a>OPENQASM 3.0;\nx q[0];</a>\n<a>OPENQASM 3.0;\ny q[0];</a>", "OPENQASM 3.0;\ny q[0];"),
    ],
)
def test_what_closes_and_what_does_not(answer: str, expected: str) -> None:
    assert found(answer) == expected


@pytest.mark.parametrize(
    "wrapper",
    [
        "<qasm>{}</qasm>",
        "<pre><code>{}</code></pre>",
        "<p>So:</p><pre>\n{}\n</pre><p>&amp; that;</p>",
    ],
)
def test_entities_between_tags_are_decoded_and_flagged(wrapper: str) -> None:
    program = PROGRAM.replace("c = measure q;", "measure q[0] -> c[0];")
    for escaped in (html.escape(program), html.escape(program).replace("&#x27;", "&#39;")):
        result = extract(wrapper.format(escaped))
        assert result is not None
        assert (result.qasm, result.decoded) == (program, True)
        assert parses(result.qasm)


def test_entities_elsewhere_stay() -> None:
    program = "OPENQASM 3.0;\ninclude &quot;stdgates.inc&quot;;\nqubit q;"
    for wrapper in (
        "{}",
        "```qasm\n{}\n```",
        '"""{}"""',
        "<![CDATA[{}]]>",
        "<q><![CDATA[{}]]></q>",
    ):
        assert found(wrapper.format(program)) == program


def test_escaped_quotes_with_line_ends_as_they_are() -> None:
    text = PLAIN.replace('"', '\\"')
    for answer in (f'qasm = "{text}"\nrun(qasm);', f'{{"qasm": "{text}", "n": "2"}}'):
        result = extract(answer)
        assert result is not None
        assert (result.qasm, result.decoded) == (PLAIN, True)
    assert found(json.dumps({"a": f"<qasm>{PLAIN}</qasm>"})) is not None


_PIECES = st.sampled_from(
    [
        *(
            "OPENQASM 3.0;",
            "x q[0];",
            "\n",
            " ",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "<",
            ">",
            '"',
            "'",
            "`",
        ),
        *("<a>", "</a>", "<a b='c'>", "[a]", "[/a]", "\\begin{a}", "\\end{a}", '"""', "'''", "``"),
        *("<![CDATA[", "]]>", "<!--", "-->", "<|x|>", "</s>", "&quot;", "<<EOF\n", "EOF", "----\n"),
        *(
            "//",
            "/*",
            "*/",
            ": |\n",
            "::\n\n  ",
            "\\verb|",
            "|",
            "{code}",
            "“",
            "”",
            "\\",
            "\\n",
            '\\"',
        ),
        *("```", "```qasm\n", "<think>", "</think>", "<answer>"),
    ]
)


@settings(max_examples=cases(300))
@given(st.lists(_PIECES, max_size=25).map("".join))
def test_what_comes_back_is_a_piece_of_the_answer(answer: str) -> None:
    result = extract(answer)
    if result is not None:
        assert 0 <= result.start < result.end <= len(answer)
        assert result.decoded or answer[result.start : result.end] == result.qasm


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "<a>",
            "</a>",
            "<a ",
            "<",
            "[a]",
            "[a ",
            "\\begin{a}",
            "\\end{",
            "#+begin_",
            "{% ",
            "'''",
        ),
        *(
            "<![CDATA[",
            "]]>",
            "<!--",
            "<|",
            "<｜",
            "&quot;",
            "<a>&",
            "(",
            ")",
            "x;(",
            "{",
            "“",
            "'",
            "`",
        ),
        *(
            'include "',
            '"',
            "/",
            "//",
            "/*",
            "\n  ",
            "\n",
            "----\n",
            "<<E\n",
            "\\verb|",
            "<eos>",
            " ",
        ),
    ],
)
def test_long_answers_of_anything_take_linear_time(unit: str) -> None:
    body = unit * (100_000 // len(unit))
    for answer in (
        f"<qasm>\n'OPENQASM 3.0;\n{body}",
        f"{body}OPENQASM 3.0;\nx q[0];\n{body}",
        f'<q>{{"OPENQASM 3.0;{body}',
    ):
        start = time.process_time()
        extract(answer)
        assert time.process_time() - start < 4  # a tenth; quadratic time would be minutes
