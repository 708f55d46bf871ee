"""Holds an answer in the compact style to plans that fit the problem, and writes what follows.

The model decides structure, depth, bits and angles; angles of QAOA may come from elsewhere, such as
a network that reads the Hamiltonian (`models.angle_network`). What the problem determines is filled
in: which qubit comes next, the field on it, and the program after the plan. So every answer is a
program on the right qubits with the right cost terms, of any size that the prompt covers, and the
model never copies a Hamiltonian. `allowed` gives the token texts that may come
next; a model that spells them otherwise cannot be guided.

In style `agent-q` a free answer is QAOA or a solution in a template. Circuits like the benchmark's
whose angles follow from random starts are not covered: a model writes them by itself, unguided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from quasar.core.hamiltonian import IsingHamiltonian
from quasar.optimize.decimation import DecimationRow, SpinFix, largest_coefficient, rows
from quasar.optimize.qaoa import sigma
from quasar.prompts.answer_plan import STRENGTHS, AnswerPlan, Structure, field_text
from quasar.prompts.chat import Request
from quasar.prompts.compact import MAX_LAYERS
from quasar.prompts.compact_answer import HEADER, program
from quasar.prompts.numbers import NUMBER_TEXTS, number_text
from quasar.simulate.engine import FloatVector

TEMPLATES = (10,)
"""Sim circuits that solutions are written into."""

_FIELDS = tuple(f"f{sign}{s} " for s in range(len(STRENGTHS)) for sign in "+-")
_DEPTHS = tuple(f"p{p}: " for p in range(1, MAX_LAYERS + 1))
_TEMPLATES = tuple(f"t{t} " for t in TEMPLATES)
_BITS = tuple((f"q{q}=0 ", f"q{q}=1 ") for q in range(64))
_SPACE, _END, _HEADER = (" ",), ("\n",), (HEADER,)
_HEADS: dict[Structure, tuple[str, ...]] = {
    "qaoa": ("// qaoa ", "// qaoa c "),
    "warm": ("// warm ",),
    "vqe": ("// vqe ",),
    "adaptive": ("// adaptive: ",),
}
_ASKED: dict[str | None, tuple[Structure, ...]] = {
    None: ("qaoa", "warm", "vqe", "adaptive"),
    "qaoa": ("qaoa",),
    "vqe": ("vqe",),
    "adaptive_vqe": ("adaptive",),
}
_Steps = Iterator[tuple[str, ...]]


class PlanGuide:
    """Follows one answer; see `quasar.models.guide.Guide`.

    Args:
        angle_sources: angles γ_1..γ_p (1/energy), β_1..β_p (radians) of p layers: those that QAOA
            gets in the first sample, in the second, and so on; in all further ones the model
            decides them.

    Attributes:
        plan: what was decided; None until the plan has ended.
    """

    def __init__(
        self,
        hamiltonian: IsingHamiltonian,
        request: Request,
        angle_sources: Sequence[Callable[[int], FloatVector]] = (),
    ) -> None:
        self._hamiltonian = hamiltonian
        self._request = request
        # Without terms there is nothing to read angles off.
        self._angle_sources = tuple(angle_sources) if any(hamiltonian.terms.values()) else ()
        self._sample = 0
        self._came = ""
        self._steps = self._follow()
        self._allowed: tuple[str, ...] | None = next(self._steps)
        self.plan: AnswerPlan | None = None

    def begin(self, sample: int) -> None:
        """Which sample it is, from 0."""
        self._sample = sample

    def allowed(self) -> tuple[str, ...] | None:
        """Token texts that may come next; a single one is forced; None: any."""
        return self._allowed

    def advance(self, text: str) -> None:
        """The token that came."""
        self._came = text
        self._allowed = next(self._steps, None)

    def rest(self) -> str | None:
        """The program, once the plan has ended."""
        return None if self.plan is None else program(self._hamiltonian, self.plan, exact=True)

    def _follow(self) -> _Steps:
        yield _HEADER
        yield self._beginnings()
        head = self._came
        structure = next(name for name, heads in _HEADS.items() if head in heads)
        template, layers = None, 1
        if structure == "vqe":
            yield _TEMPLATES
            template = int(self._came[1:])
        if structure != "adaptive":
            asked = self._request.layers
            yield _DEPTHS if asked is None else (_DEPTHS[asked - 1],)
            layers = int(self._came[1:-2])
        decisions: tuple[SpinFix, ...] = ()
        angles: tuple[float, ...] = ()
        if structure == "qaoa":
            found: list[float] = []
            yield from self._choose_angles(layers, found)
            angles = tuple(found)
        else:
            steps: list[SpinFix] = []
            yield from self._decide(steps)
            decisions = tuple(steps)
        yield _END
        self.plan = AnswerPlan(
            structure, layers, template, decisions, angles, head == _HEADS["qaoa"][1]
        )

    def _beginnings(self) -> tuple[str, ...]:
        structures = _ASKED[self._request.algorithm]
        if self._request.style == "agent-q" and self._request.algorithm is None:
            # Ten answers are nearest to circuits of both kinds where one is certainly a solution.
            solution = self._source is not None and self._sample == 1
            structures = ("vqe",) if solution else ("qaoa", "vqe")
        if self._source is not None:  # its angles are stated in units of 1/σ(E)
            return tuple(_HEADS[name][0] for name in structures)
        return tuple(head for name in structures for head in _HEADS[name])

    @property
    def _source(self) -> Callable[[int], FloatVector] | None:
        sources = self._angle_sources
        return sources[self._sample] if self._sample < len(sources) else None

    def _choose_angles(self, layers: int, found: list[float]) -> _Steps:
        """The model's angles; or those of the source, which the line states rounded."""
        source = self._source
        if source is None:
            for _ in range(2 * layers):
                yield NUMBER_TEXTS
                found.append(float(self._came))
                yield _SPACE
            return
        theta = source(layers)
        doubled = 2.0 * theta.reshape(2, layers).T * [sigma(self._hamiltonian), 1.0]
        for angle in doubled.ravel().tolist():
            yield (number_text(angle),)
            yield _SPACE
            found.append(angle)

    def _decide(self, steps: list[SpinFix]) -> _Steps:
        unit = largest_coefficient(self._hamiltonian)
        spins: dict[int, int] = {}
        for row in rows(self._hamiltonian):
            yield (f"@q{row.qubit} ",)
            field = _field(row, spins) / unit
            yield (f"{field_text(field)} ",)
            yield _BITS[row.qubit]
            bit = int(self._came[-2])
            spins[row.qubit] = 1 - 2 * bit
            steps.append(SpinFix(row.qubit, field, bit))


def _field(row: DecimationRow, spins: dict[int, int]) -> float:
    """What multiplies the qubit's Z when those before it are set."""
    total = 0.0
    for others, coefficient in row.couplings:
        sign = 1
        for other in others:
            sign *= spins[other]
        total += coefficient * sign
    return round(total, 9) + 0.0
