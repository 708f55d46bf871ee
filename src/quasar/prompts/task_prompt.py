"""Target tasks in words, for language models, and back from the words of a user.

A prompt is the task's own text with a system message. Reading back takes free wording: one task by
its name, its size ("four qubits", "5-qubit"), and what else it takes ("with two ones", "secret
1011", "edges 0-1, 1-2", kets). JSON in the text is taken as it stands. What is not said, or said
twice, is an error that says so: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from quasar.core.errors import InputError
from quasar.prompts.chat import Message
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.registry import read_task
from quasar.tasks.task import TargetTask

SYSTEM = (
    "You are a quantum circuit designer. Answer with one valid OpenQASM 3.0 program that includes "
    "stdgates.inc, and nothing else."
)

_NUMBERS = {
    word: number
    for number, word in enumerate(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
        "sixteen seventeen eighteen nineteen twenty".split(),
        start=1,
    )
}
_TENS = {
    word: 10 * tens
    for tens, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
_NUMBERS |= {
    f"{tens}-{word}": size + _NUMBERS[word]
    for tens, size in _TENS.items()
    for word in list(_NUMBERS)[:9]
} | _TENS
_COUNT = rf"(\d+|{'|'.join(_NUMBERS)})"
_WORDS = "|".join(sorted(_NUMBERS, key=len, reverse=True)).replace("-", "[- ]")
_ONE = rf"((?<![\w.])-?\d+(?:\.\d+)?|\b(?:{_WORDS}))"
_SIZE = re.compile(
    rf"(?:{_ONE}(?:(?<=\d)\s?[-–]\s?(?=\d)|\s+(?:or|to)\s+)|\bbetween\s+{_ONE}\s+and\s+)?"
    rf"{_ONE}[-\s]+qubits?\b|\bn\s*=\s*{_ONE}(?!\w)",
    re.IGNORECASE,
)
_NAMES: dict[str, str] = {
    "ghz": r"\bGHZ\b|\bGreenberger",
    "w": r"\bW[-\s]+states?\b",
    "dicke": r"\bDicke\b",
    "cluster": r"\bcluster[-\s]+state",
    "graph_state": r"\bgraph[-\s]+states?\b",
    "cat": r"\bcat[-\s]+states?\b",
    "uniform": r"\bequal (?:amplitudes|superposition) of \|",
    "qft": r"\bQFT\b|\bFourier\b",
    "adder": r"\badder\b|\ba \+ b modulo\b",
    "comparator": r"\bcomparator\b|\bflipped where a < b\b",
    "bernstein_vazirani": r"\bBernstein",
    "deutsch_jozsa": r"\bDeutsch",
    "simon": r"\bSimon\b",
    "grover": r"\bGrover\b",
    "encoder": r"\bencode[rs]?\b(?=[^.]*\b(?:repetition|five[-_ ]qubit|steane|shor)\b)",
    "syndrome": r"\bsyndrome\b",
}
_UNREAD: dict[str, str] = {
    "phase_estimation": r"\bphase[-\s]+estimation\b",
    "amplitude_estimation": r"\bamplitude[-\s]+estimation\b",
    "hadamard_test": r"\bhadamard[-\s]+test\b",
    "evolution": r"\bevol(?:ve|ution)\b|\btrotter",
    "multi_controlled": r"\btoffoli\b|\bmulti[-\s]?controlled\b",
    "permutation": r"\bpermutation of (?:the )?basis\b",
    "diagonal": r"\bdiagonal (?:gate|unitary)\b",
    "amplitudes": r"\bstate\b.*\bamplitudes\b",
}
"""Tasks whose parameters are not said in a sentence."""
_UNSTATED = (
    "the prompt does not say {what} of the task {name!r}: write {example}, or use --task {name}."
)


def task_chat(task: TargetTask) -> list[Message]:
    """The chat that asks a language model for a task."""
    return [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"{task.text()} Provide valid OpenQASM 3.0 code."},
    ]


def names_task(text: str) -> bool:
    """Whether a prompt is about a target task, and not about a problem on a graph."""
    stated = re.search(r"[\"']task[\"']\s*:", text) is not None
    with_graph = re.search(r"\bgiven the graph\b|[\"']nodes[\"']", text) is not None
    return stated or (not with_graph and bool(_named(text)))


def read_task_prompt(text: str) -> TargetTask:
    """The task that a prompt states.

    Raises:
        InputError: no task or several are named, or a parameter is missing or contradictory.
    """
    written = re.search(r"\{.*[\"']task[\"'].*\}", text, re.DOTALL)
    if written is not None:
        return read_task(written[0])
    names = _named(text)
    if len(names) != 1:
        found = " and ".join(names) if names else "none"
        raise InputError(
            f"a prompt for a target task names one of them; this one names {found}: keep one "
            "(`quasar tasks` lists them)."
        )
    (name,) = names
    reader = _READERS.get(name)
    given = {} if reader is None else reader(text)
    sizes = (
        []
        if "code" in given
        else sorted({_number(word) for found in _SIZE.findall(text) for word in found if word})
    )
    if len(sizes) > 1:
        listed = " and ".join(map(str, sizes))
        raise InputError(f"the prompt states {listed} qubits: keep one number.")
    if sizes and name not in _SIZED_BY_THEIR_BITS:
        size = given.setdefault("qubits", sizes[0])
        if size != sizes[0]:
            raise InputError(
                f"the prompt states {sizes[0]} qubits, and what else it says makes {size}: keep "
                "one."
            )
    if "qubits" not in given and name not in (*_SIZED_BY_THEIR_BITS, "cat", "uniform"):
        raise InputError(
            _UNSTATED.format(what="the number of qubits", name=name, example="'on 4 qubits'")
        )
    task = read_task(name, **given)
    if isinstance(task, OracleTask) and not {task.n_qubits, task.oracle_qubits}.issuperset(sizes):
        raise InputError(
            f"the prompt states {sizes[0]} qubits, and a string of {task.n_qubits} bits: keep one."
        )
    return task


def unread_task(text: str) -> str | None:
    """A task that a prompt seems to be about, but that is not read from words."""
    found = [name for name, pattern in _UNREAD.items() if re.search(pattern, text, re.IGNORECASE)]
    return found[0] if found else None


def _named(text: str) -> list[str]:
    found = [name for name, pattern in _NAMES.items() if re.search(pattern, text, _flags(name))]
    if "uniform" in found and len(found) > 1:
        found.remove("uniform")
    return found


def _flags(name: str) -> int:
    return 0 if name == "w" else re.IGNORECASE  # "w state" alone might be any state


def _number(word: str) -> int:
    known = _NUMBERS.get(re.sub(r"\s", "-", word.lower()))
    if known is None and "." in word:
        raise InputError(f"the prompt states {word} qubits: write an integer.")
    return known or int(word)


def _needed(text: str, pattern: str, name: str, what: str, example: str) -> str:
    found = {match[1] for match in re.finditer(pattern, text, re.IGNORECASE)}
    if len(found) != 1:
        if found:
            raise InputError(f"the prompt states {what} more than once: keep one.")
        raise InputError(_UNSTATED.format(what=what, name=name, example=f"'{example}'"))
    return str(found.pop())


def _dicke(text: str) -> dict[str, Any]:
    pattern = (
        rf"\b(?:k\s*=\s*|(?:exactly|with)\s+)(\d+|a single|{'|'.join(_NUMBERS)})(?!\w|[-\s]+qubit)"
    )
    word = _needed(text, pattern, "dicke", "how many ones", "with exactly 2 ones")
    return {"k": 1 if word.lower() == "a single" else _number(word)}


def _cluster(text: str) -> dict[str, Any]:
    found = re.search(rf"\b{_COUNT} rows\b|\b(\d+)\s*(?:x|by)\s*(\d+)\b", text, re.IGNORECASE)
    if found is None:
        return {}
    if found[1]:
        return {"rows": _number(found[1])}
    return {"rows": int(found[2]), "qubits": int(found[2]) * int(found[3])}


def _edges(text: str) -> dict[str, Any]:
    pairs = re.findall(r"\b(\d+)\s*[-–]\s*(\d+)\b|\(\s*(\d+)\s*,\s*(\d+)\s*\)", text)
    if not pairs:
        raise InputError(
            _UNSTATED.format(what="the edges", name="graph_state", example="'edges 0-1, 1-2'")
        )
    return {"edges": [(int(a or c), int(b or d)) for a, b, c, d in pairs]}


def _cat(text: str) -> dict[str, Any]:
    kets = _kets(text)
    if not kets:
        raise InputError(_UNSTATED.format(what="the bit string", name="cat", example="'|0101>'"))
    phase = re.search(r"e\^\(i\s*(-?[\d.]+(?:e-?\d+)?)\)", text)
    if len(kets) > 1 and (len(kets) > 2 or kets[1] != kets[0].translate({48: 49, 49: 48})):
        raise InputError("a cat state has one bit string and its complement: write those two.")
    return {"string": kets[0], **({} if phase is None else {"phase": float(phase[1])})}


def _kets(text: str) -> list[str]:
    return re.findall(r"\|([01]+)[>⟩]", text.replace("return to |0>", ""))


def _strings(text: str) -> dict[str, Any]:
    return {"strings": _kets(text)}


def _secret(name: str) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        pattern = r"\b(?:secret|hidden|period|string|s)\b[^01]{0,24}\b([01]{2,})\b"
        return {"secret": _needed(text, pattern, name, "the hidden bits", "secret 1011")}

    return read


def _marked(text: str) -> dict[str, Any]:
    items = re.findall(r"\b([01]{2,})\b", text)
    if not items:
        raise InputError(
            _UNSTATED.format(what="the marked items", name="grover", example="'marked 0110'")
        )
    return {"marked": items}


def _function(text: str) -> dict[str, Any]:
    pattern = r"\bf(?:\(x\))?\s*=\s*([x\d][x\d*+\s]*)"
    found = _needed(text, pattern, "deutsch_jozsa", "the function", "f = x0*x1 + x2")
    return {"function": found.strip()}


def _code(name: str) -> Callable[[str], dict[str, Any]]:
    def read(text: str) -> dict[str, Any]:
        pattern = r"\b(repetition|five[-_ ]qubit|steane|shor)\b"
        found = _needed(text, pattern, name, "the code", "the Steane code")
        return {"code": re.sub(r"[-\s]", "_", found.lower())}

    return read


def _fourier(text: str) -> dict[str, Any]:
    return {"inverse": True} if re.search(r"\binverse\b|exp\(-", text, re.IGNORECASE) else {}


_READERS: dict[str, Callable[[str], dict[str, Any]]] = {
    "dicke": _dicke,
    "cluster": _cluster,
    "graph_state": _edges,
    "cat": _cat,
    "uniform": _strings,
    "qft": _fourier,
    "bernstein_vazirani": _secret("bernstein_vazirani"),
    "simon": _secret("simon"),
    "deutsch_jozsa": _function,
    "grover": _marked,
    "encoder": _code("encoder"),
    "syndrome": _code("syndrome"),
}
_SIZED_BY_THEIR_BITS = ("bernstein_vazirani", "simon", "grover", "encoder", "syndrome")
