"""Family `oracle`: Bernstein-Vazirani, Deutsch-Jozsa, Simon and Grover."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from quasar.circuits.circuit import Gate
from quasar.circuits.controlled import gate, multi_phase, multi_x
from quasar.simulate.engine import FloatVector
from quasar.tasks.oracle_task import OracleTask
from quasar.tasks.oracle_text import ORACLE
from quasar.tasks.state_task import drawn_size, on


def _minus(target: int) -> list[Gate]:
    return [gate("x", target), gate("h", target)]


def _ask(n: int) -> Gate:
    return Gate(ORACLE, tuple(range(n)))


class _Bits(OracleTask):
    """A task about a bit string."""

    secret: str = Field(pattern="^[01]+$", max_length=20)
    """The hidden bit string, qubit 0 last."""

    @property
    def n_qubits(self) -> int:
        """Bits of the answer."""
        return len(self.secret)

    @property
    def _value(self) -> int:
        return int(self.secret, 2)

    def _with(self, value: int) -> Self:
        return self.model_copy(update={"secret": format(value, f"0{self.n_qubits}b")})


class BernsteinVazirani(_Bits):
    """f(x) = s·x modulo 2."""

    name: ClassVar[str] = "bernstein_vazirani"
    title: ClassVar[str] = "Bernstein-Vazirani: the s of f(x) = s.x"

    @property
    def oracle_qubits(self) -> int:
        """Input and output."""
        return self.n_qubits + 1

    def oracle_gates(self) -> list[Gate]:
        """See `OracleTask.oracle_gates`."""
        n = self.n_qubits
        found = [gate("cx", i, n) for i in range(n) if self._value >> i & 1]
        return found or [gate("id", n)]

    def question(self) -> str:
        """See `OracleTask.question`."""
        n = self.n_qubits
        return (
            f"The gate 'oracle' takes |x>|y> to |x>|y + s.x mod 2>, with x on its first {n} qubits "
            f"and y on its last. Find the hidden bit string s of {n} bits (Bernstein-Vazirani): "
            "the measured answer must be s, bit i on qubit i."
        )

    def success(self, p: FloatVector) -> float:
        """Probability of s."""
        return float(p[self._value])

    def known_calls(self) -> int:
        """One."""
        return 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        n = self.n_qubits
        around = [gate("h", i) for i in range(n)]
        yield "one call", n + 1, [*_minus(n), *around, _ask(n + 1), *around]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other strings."""
        n = self.n_qubits
        yield self._with(self._value ^ ((1 << n) - 1))
        while True:
            yield self._with(int(rng.integers(1 << n)))

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 1, 7), 20)
        return cls(secret="".join(map(str, rng.integers(0, 2, n))))


class DeutschJozsa(OracleTask):
    """Is f constant or balanced?"""

    name: ClassVar[str] = "deutsch_jozsa"
    title: ClassVar[str] = "Deutsch-Jozsa: is f constant or balanced?"
    qubits: int = Field(ge=1, le=20)
    """Bits of the input."""
    function: str
    """The function as a sum modulo 2 of products, such as `x0*x1 + x2 + 1`."""

    @model_validator(mode="after")
    def _promised(self) -> Self:
        ones = int(_values(_monomials(self.function, self.qubits), self.qubits).sum())
        if ones not in (0, 1 << self.qubits, 1 << (self.qubits - 1)):
            raise ValueError(
                f"the function is 1 for {ones} of {1 << self.qubits} inputs: it must be constant "
                "or balanced"
            )
        return self

    @property
    def n_qubits(self) -> int:
        """Bits of the answer."""
        return self.qubits

    @property
    def oracle_qubits(self) -> int:
        """Input and output."""
        return self.qubits + 1

    @property
    def is_constant(self) -> bool:
        """Whether it has one value."""
        return int(_values(_monomials(self.function, self.qubits), self.qubits).sum()) in (
            0,
            1 << self.qubits,
        )

    def oracle_gates(self) -> list[Gate]:
        """See `OracleTask.oracle_gates`."""
        n = self.qubits
        out: list[Gate] = []
        for term in _monomials(self.function, n):
            out += multi_x(term, n, [q for q in range(n) if q not in term])
        return out or [gate("id", n)]

    def question(self) -> str:
        """See `OracleTask.question`."""
        n = self.qubits
        return (
            f"The gate 'oracle' takes |x>|y> to |x>|y + f(x) mod 2>, with x on its first {n} "
            "qubits and y on its last; f is constant or balanced (Deutsch-Jozsa). The measured "
            "answer must be all 0 if f is constant, and anything else if it is balanced."
        )

    def success(self, p: FloatVector) -> float:
        """Probability of the right verdict."""
        return float(p[0] if self.is_constant else 1.0 - p[0])

    def known_calls(self) -> int:
        """One."""
        return 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        n = self.qubits
        around = [gate("h", i) for i in range(n)]
        yield "one call", n + 1, [*_minus(n), *around, _ask(n + 1), *around]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Two of the other kind."""
        last = f"x{self.qubits - 1}"
        for function in ("x0", last) if self.is_constant else ("1", "0"):
            yield self.model_copy(update={"function": function})

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 1, 6), 12)
        kind = int(rng.integers(3))
        if kind == 0:
            return cls(qubits=n, function=str(rng.integers(2)))
        lead, *rest = (int(q) for q in rng.permutation(n))
        terms = [f"x{lead}"]  # a variable that nothing else depends on makes it balanced
        if kind == 2 and len(rest) >= 2:
            terms.append(f"x{rest[0]}*x{rest[1]}")
        terms += [f"x{q}" for q in rest if rng.integers(2)]
        if rng.integers(2):
            terms.append("1")
        return cls(qubits=n, function=" + ".join(terms))


def _monomials(text: str, n: int) -> list[list[int]]:
    """The products of a sum modulo 2, each as its variables; `1` has none."""
    out: list[list[int]] = []
    for term in text.replace(" ", "").split("+"):
        factors = term.split("*")
        if term in ("0", "1"):
            out += [[]] if term == "1" else []
            continue
        if not all(re.fullmatch(r"x\d+", factor) for factor in factors):
            raise ValueError(f"{term!r} is no product of variables such as x0*x1")
        places = sorted({int(factor[1:]) for factor in factors})
        if places[-1] >= n:
            raise ValueError(f"x{places[-1]} is beyond the {n} input bits x0 to x{n - 1}")
        out.append(places)
    return out


def _values(terms: Sequence[Sequence[int]], n: int) -> npt.NDArray[np.int64]:
    """The function's values, shape [2**n]."""
    index = np.arange(1 << n)
    total = np.zeros_like(index)
    for term in terms:
        product = np.ones_like(index)
        for q in term:
            product &= index >> q & 1
        total ^= product
    return total


class Simon(_Bits):
    """f(x) = f(x + s)."""

    name: ClassVar[str] = "simon"
    title: ClassVar[str] = "Simon: the period s of f(x) = f(x xor s)"
    secret: str = Field(pattern="^[01]+$", min_length=2, max_length=10)
    """The period, not 0, qubit 0 last."""

    @model_validator(mode="after")
    def _period(self) -> Self:
        if "1" not in self.secret:
            raise ValueError("a period of all zeros is none")
        return self

    @property
    def oracle_qubits(self) -> int:
        """Input and output."""
        return 2 * self.n_qubits

    def oracle_gates(self) -> list[Gate]:
        """A copy, and s added where the lowest bit of s is set in x."""
        n = self.n_qubits
        lowest = (self._value & -self._value).bit_length() - 1
        copy = [gate("cx", i, n + i) for i in range(n)]
        return copy + [gate("cx", lowest, n + i) for i in range(n) if self._value >> i & 1]

    def question(self) -> str:
        """See `OracleTask.question`."""
        n = self.n_qubits
        return (
            f"The gate 'oracle' takes |x>|y> to |x>|y xor f(x)>, with x on its first {n} qubits "
            f"and y on its last {n}, and f(x) = f(x') exactly where x' = x or x xor s (Simon). The "
            "measured answers z must be uniformly distributed over all z with s.z = 0 mod 2, from "
            "which s follows."
        )

    def success(self, p: FloatVector) -> float:
        """One minus the total variation distance from the uniform distribution on s·z = 0."""
        index = np.arange(p.size)
        wanted = (np.bitwise_count(index & self._value) & 1 == 0) * (2.0 / p.size)
        return float(1.0 - 0.5 * np.abs(p - wanted).sum())

    def known_calls(self) -> int:
        """One for each sample."""
        return 1

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        n = self.n_qubits
        around = [gate("h", i) for i in range(n)]
        yield "one call", 2 * n, [*around, _ask(2 * n), *around]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """Other periods."""
        n = self.n_qubits
        while True:
            drawn = int(rng.integers(1, 1 << n))
            if drawn != self._value:
                yield self._with(drawn)

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 2, 4), 8)
        return cls(secret=format(int(rng.integers(1, 1 << n)), f"0{n}b"))


class Grover(OracleTask):
    """Find a marked item."""

    name: ClassVar[str] = "grover"
    title: ClassVar[str] = "Grover: find a marked item"
    marked: tuple[str, ...]
    """The marked bit strings, qubit 0 last."""

    @model_validator(mode="before")
    @classmethod
    def _single(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("marked"), str):
            return {**given, "marked": (given["marked"],)}
        return given

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.marked:
            raise ValueError("no item is marked: there is nothing to find")
        n = len(self.marked[0])
        if not 2 <= n <= 12:
            raise ValueError(f"items of 2 to 12 bits are possible, not {n}")
        for item in self.marked:
            if len(item) != n or set(item) - {"0", "1"}:
                raise ValueError(f"{item!r} is not a string of {n} bits")
        if len(set(self.marked)) < len(self.marked):
            raise ValueError("an item is marked twice")
        if 2 * len(self.marked) >= 1 << n:
            raise ValueError("half of all items or more are marked: guessing finds one")
        return self

    @property
    def n_qubits(self) -> int:
        """Bits of an item."""
        return len(self.marked[0])

    @property
    def oracle_qubits(self) -> int:
        """Those of an item."""
        return self.n_qubits

    def oracle_gates(self) -> list[Gate]:
        """The sign of the marked items flips."""
        out: list[Gate] = []
        for item in self.marked:
            flips = [gate("x", q) for q in range(self.n_qubits) if not int(item, 2) >> q & 1]
            out += [*flips, *multi_phase(math.pi, range(self.n_qubits)), *flips]
        return out

    def question(self) -> str:
        """See `OracleTask.question`."""
        m = len(self.marked)
        items = "the marked item" if m == 1 else f"one of the {m} marked items"
        return (
            f"The gate 'oracle' flips the sign of {m} marked basis state{'s' if m > 1 else ''} of "
            f"{on(self.n_qubits)} and leaves the others. Find {items} with as high a probability "
            "as possible (Grover): the measured answer must be marked."
        )

    def success(self, p: FloatVector) -> float:
        """Probability of a marked item."""
        return float(sum(p[int(item, 2)] for item in self.marked))

    @property
    def _angle(self) -> float:
        return math.asin(math.sqrt(len(self.marked) / (1 << self.n_qubits)))

    def known_calls(self) -> int:
        """The first maximum of the success probability."""
        return max(1, round(math.pi / (4 * self._angle) - 0.5))

    def most_calls(self) -> int:
        """One more, as search with certainty needs."""
        return self.known_calls() + 1

    def ideal(self) -> float:
        """sin²((2k + 1)θ)."""
        return math.sin((2 * self.known_calls() + 1) * self._angle) ** 2

    def known(self) -> Iterator[tuple[str, int, list[Gate]]]:
        """See `OracleTask.known`."""
        n = self.n_qubits
        spread = [gate("h", q) for q in range(n)]
        flips = [gate("x", q) for q in range(n)]
        about = [*spread, *flips, *multi_phase(math.pi, range(n)), *flips, *spread]
        yield "amplitude amplification", n, spread + self.known_calls() * [_ask(n), *about]

    def others(self, rng: np.random.Generator) -> Iterator[Self]:
        """As many other items."""
        n = self.n_qubits
        free = [i for i in range(1 << n) if format(i, f"0{n}b") not in self.marked]
        while len(free) >= len(self.marked):
            chosen = rng.choice(free, len(self.marked), replace=False)
            items = tuple(format(int(i), f"0{n}b") for i in chosen)
            yield self.model_copy(update={"marked": items})

    @classmethod
    def sample(cls, rng: np.random.Generator, qubits: int | None = None) -> Self:
        """See `TargetTask.sample`."""
        n = min(drawn_size(rng, qubits, 2, 5), 12)
        count = int(rng.integers(1, max(2, min(4, 1 << (n - 2)))))
        chosen = rng.choice(1 << n, count, replace=False)
        return cls(marked=tuple(format(int(i), f"0{n}b") for i in chosen))


ORACLES: tuple[type[OracleTask], ...] = (BernsteinVazirani, DeutschJozsa, Simon, Grover)
"""The family's tasks."""
