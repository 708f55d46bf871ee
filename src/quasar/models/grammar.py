"""An OpenQASM 3 grammar narrowed to one problem's qubits, for constrained decoding.

Covers flat programs on `qubit[n] q` (and, if measured, `bit[n] c`): the gates of `stdgates.inc`
with the right numbers of angles and of distinct qubits in range, whole-register gates (`h q;`),
angles as arithmetic, `//` comments, definitions of a few parametrised gates and calls of them
(among them the cost layer in which the compact style writes QAOA), and measurements at the end.
Does not cover other register names, gate modifiers, loops, branches and gates after measurement: a
model held to this grammar cannot write them.

Every text of this grammar is accepted by `quasar.circuits.qasm.parse` with n qubits. That is why
divisors are numbers that cannot be zero, and why numbers and nesting are bounded: no angle can
overflow. The text is in the Lark dialect of llguidance, which vLLM's `guidance` back end takes too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import combinations
from typing import NamedTuple

from quasar.circuits.circuit import GATES
from quasar.core.errors import InputError

MAX_QUBITS = 32
"""Largest n: the ways to pick three different qubits are written out."""
_NESTING = 2
"""Parentheses in parentheses; with at most 3 factors each, angles stay below 1e200."""


class Definition(NamedTuple):
    """A gate that a program may define: its name, parameters and qubits are fixed."""

    name: str
    params: tuple[str, ...]
    qubits: tuple[str, ...]


DEFINITIONS = (
    Definition("rzz", ("theta",), ("a", "b")),
    Definition("rxx", ("theta",), ("a", "b")),
    Definition("ryy", ("theta",), ("a", "b")),
    Definition("mixer", ("beta",), ("a",)),
)
"""In the order in which a program may define them; each at most once, and only those it defines
can be called. A grammar cannot remember names of a model's own choice."""

_NUMBERS = r"""
number: INTEGER | FLOAT
INTEGER: /0|[1-9][0-9]{0,4}/
FLOAT: /(0|[1-9][0-9]{0,4})(\.[0-9]{0,21}(e-[0-9]{1,2})?|e-[0-9]{1,2})/ | /\.[0-9]{1,21}/
LONG: /[1-9][0-9]{5,15}(\.[0-9]{0,17})?/
DIVISOR: /[1-9][0-9]{0,4}(\.[0-9]{0,6})?/ | /0\.[0-9]{0,3}[1-9][0-9]{0,6}/ | CONSTANT
CONSTANT: "pi" | "tau"
MINUS: "-"
PLUS: / ?[+\-] ?/
TIMES: / ?\* ?/
OVER: / ?\/ ?/
"""
# A comment is ended by its line; every space is bounded, so that no model can idle in them.
_LAYOUT = r"""
GAP: /( {0,4}(\/\/[^\x00-\x1f\x7f]{0,160})?\n){1,8} {0,8}/ | " "
COMMA: /, ?/
"""


@cache
def qasm_grammar(n_qubits: int) -> str:
    """The grammar of programs on exactly `n_qubits` qubits, in llguidance's Lark dialect.

    Raises:
        InputError: no qubit, or more than `MAX_QUBITS`.
    """
    if not 1 <= n_qubits <= MAX_QUBITS:
        raise InputError(
            f"the grammar of circuits covers 1 to {MAX_QUBITS} qubits, not {n_qubits}; "
            "generate without it."
        )
    definitions = [d for d in DEFINITIONS if len(d.qubits) <= n_qubits]
    parts = [_program(definitions), _declarations(n_qubits), _statements(n_qubits, definitions)]
    parts += [_definition(d) for d in definitions]
    parts += [_cost_layer(n_qubits), _angles(), _operands(n_qubits), _NUMBERS, _LAYOUT]
    return "\n".join(parts)


def _program(definitions: Sequence[Definition]) -> str:
    """One rule for each set of gates defined, so that only those can be called."""
    lines, programs = [], []
    for size in range(len(definitions) + 1):
        for chosen in combinations(definitions, size):
            key = "_".join(d.name for d in chosen) or "plain"
            calls = " | ".join(["gate", *(f"call_{d.name}" for d in chosen)])
            defined = " ".join(f"define_{d.name} GAP?" for d in chosen)
            lines.append(f"body_{key}: (({calls}) GAP?)*")
            for declared, end in (("qubits", ""), ("both", " (measure GAP?)*")):
                programs.append(f"{defined} {declared} GAP? body_{key}{end}".strip())
                if chosen:
                    programs.append(f"{declared} GAP? {defined} body_{key}{end}")
    start = r'%llguidance { "no_forcing": true }' "\n"
    start += r'start: "OPENQASM 3.0;" GAP? "include \"stdgates.inc\";" GAP? (program | layered)'
    return "\n".join([start, "program: " + "\n  | ".join(programs), *lines])


def _declarations(n: int) -> str:
    return "\n".join(
        [
            f'qubits: "qubit[{n}] q;"',
            f'bits: "bit[{n}] c;"',
            "both: bits GAP? qubits | qubits GAP? bits",
            # "measure " apart from its operand: the lexer takes the longest piece that fits.
            'measure: "c = measure q;" | CBIT " = measure " QUBIT ";"',
            '  | "measure " ("q" " -> " "c" | QUBIT " -> " CBIT) ";"',
        ]
    )


def _statements(n: int, definitions: Sequence[Definition]) -> str:
    shapes: dict[tuple[int, int], list[str]] = {}
    for name, spec in GATES.items():
        if spec.n_qubits <= n:
            shapes.setdefault((spec.n_params, spec.n_qubits), []).append(name)
    alternatives = [
        _application(_choice(names), n_angles, _target(n_operands))
        for (n_angles, n_operands), names in shapes.items()
    ]
    alternatives.append('"barrier " ONE ";"')
    lines = ["gate: " + "\n  | ".join(alternatives)]
    lines += [
        f"call_{d.name}: " + _application(f'"{d.name}"', len(d.params), _target(len(d.qubits)))
        for d in definitions
    ]
    return "\n".join(lines)


def _application(name: str, n_angles: int, operands: str, angle: str = "angle") -> str:
    angles = " COMMA ".join([angle] * n_angles)
    call = f'{name} "(" {angles} ")" " "?' if n_angles else f'{name} " "'
    return f'{call} {operands} ";"'


def _target(n_operands: int) -> str:
    return ("ONE", "pair", "triple")[n_operands - 1]


def _definition(definition: Definition) -> str:
    """`gate name(params) qubits { ... }`; inside, standard gates at sums of the parameters."""
    name, params, qubits = definition
    shapes: dict[tuple[int, int], list[str]] = {}
    for gate, spec in GATES.items():
        if spec.n_qubits <= len(qubits):
            shapes.setdefault((spec.n_params, spec.n_qubits), []).append(gate)
    operands = {1: _choice(qubits), 2: _choice(_ordered_pairs(qubits))}
    alternatives = [
        _application(_choice(names), n_angles, f"({operands[n_operands]})", f"formula_{name}")
        for (n_angles, n_operands), names in shapes.items()
    ]
    param = _choice(params)
    return "\n".join(
        [
            f'define_{name}: "gate {name}({", ".join(params)}) {", ".join(qubits)} {{" GAP?'
            f' (inside_{name} GAP?)* "}}"',
            f"inside_{name}: " + "\n  | ".join(alternatives),
            # Linear in the parameters: products of them could overflow. Their addends are floats:
            # the importer refuses to add an integer to a parameter.
            f"formula_{name}: linear_{name} | scaled_{name}",
            f"linear_{name}: MINUS? part_{name} (PLUS part_{name})*",
            f"part_{name}: (number TIMES)? ({param}) (TIMES number | OVER DIVISOR)?",
            "  | (number TIMES)? CONSTANT (OVER DIVISOR)? | FLOAT (OVER DIVISOR)?",
            f'scaled_{name}: MINUS? (number TIMES)? "(" linear_{name} ")"'
            " (TIMES number | OVER DIVISOR)?",
        ]
    )


def _cost_layer(n: int) -> str:
    """Programs with a gate `cost(g)` on the whole register, as `prompts.compact_answer` has them.

    Its coefficients are floats, and each gate's angle is one of them times g.
    """
    names = [f"q{i}" for i in range(n)]
    lines = [
        f'define_cost: "gate cost(g) {",".join(names)}{{" GAP? (in_cost GAP?)* "}}"',
        'scaled: MINUS? FLOAT "*g"',
        f'in_cost: "rz(" scaled ") " {_choice(names)} ";"',
        f'call_cost: "cost(" angle ") {",".join(f"q[{i}]" for i in range(n))};"',
        "costly: qubits GAP? ((gate | call_cost) GAP?)*",
        "layered: define_cost GAP? costly",
    ]
    if n > 1:
        lines[2] += ' | "cx " inner_pair ";"'
        lines[-1] += ' | "gate zz(t) a,b{cx a,b;rz(t) b;cx a,b;}" GAP? define_zz_cost GAP? costly'
        lines += [
            lines[0].replace("define_cost", "define_zz_cost").replace("in_cost", "in_zz_cost"),
            'in_zz_cost: in_cost | "zz(" scaled ") " inner_pair ";"',
            "inner_pair: "
            + "\n  | ".join(f'"{a}," {_choice([b for b in names if b != a])}' for a in names),
        ]
    return "\n".join(lines)


def _angles() -> str:
    lines = ["angle: MINUS? LONG | sum_0"]
    for depth in range(_NESTING + 1):
        inner = f' | "(" sum_{depth + 1} ")"' if depth < _NESTING else ""
        lines += [
            f"sum_{depth}: MINUS? product_{depth} (PLUS product_{depth})*",
            f"product_{depth}: factor_{depth} (TIMES factor_{depth} | OVER DIVISOR){{0,2}}",
            f"factor_{depth}: number | CONSTANT{inner}",
        ]
    return "\n".join(lines)


def _operands(n: int) -> str:
    lines = [
        f"QUBIT: /q\\[{_index(range(n))}\\]/",
        f"CBIT: /c\\[{_index(range(n))}\\]/",
        'ONE: "q" | QUBIT',
    ]
    others = {i: [j for j in range(n) if j != i] for i in range(n)}
    if n > 1:
        pairs = [f'"q[{i}]" COMMA /q\\[{_index(others[i])}\\]/' for i in range(n)]
        lines.append("pair: " + "\n  | ".join(pairs))
    if n > 2:
        triples = []
        for i in range(n):
            for j in others[i]:
                rest = _index(k for k in others[i] if k != j)
                triples.append(f'"q[{i}]" COMMA "q[{j}]" COMMA /q\\[{rest}\\]/')
        lines.append("triple: " + "\n  | ".join(triples))
    return "\n".join(lines)


def _index(values: Iterable[int]) -> str:
    return "(" + "|".join(map(str, values)) + ")"


def _choice(words: Iterable[str]) -> str:
    found = [f'"{word}"' for word in words]
    return found[0] if len(found) == 1 else "(" + " | ".join(found) + ")"


def _ordered_pairs(names: Sequence[str]) -> list[str]:
    return [f"{a}, {b}" for a in names for b in names if a != b]
