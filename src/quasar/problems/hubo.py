"""Free form: minimise any polynomial in named 0/1 variables, or in spins (higher-order binary
optimisation).

Variables and cost: the user's own; exact, since the cost is the objective. Every assignment is
feasible. `qubo.py` is the same with at most two variables a term. Spins need no translation: s = Z.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Literal, Self

import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.exact import Exact, plain
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.core.labels import Label, natural_key, sort_labels, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Formulation
from quasar.problems.keys import Reads
from quasar.problems.native import NativeModel, of_spins
from quasar.problems.overlay import SolutionOverlay, couplings
from quasar.problems.structure import Structure

_SEPARATOR = re.compile(r"[\s,]")

Vartype = Literal["BINARY", "SPIN"]
Entry = tuple[Sequence[Label], values.Number]


class Hubo(Problem):
    """Solution: value of each variable (0 or 1; of spins -1 or 1), by its name as a string.
    Objective: the polynomial, its constant included.

    The coefficients stand at the top level of the file under the type's name, as a list of
    `[[variables], coefficient]` entries, as an object with keys such as "a*b" (digits alone are a
    number; names with spaces, commas or `*` need the list), or as a square matrix Q of x'Qx, whose
    variables are 0..n-1. The empty list or key is the constant. From Python also a dict with tuple
    keys, or a dimod BinaryQuadraticModel or BinaryPolynomial. Repeated terms add up, and x² = x.
    With `"vartype": "SPIN"`, as dimod calls it, or a dimod model in spins, the variables are spins
    and s² = 1.
    """

    problem_type = "hubo"
    title = "Find the 0/1 values of the variables that minimise the polynomial"
    sense = "min"
    qubits = "one per variable"
    answer = "object from variable to 0 or 1 (spins: -1 or 1)"
    goal = "value of the polynomial"
    reads = Reads(
        fields=("hubo", "vartype"),
    )
    max_order: ClassVar[int] = 16  # a product of k variables becomes 2**k Ising terms
    too_high: ClassVar[str] = "split it with helper variables"

    def __init__(self, entries: Iterable[Entry], vartype: Vartype = "BINARY") -> None:
        self.vartype = vartype
        if vartype == "SPIN":  # over the class's title, which says 0/1
            self.__dict__["title"] = self.title.replace("0/1 values of the variables", "spins")
        self._cost = Polynomial()
        for labels, coefficient in entries:
            monomial = frozenset(labels)
            if vartype == "SPIN":
                self._cost.accumulate(Polynomial.linear(dict.fromkeys(monomial, 0)))
                monomial = frozenset(label for label, k in Counter(labels).items() if k % 2)
            self._cost.accumulate(Polynomial({monomial: coefficient}))
        names = values.distinct(sort_labels(self._cost.variables()), "variable")
        if not names:
            raise ProblemError(f"the {self.problem_type} has no variables: {self._how_to()}.")
        self._names = {values.key(label): label for label in names}
        for monomial, summed in self._cost.coefficients.items():
            values.number(plain(summed), f"the coefficient of {sort_labels(monomial)}")
            if len(monomial) > self.max_order:
                raise ProblemError(
                    f"term {sort_labels(monomial)} joins {len(monomial)} variables but a "
                    f"{self.problem_type} has at most {self.max_order} a term: {self.too_high}."
                )

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        if data.get(cls.problem_type) is None:
            raise ProblemError(f"the problem has no {cls.problem_type!r}: {cls._how_to()}.")
        model, vartype = _read_vartype(data[cls.problem_type], data.get("vartype"))
        return cls(read_entries(model, cls._how_to()), vartype)

    def to_data(self) -> dict[str, Any]:
        entries = [(sort_labels(m), plain(c)) for m, c in self._cost.coefficients.items()]
        entries.sort(key=lambda entry: (len(entry[0]), [natural_key(v) for v in entry[0]]))
        return {
            "problem_type": self.problem_type,
            self.problem_type: [[to_json(labels), c] for labels, c in entries],
            **({} if self.vartype == "BINARY" else {"vartype": self.vartype}),
        }

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return list(self._names.values())

    def formulation(self) -> Formulation:
        if self.vartype == "BINARY":
            return Formulation(self._cost)
        return Formulation(Polynomial.of_spins(self._cost.coefficients.items()))

    def native(self) -> NativeModel:
        variables = self.variables("exact")
        if self.vartype == "BINARY":
            return NativeModel(variables, self._cost, differences=True)
        return of_spins(variables, self._cost.coefficients.items())

    def to_hamiltonian(
        self, encoding: Encoding, variables: Sequence[Label], penalty: Exact | None = None
    ) -> IsingHamiltonian:
        """Spins term by term: a product of k spins needs no expansion into 2**k monomials."""
        if self.vartype == "BINARY":
            return super().to_hamiltonian(encoding, variables, penalty)
        position = {label: i for i, label in enumerate(variables)}
        terms = {
            tuple(sorted(position[label] for label in monomial)): c
            for monomial, c in self._cost.coefficients.items()
            if c
        }
        constant = terms.pop((), 0)
        rounded = {t: float(c) for t, c in terms.items()}
        return IsingHamiltonian(len(variables), rounded, float(constant), exact_terms=terms)

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        low, _ = self._values
        return {name: 1 if assignment[label] else low for name, label in self._names.items()}

    @property
    def _values(self) -> tuple[int, int]:
        return (0, 1) if self.vartype == "BINARY" else (-1, 1)

    def is_feasible(self, solution: Solution) -> bool:
        return (
            isinstance(solution, Mapping)
            and set(solution) == set(self._names)
            and all(value in self._values for value in solution.values())
        )

    def objective(self, solution: Solution) -> float:
        given = solution if isinstance(solution, Mapping) else {}
        ones = {label: given.get(name) == 1 for name, label in self._names.items()}
        if self.vartype == "BINARY":
            return float(self._cost.evaluate(ones))
        return math.fsum(
            -c if sum(not ones[label] for label in monomial) % 2 else c
            for monomial, c in self._cost.coefficients.items()
        )

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """The variables by their values, joined by the terms."""
        ones = {label: solution.get(name) == 1 for name, label in self._names.items()}
        low, high = self._values
        terms = []
        for monomial, c in self._cost.coefficients.items():
            factors = [high if ones[label] else low for label in monomial]
            terms.append((sort_labels(monomial), float(c), float(c) * math.prod(factors)))
        title = f"value {self.objective(solution):g}"
        return couplings(terms, ones, (f"{high:+d}" if low else "1", f"{low:d}"), title)

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        data = self.to_data()
        for position, (labels, coefficient) in enumerate(data[self.problem_type]):
            members = [("variable", json.dumps(label)) for label in labels]
            for member in members:
                found.element(member, "variable")
            if members and coefficient:
                found.group(("term", position), coefficient, ((m, "in") for m in members))
        return {"vartype": data["vartype"]} if "vartype" in data else {}

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        n = sampling.integer(rng, 2, min(16, max_qubits))
        entries: list[Entry] = [([], round(float(rng.normal()), 2))]
        entries += [([f"x{i}"], round(float(rng.normal()), 2)) for i in range(n)]
        for _ in range(sampling.integer(rng, n, 3 * n)):
            order = sampling.integer(rng, 2, min(n, cls.max_order, 4))
            members = [f"x{i}" for i in sampling.subset(rng, range(n), order)]
            entries.append((members, round(float(rng.normal(0, 2)), 2)))
        return cls(entries)

    def prompt_details(self) -> str:
        terms = (
            "*".join([f"{c:g}", *map(values.key, labels)])
            for labels, c in self.to_data()[self.problem_type]
        )
        spins = "" if self.vartype == "BINARY" else ", each variable -1 or 1"
        return "minimising " + " + ".join(terms) + spins

    @classmethod
    def _how_to(cls) -> str:
        return f'add e.g. {{"{cls.problem_type}": [[["a", "b"], 2], [["a"], -1]]}}'


def _read_vartype(model: Any, stated: Any) -> tuple[Any, Vartype]:
    """The model, made a dimod one where it is dimod's JSON form, and what its variables are.

    Raises:
        ProblemError: an unknown name, or another one than the dimod model's own.
    """
    if isinstance(model, Mapping) and model.get("type") == "BinaryQuadraticModel":
        model = _deserialised(model)
    own = getattr(getattr(model, "vartype", None), "name", None)
    given = stated.upper() if isinstance(stated, str) else stated
    if given is not None and given not in ("BINARY", "SPIN"):
        raise ProblemError(f"'vartype' must be 'BINARY' or 'SPIN', not {stated!r}.")
    if own and given and own != given:
        raise ProblemError(f"'vartype' is {stated!r}, but the dimod model is {own}: leave it out.")
    return model, "SPIN" if "SPIN" in (own, given) else "BINARY"


def read_entries(model: Any, how_to: str) -> list[Entry]:
    """Terms of any accepted form; see `Hubo`."""
    if hasattr(model, "tolist"):
        model = model.tolist()
    pairs: Iterable[tuple[Any, Any]]
    if hasattr(model, "binary") and hasattr(model, "quadratic"):  # dimod.BinaryQuadraticModel
        linear = [((v,), c) for v, c in model.linear.items()]
        pairs = [*linear, *model.quadratic.items(), ((), model.offset)]
    elif isinstance(model, Mapping):
        pairs = model.items()
    elif _is_matrix(model):
        pairs = [((i, j), c) for i, row in enumerate(model) for j, c in enumerate(row)]
    elif isinstance(model, list | tuple):
        for entry in model:
            if (
                not isinstance(entry, list | tuple)
                or len(entry) != 2
                or not isinstance(entry[0], list | tuple)
            ):
                raise ProblemError(f"entry {entry!r} must be [[variables], coefficient]: {how_to}.")
        pairs = model
    else:
        raise ProblemError(
            f"{type(model).__name__} is neither a list of terms, an object of terms, nor a dimod "
            f"BinaryQuadraticModel or BinaryPolynomial: {how_to}, or convert the model, "
            "e.g. by dimod.cqm_to_bqm."
        )
    return [
        (read_labels(key), values.number(c, f"the coefficient of {_shown(key)}"))
        for key, c in pairs
    ]


def read_labels(key: Any) -> list[Label]:
    """The variables of a term.

    Raises:
        ProblemError: a name that could be several, or none.
    """
    parts: Iterable[Any]
    if isinstance(key, str):
        texts = [part.strip() for part in key.split("*")] if key.strip() else []
        if any(_SEPARATOR.search(text) for text in texts):
            raise ProblemError(
                f"term {key!r} could mean one name or several: write products as 'a*b', and terms "
                "in names with spaces or commas as a list of [[variables], coefficient]."
            )
        parts = [int(text) if text.isascii() and text.isdigit() else text for text in texts]
    elif isinstance(key, list | tuple | frozenset):
        parts = key
    else:
        parts = [key]
    return [values.name(part, f"a variable of {_shown(key)}") for part in parts]


def _is_matrix(model: Any) -> bool:
    """Whether this is a square list of rows of numbers."""
    return isinstance(model, list | tuple) and all(
        isinstance(row, list | tuple)
        and len(row) == len(model)
        and not any(isinstance(entry, list | tuple | str) for entry in row)
        for row in model
    )


def _shown(key: Any) -> str:
    return repr(list(key) if isinstance(key, frozenset | tuple) else key)


def _deserialised(model: Mapping[str, Any]) -> Any:
    """The dimod model behind its own JSON form."""
    try:
        import dimod
    except ImportError:
        raise ProblemError(
            "reading a serialised dimod model needs dimod: pip install dimod, or write the terms "
            "as a list of [[variables], coefficient]."
        ) from None
    try:
        return dimod.BinaryQuadraticModel.from_serializable(model)
    except Exception as error:
        raise ProblemError(f"dimod cannot read this serialised model: {error}") from error
