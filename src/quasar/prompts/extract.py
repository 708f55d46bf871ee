r"""Extracts the OpenQASM program from a model's answer, unrepaired.

What comes back is a contiguous piece of the answer, or, where the answer is written with the
escapes of JSON (`\n`, `\"`) or, between tags, with the entities of HTML (`&quot;`, `&gt;`), that
piece decoded. Nothing is repaired: no header is added, no statement closed, no line removed from
the middle. What a model gets wrong stays wrong.

Rules, of which the first that finds a program decides:

1. Text inside `<think>…</think>` is not part of the answer. The rest is searched from its last
   stretch back (`<answer>` tags and thoughts separate stretches).
2. The last closed code fence that begins with a header (`OPENQASM 3.0;`; comments may come first).
   The last, because a model that corrects itself does so further down; a closed one, because a
   finished program beats a later one that was cut off. A fence's language does not matter.
3. The last fence that begins with a header and was never closed (`truncated`). 4. Outside of
fences: from the last header to the end, without the text after it that is certainly prose.
   Code or another header right before it is part of the program, even if it is wrong.
5. The last fence with a header further inside, such as one of JSON or Python.
6. The last fence called `qasm` or `openqasm`, even without any header: it cannot be valid, but a
   verifier can say why.

Wherever it was found, a program ends where its wrapper is closed (`wrappers.py`): quotes, tags,
LaTeX environments, brackets, end-of-turn tokens.

Covers Markdown fences of backticks and tildes. Does not cover programs that were split over several
fences.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from quasar.circuits.circuit import GATES
from quasar.prompts.wrappers import unescape_markup, wrapping

Found = Literal["whole", "fence", "bare", "truncated"]

# Possessive and atomic groups keep every match linear in the text, hostile text included.
_TAG = re.compile(r"<(/?)(think|thinking|answer)>", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}|^[ \t]*(~{3,})", re.MULTILINE)
_LANGUAGE = re.compile(r"[^\S\n]*+\{?\.?([\w+#-]*+)")
_FILLING = r"(?>\s++|//[^\n]*+(?:\n|\Z)|/\*.*?\*/)*+"
_OPENING = re.compile(_FILLING + r"OPENQASM\b", re.DOTALL)
_FILLED = re.compile(_FILLING, re.DOTALL)
_VERSION = r"OPENQASM\s++\d++(?:\.\d++)?+\s*+;"
_HEADERS = (
    re.compile(r"^[ \t]*+" + _VERSION, re.MULTILINE),
    re.compile(r"(?:\b|(?<=\\n))" + _VERSION),
    re.compile(r"^[ \t]*+OPENQASM\b", re.MULTILINE),
)
_ESCAPED = re.compile(r"OPENQASM\b[^\\\n]*+\\[nr\"]")
_QUOTED = re.compile(r"(?:[^\\\"]|\\.)*+", re.DOTALL)
_APOSTROPHED = re.compile(r"(?:[^\\']|\\.)*+", re.DOTALL)
_OPENS_BLOCK = re.compile(r"(?<!\S)\w[^\\=:]*\{\Z")  # `gate g a {`; not `\texttt{`, `{"qasm": {`
_MARK = re.compile(r"\{[%\w][^;{}]*\}\Z")  # `\begin{verbatim}`, `{code}`: no block of statements
_COMMENT = re.compile(r"//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)")
_COMMENT_MARK = re.compile(r"//|/\*")
_MARKDOWN = re.compile(r"\s*+(?:#{1,6}\s|[*>•]|-\s|\d{1,3}[.)]\s|[-_*]{3,}\s*+$)")
_SENTENCE = re.compile(
    r"\s*+\(?+[A-Z][A-Za-z'’]*+,?(?:\s++[^\s;{\[]++){3,}+\s*+$"  # four words
    r"|\s*+[A-Z][^\s;{\[]*+(?:\s++[^\s;{\[]++)*+(?<=:)\s*+$"  # ends in a colon
    r"|\s*+[A-Z][A-Za-z'’-]*+(?:\s++[A-Za-z'’-]++){0,4}+:\s[^;{\[]*+$"  # `Note: …`
    r"|\s*+[A-Z][A-Za-z'’]*+,?(?:\s++[^\s;{]++){2,}+(?<=[A-Za-z\])][.!?])\s*+$"  # a full stop
    r"|\s*+[A-Z](?:\s++[A-Za-z'’]++){1,3}+[.!?…]++\s*+$"
    r"|\s*+\(?+[A-Z][a-z'’]++,?(?:\s++[A-Za-z'’]++,?){0,2}+[.!?…]++\)?+[^\w;{\[(]*+$"
    r"|\s*+[A-Z][a-z'’]++(?:\s++[A-Za-z'’]++){2}+\s*+$"  # three words without any comma
)
# Lines that begin as no statement can: rules, prompts of a shell, marks of an end, symbols.
_FOREIGN = re.compile(
    r"\s*+(?:[-=*~+]{2,}|\${2,}|\$(?:\s|$)|>>>|#(?![pd])|\([A-Z][a-z]*+ [A-Za-z ,.'’-]*+\)\s*+$"
    r"|[\w.-]++@[\w.-]++:|[A-Z]:\\|\[[A-Za-z/]|<[A-Za-z/|]"
    r"|(?:END|EOF)\s*+$|[^\w\s\x00-\x7f])[^;]*+$"
)
_CLOSERS = " \t\r\"'`)]}>*$”’»」』"
_WORD = re.compile(r"[^\W\d]\w*+")
_OPERAND = r"\$?\w++(?:\s*+\[[^\];]*+\]?)*+"
_KEYWORDS = frozenset(
    (
        "qubit bit qreg creg input output float angle int uint bool const gate def measure reset "
        "barrier if else for while let include return end break continue delay box"
    ).split()
)
_CALL = re.compile(  # a gate on operands, complete or cut off
    rf"\s*+(?:\w++(?:\s*+\([^();]*+\))?+\s*+@\s*+)*+(\w++)\s*+(?:\([^;]*\)|\([^;)]*+$)?+"
    rf"\s*+(?:{_OPERAND}(?:\s*+,\s*+{_OPERAND})*+)?+\s*+,?\s*+(;|$)"
)
_STATEMENT = re.compile(
    r"\s*+(?:(?:qubit|bit|qreg|creg|input|output|float|angle|gate|measure|reset|barrier|ctrl|inv)"
    r"\s*+(?:[\[(@]|\w++\s*+(?:[\[;,={]|$))|(?:if|while)\s*+\(|for\s++\w++\s++\w++\s++in\b"
    rf"|{_OPERAND}\s*+(?:=(?!=)|->)|include\b)"
)
_CLOSED = re.compile(r"[\s\"'`)\]}>*_$”’»」』]*+(?:<[^<>]*+>\s*+)*+")


@dataclass(frozen=True)
class Extraction:
    """A program found in an answer.

    Attributes:
        qasm: its text.
        how: `whole`: the answer is the program; `fence`: a closed code fence; `bare`: amid prose;
            `truncated`: a fence that was never closed.
        start: offset of its first character in the answer.
        end: offset behind its last one; `answer[start:end] == qasm` unless `decoded`.
        decoded: the answer had it with the escapes of JSON or HTML.
    """

    qasm: str
    how: Found
    start: int
    end: int
    decoded: bool = False


class _Fence(NamedTuple):
    """Offsets of a fence's content and of the whole with its marks, and its language."""

    start: int
    end: int
    outer_start: int
    outer_end: int
    language: str
    closed: bool


def extract(answer: str) -> Extraction | None:
    """The program in an answer, by the rules above; time is linear in the text.

    Returns:
        None if there is no trace of OpenQASM.
    """
    for start, end in reversed(_stretches(answer)):
        found = _in_stretch(answer, start, end)
        if found is not None:
            return found
    return None


def _stretches(answer: str) -> list[tuple[int, int]]:
    """Offsets of the text outside of thoughts, in order, split at every tag."""
    stretches: list[tuple[int, int]] = []
    start, thinking = 0, False
    for tag in _TAG.finditer(answer):
        closing, name = tag[1], tag[2].lower()
        if name == "answer":
            if not thinking:
                stretches.append((start, tag.start()))
                start = tag.end()
        elif not closing:
            if not thinking:
                stretches.append((start, tag.start()))
            thinking = True
        else:
            if not thinking:  # the opening tag was part of the prompt: all so far was thought
                stretches.clear()
            start, thinking = tag.end(), False
    if not thinking:
        stretches.append((start, len(answer)))
    return stretches


def _in_stretch(answer: str, start: int, end: int) -> Extraction | None:
    fences = list(_fences(answer, start, end))
    headed = [f for f in fences if _OPENING.match(answer, f.start, f.end)]
    for closed in (True, False):
        for fence in reversed(headed):
            if fence.closed == closed:
                return _from_fence(answer, fence, fence.start)
    bare = _bare(answer, start, end, fences)
    if bare is not None:
        return bare
    for fence in reversed(fences):
        inside = _start_of_program(answer, fence.start, fence.end)
        if inside is not None:
            return _from_fence(answer, fence, inside)
    for fence in reversed(fences):
        if "qasm" in fence.language.lower() and answer[fence.start : fence.end].strip():
            return _from_fence(answer, fence, fence.start)
    return None


def _fences(answer: str, start: int, end: int) -> Iterator[_Fence]:
    """All fences from start to end, in order.

    A mark with a word right behind it, such as "```output", opens a fence even inside another, so
    that one forgotten mark does not swap fences and prose in the rest of the text.
    """
    opened: tuple[str, int, int, str] | None = None  # mark, its offset, content's, language
    marks = [
        (mark.start(), mark.end(), mark[0].strip()) for mark in _FENCE.finditer(answer, start, end)
    ]
    for number, (first, last, mark) in enumerate(marks):
        word = _LANGUAGE.match(answer, last, end)
        language = word[1] if word else ""
        if opened is not None:
            if mark[0] != opened[0][0] or len(mark) < len(opened[0]):
                continue
            after = first if language else last
            yield _Fence(opened[2], first, opened[1], after, opened[3], True)
            if not language:
                opened = None
                continue
        following = marks[number + 1][0] if number + 1 < len(marks) else end
        newline = answer.find("\n", last, following)
        if newline >= 0 and "OPENQASM" not in answer[last:newline]:
            content = newline + 1
        elif language.upper() == "OPENQASM":  # the program itself, in the line of the mark
            content = last
        else:
            content = word.end() if word else last
        opened = (mark, first, content, language)
    if opened is not None:
        yield _Fence(opened[2], end, opened[1], end, opened[3], False)


def _from_fence(answer: str, fence: _Fence, start: int) -> Extraction:
    how: Found = "fence" if fence.closed else "truncated"
    return _piece(answer, fence.start, start, fence.end, how)


def _bare(answer: str, start: int, end: int, fences: list[_Fence]) -> Extraction | None:
    """The last program that stands outside of all fences."""
    gaps = []
    for fence in fences:
        gaps.append((start, fence.outer_start))
        start = fence.outer_end
    gaps.append((start, end))
    for first, last in reversed(gaps):
        at = _start_of_program(answer, first, last)
        if at is None:
            continue
        return _piece(answer, first, at, last, "bare")
    return None


def _start_of_program(answer: str, start: int, end: int) -> int | None:
    """Offset of the last program between start and end, by its header; None without a header."""
    for pattern in _HEADERS:
        headers = [m.end() - len(m[0].lstrip()) for m in pattern.finditer(answer, start, end)]
        if not headers:
            continue
        at = headers.pop()
        while headers and _joined(answer[headers[-1] : at]):
            at = headers.pop()
        return start if not headers and _joined(answer[start:at]) else at
    return None


def _joined(before: str) -> bool:
    """Whether the text before a header is of the same program: comments only, or code."""
    filling = _FILLED.match(before)
    if filling is not None and filling.end() == len(before):
        return True
    for line in reversed(before.split("\n")):
        code = _without_comments(line, False)[0].strip()
        if code:
            ends = code.endswith((";", "}")) and _MARK.search(code) is None
            return ends or _OPENS_BLOCK.search(code) is not None
    return True


def _end_of_program(answer: str, start: int, end: int, closing: int | None = None) -> int:
    """Where trailing prose begins; `closing` where there is none.

    Prose is a line that begins where a statement may begin, that is itself the beginning of none
    (a sentence, Markdown, a shell's prompt), and that no statement follows, be it complete, cut
    off, or behind a quote that may be the sentence's own. A statement that was cut off is never
    taken for prose: removing it would repair the program.

    Args:
        closing: where the wrapper of the program is closed; default: `end`.
    """
    closing = end if closing is None else closing
    prose: int | None = None
    commented = False
    complete = False  # the code so far ends in ; or }
    position, sentence = start, ""
    for line in answer[start:end].split("\n"):
        if position >= closing and prose is None:
            break
        own = line[: max(closing - position, 0)]
        within = _without_comments(own, commented)[0].strip()
        code, commented = _without_comments(line, commented)
        if within.endswith((";", "{", "}")):
            prose, complete = None, True
        elif prose is not None:
            if _MARKDOWN.match(line) is None and (_is_code(within) or _is_code(code)):
                prose, complete = None, False
        elif within:
            if complete and _is_prose(own):
                prose, sentence = position, own
            else:
                complete = False
        position += len(line) + 1
    if prose is None or _names_something(sentence, answer[start:prose]):
        return closing
    return prose


def _is_prose(line: str) -> bool:
    """Whether a line where a statement may begin has a form that no beginning of one has."""
    if _MARKDOWN.match(line) or _FOREIGN.match(line):
        return True
    return _SENTENCE.match(line) is not None and _CALL.match(line) is None


def _names_something(line: str, code: str) -> bool:
    """Whether a sentence may be a statement on what the code declares, perhaps cut off."""
    if _MARKDOWN.match(line) or _FOREIGN.match(line):
        return False
    words = _WORD.findall(line)
    names = {"U", "OPENQASM", *_WORD.findall(_COMMENT.sub(" ", code))}
    if any(name.startswith(words[0]) for name in names):
        return True
    named = words[0].lower() in _KEYWORDS | GATES.keys()
    if named and ":" not in line and line.rstrip()[-1:] not in set(".!?…"):
        return len(words) <= 3 or words[1] in _KEYWORDS or not names.isdisjoint(words)
    return len(words) <= 3 and ":" not in line and not names.isdisjoint(words)


def _is_code(code: str) -> bool:
    """Whether a line after a sentence holds a statement, complete or cut off."""
    last = max(map(code.rfind, ";{}"))
    if (last >= 0 and _CLOSED.fullmatch(code, last + 1)) or _STATEMENT.match(code):
        return True
    bare = code.strip(_CLOSERS)
    words = bare.split(None, 2)
    if words and len(words) <= 2 and (words[0] in _KEYWORDS or bare.startswith(("#", "pragma"))):
        return True
    call = _CALL.match(code.rstrip(_CLOSERS))
    if call is None:
        return False
    return bool(call[2]) or "[" in code or "," in code or "(" in code or call[1] in GATES


def _without_comments(line: str, commented: bool) -> tuple[str, bool]:
    """A line's code, and whether a block comment is open behind it."""
    code: list[str] = []
    at = 0
    while True:
        if commented:
            close = line.find("*/", at)
            if close < 0:
                return "".join(code), True
            at, commented = close + 2, False
        mark = _COMMENT_MARK.search(line, at)
        if mark is None:
            return "".join(code) + line[at:], False
        code.append(line[at : mark.start()])
        if mark[0] == "//":
            return "".join(code), False
        at, commented = mark.end(), True


def _piece(answer: str, low: int, start: int, end: int, how: Found) -> Extraction:
    """The text from start to end without wrapper and blanks around it, decoded if it is escaped.

    Args:
        low: offset from which on openings of wrappers count.
    """
    text = answer[start:end]
    first = start + len(text) - len(text.lstrip())
    if _ESCAPED.match(answer, first, end) or _has_escaped_quotes(answer, first, end):
        last = end if how == "fence" else _end_of_program(answer, start, end)
        stop, decoded = _unescape(answer, first, last)
        if decoded is not None:
            return Extraction(decoded, how, first, stop, decoded=True)
    wrapper = wrapping(answer, low, first, end)
    closed = first < wrapper.end < end
    if closed or how != "fence":
        searched = end if wrapper.quote or not closed else wrapper.end
        end = _end_of_program(answer, start, searched, wrapper.end if closed else None)
    if how == "bare" and start == 0 and end == len(answer):
        return Extraction(answer, "whole", start, end)
    text = answer[first:end]
    end -= len(text) - len(text.rstrip())
    if wrapper.markup:
        plain = unescape_markup(answer[first:end])
        if plain is not None:
            return Extraction(plain, how, first, end, decoded=True)
    return Extraction(answer[first:end], how, first, end)


def _has_escaped_quotes(answer: str, start: int, end: int) -> bool:
    """Whether the program is in a string with escaped quotes, line ends as they are."""
    if answer[start - 1 : start] != '"':
        return False
    inside = _QUOTED.match(answer, start, end)
    return inside is not None and '\\"' in inside[0]


def _unescape(answer: str, start: int, end: int) -> tuple[int, str | None]:
    """End of the escaped text (its closing quote) and the text it stands for, None if it cannot
    be decoded.
    """
    quote = answer[start - 1 : start]
    if quote not in ("'", '"'):
        quote = '"' if answer.find('\\"', start, end) >= 0 else "'"
    inside = (_QUOTED if quote == '"' else _APOSTROPHED).match(answer, start, end)
    stop = end if inside is None else inside.end()
    text = answer[start:stop]
    if quote == "'":
        text = re.sub(r"\\.|\"", _as_json, text, flags=re.DOTALL)
    try:
        return stop, str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return stop, None


def _as_json(piece: re.Match[str]) -> str:
    return {'"': '\\"', "\\'": "'"}.get(piece[0], piece[0])
