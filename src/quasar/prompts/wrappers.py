r"""Where the wrapper of a program in an answer ends.

A wrapper is recognised by what opens it before the program, or as a token that ends a turn. What
closes it, and everything after that, is not part of the program. Covers:

- end-of-turn tokens of chat templates: `<|im_end|>`, `</s>`, `<end_of_turn>`, `[/INST]`, …;
- tags of any name (`<qasm>`, `<pre><code>`, BBCode's `[code]`), CDATA, comments of HTML, LaTeX
  environments, Org blocks, Python's triple quotes, wherever before the program they were opened;
- right before the program also quotes, typographic ones too, one or two backticks, emphasis,
  formulas (`$$`), brackets, `\verb|`, here-documents, lines of dashes, and blocks that
  indentation ends (YAML's `|`, reStructuredText's `::`).

Nothing that OpenQASM itself may contain closes anything by itself: `"` of an include, `<` and `>`
of an expression, brackets that are open within the program, and marks in its comments. Where a
closing mark stands inside a statement, brackets do not count as a wrapper: a broken program stays
broken. Code fences are handled in `extract.py`.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

_END_OF_TURN = re.compile(
    r"<\|[^\s<>|]{1,60}\|>|<｜[^\n<>｜]{1,60}｜>|</s>|\[/INST\]|<</?SYS>>"
    r"|<(?:end_of_turn|start_of_turn|end_of_utterance|end_of_text|endoftext|im_end|eos|eot|pad)>"
    r"(?=\s*+(?:<|\Z))|\[(?:EOS|EOT|END|DONE)\](?=\s*+\Z)"
)
# Groups: the slash (or "end") of a closing mark, the name.
_NAMED = (
    re.compile(r"<(/?)([A-Za-z][\w:.-]*+)(?:[\s=][^<>]*+)?>"),
    re.compile(r"\[(/?)([A-Za-z][\w-]*+)(?:[ =][^\[\]]*+)?\]"),
    re.compile(r"\\(?:begin|(end))\{([A-Za-z]++\*?)\}"),
    re.compile(r"#\+(?:begin|(end))_([a-z]++)", re.IGNORECASE),
    re.compile(r"(?<!-)-{2,}+ *+(?:BEGIN|(END)) ++([A-Z][\w ]{0,60}+)-{2,}", re.IGNORECASE),
    re.compile(r"\{%-?\s*+(end)?([a-z]++)[^{}%]*+%\}"),
)
_LONG = (("<![CDATA[", "]]>"), ("<!--", "-->"), ('"""', '"""'), ("'''", "'''"))
_ENTITY = re.compile(r"&(?:quot|apos|lt|gt|amp|nbsp|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")

_CLOSING = {
    **dict(zip("([{<", ")]}>", strict=True)),
    **dict(zip("“„«‘‚‹「『", "”“»’‘›」』", strict=True)),
}
_BEFORE = 300  # characters before a program among which a mark right before it is looked for
_LAYERS = 4
_TRIPLE = re.compile(r"(\"{3}|'{3})\s*\Z")
_HERE_DOCUMENT = re.compile(r"<<[<~-]?[ \t]*(['\"]?)([A-Za-z_]\w*)\1[^\n]*\n\s*\Z")
_VERBATIM = re.compile(
    r"\\(?:verb|lstinline|mintinline)\*?(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\})?([^\s\w{}()\[\]<>])\Z"
)
_RULE = re.compile(r"(?:\A|\n)[ \t]*([-=*_~.+#$%]{2,})[ \t]*\r?\n\s*\Z")
_INDENTED = re.compile(
    r"(?:\.\.[ \t]+[\w-]+::[^\n]*|::|(?:[:-]|\A)[ \t]+[|>][+-]?\d?[+-]?)[ \t]*\r?\n(?:[ \t]*\r?\n)*"
    r"([ \t]+)\Z"
)
_MARKUP_OF_TRACKERS = re.compile(r"(\{(?:code|noformat))(?::[^{}\n]*)?\}\s*\Z")
_BACKTICKS = re.compile(r"(?<!`)(`{1,2})(?:(?:open)?qasm[\d.]*[ \t\r\n]|\s)*\Z", re.IGNORECASE)
_EMPHASIS = re.compile(r"(\*{1,3}|\${1,2}|~~|\\\[|\\\()\s*\Z")
_MARK = re.compile(r"([\"'(\[{<“„«‘‚‹「『])\s*\Z")

_COMMENT = r"//[^\r\n]*+|/\*(?s:.*?)(?:\*/|\Z)"
_STRING = r"(?:\b(?:include|defcalgrammar)\s*+(?:\"[^\"\n]*+\"|'[^'\n]*+')|\"[01][01_]*+\")"


class Wrapping(NamedTuple):
    """What wraps a program.

    Attributes:
        end: offset of what closes the innermost wrapper that is closed.
        markup: it is a tag's content, in which characters may be written as entities.
        quote: it is a quote, which what is quoted may hold too.
    """

    end: int
    markup: bool
    quote: bool = False


def wrapping(answer: str, low: int, start: int, end: int) -> Wrapping:
    """What wraps the program that begins at `start`; time is linear in the text.

    Args:
        low: offset from which on openings count.
        end: where the program ends at the latest.
    """
    if "<" in answer[start:end] or "[" in answer[start:end]:
        token = _END_OF_TURN.search(answer, start, end)
        end = end if token is None else token.start()
    if not answer[low:start].strip():
        return Wrapping(end, False)
    markup = False
    for kind in _NAMED:
        closed = _named(kind, answer, low, start, end)
        if closed is not None:
            end, markup = closed, markup or kind is _NAMED[0]
    for opening, closing in _LONG:
        if _is_open(opening, closing, answer, low, start):
            at = answer.find(closing, start, end)
            if at >= 0:
                end = at
                markup = markup and opening != "<![CDATA["
    for mark in _right_before(answer, low, start):
        found = mark.close(answer, start, end)
        if found is not None:
            return Wrapping(found, markup, mark.kind == "quote")
    return Wrapping(end, markup)


def unescape_markup(text: str) -> str | None:
    """The text that the entities of HTML stand for; None where there are none."""
    if _ENTITY.search(text) is None:
        return None
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def _named(kind: re.Pattern[str], answer: str, low: int, start: int, end: int) -> int | None:
    """Offset of the first closing mark of a name that is open where the program begins."""
    opened: Counter[str] = Counter()
    for mark in kind.finditer(answer, low, start):
        name = mark[2].lower()
        opened[name] = max(opened[name] - 1, 0) if mark[1] else opened[name] + 1
    if not any(opened.values()):
        return None
    for mark in kind.finditer(answer, start, end):
        if mark[1] and opened[mark[2].lower()]:
            return mark.start()
    return None


def _is_open(opening: str, closing: str, answer: str, low: int, start: int) -> bool:
    if opening == closing:
        return answer.count(opening, low, start) % 2 == 1
    return answer.rfind(opening, low, start) > answer.rfind(closing, low, start)


class _Mark(NamedTuple):
    """A mark right before a program: what kind of it, and the text that tells its end."""

    kind: str
    text: str

    def close(self, answer: str, start: int, end: int) -> int | None:
        """Offset of what closes it."""
        if self.kind == "line":
            pattern = re.compile(rf"^[ \t]*{re.escape(self.text)}[ \t]*\r?$", re.MULTILINE)
            found = pattern.search(answer, start, end)
            return None if found is None else found.start()
        if self.kind == "indent":
            return _dedent(len(self.text), answer, start, end)
        if self.kind == "plain":
            at = answer.find(self.text, start, end)
            return None if at < 0 else at
        if self.kind == "after":  # where a statement may begin: `**` is an operator too
            behind = re.search(rf"(?<=[;}}])\s*+{re.escape(self.text)}", answer[start:end])
            return None if behind is None else start + behind.start()
        if self.kind == "bracket":
            return _unbalanced(self.text, answer, start, end)
        return _quote(self.text, answer, start, end)


def _right_before(answer: str, low: int, start: int) -> Iterator[_Mark]:
    """The marks that stand one around another right before the program, innermost first."""
    position = start
    for _ in range(_LAYERS):
        before = answer[max(low, position - _BEFORE) : position]
        if found := _TRIPLE.search(before):
            yield _Mark("plain", found[1])
        elif found := _HERE_DOCUMENT.search(before):
            yield _Mark("line", found[2])
        elif found := _VERBATIM.search(before):
            yield _Mark("plain", found[1])
        elif found := _MARKUP_OF_TRACKERS.search(before):
            yield _Mark("plain", found[1] + "}")
        elif found := _RULE.search(before):
            yield _Mark("line", found[1])
        elif found := _INDENTED.search(before):
            yield _Mark("indent", found[1])
        elif found := _BACKTICKS.search(before):
            yield _Mark("quote", found[1])
        elif found := _EMPHASIS.search(before):
            yield _Mark("after", {"\\[": "\\]", "\\(": "\\)"}.get(found[1], found[1]))
        elif found := _MARK.search(before):
            mark = found[1]
            kind = "bracket" if mark in "([{<" else "quote"
            yield _Mark(kind, _CLOSING.get(mark, mark))
        else:
            return
        position -= len(before) - found.start()


def _dedent(indent: int, answer: str, start: int, end: int) -> int | None:
    """Offset of the first line that is indented less than the program."""
    position = answer.find("\n", start, end) + 1
    while position > 0:
        stop = answer.find("\n", position, end)
        line = answer[position : end if stop < 0 else stop]
        if line.strip() and len(line) - len(line.lstrip(" \t")) < indent:
            return position
        position = stop + 1
    return None


def _quote(mark: str, answer: str, start: int, end: int) -> int | None:
    """Offset of a closing quote outside of comments and strings, or at the end of the last one."""
    pattern = re.compile(rf"({_COMMENT})|{_STRING}|({re.escape(mark)})")
    comment = end
    for found in pattern.finditer(answer, start, end):
        if found[2]:
            return found.start()
        if found[1]:
            comment = found.start()
    return _in_last_comment("", mark, answer, comment, end)


def _unbalanced(closing: str, answer: str, start: int, end: int) -> int | None:
    """Offset of a closing bracket that the program did not open, where a statement may begin."""
    opening = {")": "(", "]": "[", "}": "{"}.get(closing, "")
    others = "".join(map(re.escape, f"{opening}{closing};}}"))
    pattern = re.compile(rf"{_COMMENT}|(\"[^\"\n]*+\"|[^\s/\"{others}]++|[{others}/\"])")
    depth, complete, comment = 0, False, end
    for token in pattern.finditer(answer, start, end):
        code = token[1]
        if code is None:
            comment = token.start()
            continue
        if code == closing and depth == 0 and complete:
            return token.start()
        if code == closing and opening:
            depth -= 1
        elif code == opening:
            depth += 1
        if depth < 0:
            return None
        complete = code in {";", "}"}
    return _in_last_comment(opening, closing, answer, comment, end) if complete else None


def _in_last_comment(opening: str, mark: str, answer: str, start: int, end: int) -> int | None:
    """Offset of a closing mark in a line comment at `start` with nothing in later lines."""
    line = answer.find("\n", start, end)
    stop = end if line < 0 else line
    if not answer.startswith("//", start, end) or answer[stop:end].strip():
        return None
    depth = 0
    # An apostrophe within a word is none.
    for found in re.finditer(
        rf"({re.escape(opening) or '(?!)'})|(?<!\w){re.escape(mark)}|"
        rf"{re.escape(mark)}(?!\w)",
        answer[start:stop],
    ):
        if found[1]:
            depth += 1
        elif depth:
            depth -= 1
        else:
            return start + found.start()
    return None
