"""Dynamic programs: mid-circuit measurement, reset, branches and loops, exactly.

Every measurement splits the state into its outcomes, each followed to the end with its weight; the
result is the exact mixture, not a sample. Covers what the OpenQASM importer produces (`if`,
`while`, `for`, `break`, `continue`, `box`, conditions on a bit or a register). Free parameters
without a value are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import qulacs
from qulacs import gate as qg

from quasar.circuits.measurement import SILENT, without_final
from quasar.circuits.precheck import MAX_STEPS
from quasar.circuits.to_qiskit import Unrolling
from quasar.core.errors import CircuitError
from quasar.simulate.engine import FloatVector
from quasar.simulate.marginal import Marginal
from quasar.simulate.qulacs_gates import build_gate

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import CircuitInstruction

NEGLIGIBLE = 1e-12
"""Outcomes less probable than this are not followed."""

MAX_WORK = 1 << 30
"""Amplitudes that may be passed over, all branches together: some seconds."""

_HELD_AMPLITUDES = 1 << 27  # 2 GiB of states waiting at once
_COLLAPSE = 5  # passes over a state for each outcome: copy, project, norm, scale, probability

_Signal = Literal["next", "break", "continue"]


@dataclass
class _Branch:
    weight: float
    state: qulacs.QuantumState
    bits: int  # classical bits, bit i of the integer is clbit i

    def copy(self) -> _Branch:
        return _Branch(self.weight, self.state.copy(), self.bits)


def dynamic_distribution(
    program: QuantumCircuit,
    bits: Sequence[int] | None = None,
    *,
    bindings: Mapping[Any, float] | None = None,
    max_branches: int = 4096,
    max_steps: int = MAX_STEPS,
    max_work: int = MAX_WORK,
) -> FloatVector:
    """Exact distribution of classical bits, or of all qubits, at the end of a dynamic program.

    Args:
        program: as the importer returns it; n qubits.
        bits: the w classical bits of the result, the least significant first; None: what measuring
            all qubits at the end would give.
        bindings: values of the program's free parameters.
        max_branches: measurement outcomes followed to the end at most; of those that wait for
            their turn, no more than 2 GiB of states are held.
        max_steps: instructions executed over all branches at most; ends endless loops.
        max_work: amplitudes passed over at most once the program has branched: with many qubits,
            few branches are followed. A program that does not branch is not bounded by it.

    Returns:
        Probabilities, shape [2**w] or [2**n]; they sum to 1 up to the outcomes below `NEGLIGIBLE`.

    Raises:
        CircuitError: kind `limit` past either maximum, kind `parameter` for free parameters without
            a value and for angles that are not finite.
    """
    held = max(2, min(max_branches, _HELD_AMPLITUDES >> program.num_qubits))
    runner = _Runner(held, max_steps, max_work >> program.num_qubits, bindings or {})
    start = _Branch(1.0, qulacs.QuantumState(program.num_qubits), 0)
    qubits = {q: i for i, q in enumerate(program.qubits)}
    clbits = {c: i for i, c in enumerate(program.clbits)}
    body, final = without_final(program, qubits_count=bits is None)
    result = _Result(program.num_qubits, bits, {clbits[c]: qubits[q] for c, q in final.items()})
    for finished, (branch, _) in enumerate(runner.run(body, 0, start, qubits, clbits), start=1):
        if finished > max_branches:
            raise _too_many(max_branches)
        result.add(branch)
    return result.total


class _Result:
    """The mixture of all outcomes so far.

    Args:
        final: bit to the qubit that holds its value at the end.
    """

    def __init__(self, n_qubits: int, bits: Sequence[int] | None, final: dict[int, int]) -> None:
        self.kept: list[tuple[int, int]] = []  # place in the result, and bit of the branch
        self.marginal: Marginal | None
        if bits is None:
            self.marginal = None
        else:
            places = {place: final[bit] for place, bit in enumerate(bits) if bit in final}
            self.kept = [(place, bit) for place, bit in enumerate(bits) if bit not in final]
            self.marginal = Marginal(n_qubits, places)
        self.total: FloatVector = np.zeros(1 << (n_qubits if bits is None else len(bits)))

    def add(self, branch: _Branch) -> None:
        vector = branch.state.get_vector()
        p = branch.weight * (vector.real**2 + vector.imag**2)
        if self.marginal is None:
            self.total += p
            return
        known = sum(((branch.bits >> bit) & 1) << place for place, bit in self.kept)
        self.total[self.marginal.places + known] += self.marginal.of(p)


def _too_many(max_branches: int) -> CircuitError:
    return CircuitError.over(
        "outcomes",
        f"more than {max_branches:,} measurement outcomes to follow.",
        "Measure fewer qubits in mid-circuit.",
    )


class _Runner:
    def __init__(
        self, max_held: int, max_steps: int, max_passes: int, bindings: Mapping[Any, float]
    ) -> None:
        self.max_held = max_held
        self.max_steps = max_steps
        self.max_passes = max_passes  # over a state
        self.steps = 0
        self.passes = 0
        self.branches = 1
        self.bindings: dict[Any, float] = dict(bindings)  # loop variables at present values too
        self.unrolling = Unrolling(max_steps)

    def step(self) -> None:
        self.steps += 1
        if self.steps > self.max_steps:
            raise CircuitError.over(
                "steps",
                f"not finished after {self.max_steps:,} instructions.",
                "Measure less in mid-circuit, and let no loop run as long.",
            )

    def spend(self, passes: int) -> None:
        """Count passes over a state; many branches of many qubits end here."""
        self.passes += passes
        if self.passes > self.max_passes and self.branches > 1:
            raise CircuitError.over(
                "outcomes",
                f"{self.branches:,} measurement outcomes and more to follow, which is too much "
                "work on that many qubits.",
                "Measure fewer qubits in mid-circuit.",
            )

    def room(self, waiting: list[Any]) -> None:
        if len(waiting) > self.max_held:
            raise _too_many(self.max_held)

    def run(
        self,
        body: list[CircuitInstruction],
        position: int,
        branch: _Branch,
        qubits: Mapping[Any, int],
        clbits: Mapping[Any, int],
    ) -> Iterator[tuple[_Branch, _Signal]]:
        """Run `body` from `position`; yields every outcome and how the block was left."""
        # A stack and not recursion: a line of a thousand resets is a legal program.
        waiting = [(branch, position)]
        while waiting:
            current, position = waiting.pop()
            signal: _Signal = "next"
            while position < len(body):
                self.step()
                instruction = body[position]
                name = instruction.operation.name
                position += 1
                if name in SILENT:
                    continue
                targets = [qubits[q] for q in instruction.qubits]
                if name in {"break_loop", "continue_loop"}:
                    signal = "break" if name == "break_loop" else "continue"
                    break
                if name in {"measure", "reset"}:
                    bit = clbits[instruction.clbits[0]] if name == "measure" else None
                    outcomes = list(_collapse(current, targets[0], bit))
                    if not outcomes:
                        break
                    self.branches += len(outcomes) - 1
                    self.spend(_COLLAPSE * len(outcomes))
                    current, *others = outcomes
                    waiting += [(other, position) for other in others]
                elif name in {"if_else", "while_loop", "for_loop", "box"}:
                    scope = _Scope(instruction, qubits, clbits)
                    ongoing = []
                    for after, left in self._control(instruction.operation, current, scope):
                        if left == "next":
                            ongoing.append(after)
                            self.room(ongoing)
                        else:
                            yield after, left
                    if not ongoing:
                        break
                    current, *others = ongoing
                    waiting += [(other, position) for other in others]
                else:
                    self._apply(instruction.operation, tuple(targets), current.state)
                self.room(waiting)
            else:
                yield current, signal
                continue
            if signal != "next":
                yield current, signal

    def _apply(self, operation: Any, targets: tuple[int, ...], state: qulacs.QuantumState) -> None:
        for gate in self.unrolling.unroll(operation, targets, self.bindings):
            self.step()
            built = build_gate(gate)
            if built is not None:
                self.spend(1)
                built.update_quantum_state(state)

    def _control(
        self, operation: Any, branch: _Branch, scope: _Scope
    ) -> Iterator[tuple[_Branch, _Signal]]:
        if operation.name == "box":
            yield from self.run(*scope.enter(operation.blocks[0], branch))
        elif operation.name == "if_else":
            taken = 0 if scope.holds(operation.condition, branch) else 1
            if taken < len(operation.blocks):
                yield from self.run(*scope.enter(operation.blocks[taken], branch))
            else:
                yield branch, "next"
        elif operation.name == "while_loop":
            yield from self._while(operation, branch, scope)
        else:
            index_set, parameter, block = operation.params
            yield from self._for(iter(index_set), parameter, block, branch, scope)

    def _while(
        self, operation: Any, branch: _Branch, scope: _Scope
    ) -> Iterator[tuple[_Branch, _Signal]]:
        # A stack and not recursion: the number of rounds is bounded by max_steps alone.
        waiting = [branch]
        while waiting:
            self.step()
            current = waiting.pop()
            if not scope.holds(operation.condition, current):
                yield current, "next"
                continue
            for after, signal in self.run(*scope.enter(operation.blocks[0], current)):
                if signal == "break":
                    yield after, "next"
                else:
                    waiting.append(after)
                    self.room(waiting)

    def _for(
        self, values: Iterator[int], parameter: Any, block: Any, branch: _Branch, scope: _Scope
    ) -> Iterator[tuple[_Branch, _Signal]]:
        current = [branch]
        for value in values:
            self.step()
            following: list[_Branch] = []
            for entering in current:
                # Set again for each outcome: an inner loop may count in the same variable.
                self.bindings[parameter] = value
                for after, signal in self.run(*scope.enter(block, entering)):
                    if signal == "break":
                        yield after, "next"
                    else:
                        following.append(after)
                        self.room(following)
            current = following
            if not current:
                return
        for entering in current:
            yield entering, "next"


class _Scope:
    """A block's own bits, named by the bits of the instruction that holds it."""

    def __init__(
        self, instruction: CircuitInstruction, qubits: Mapping[Any, int], clbits: Mapping[Any, int]
    ) -> None:
        self.outer_clbits = clbits
        self.qubits = [qubits[q] for q in instruction.qubits]
        self.clbits = [clbits[c] for c in instruction.clbits]

    def enter(
        self, block: QuantumCircuit, branch: _Branch
    ) -> tuple[list[CircuitInstruction], int, _Branch, dict[Any, int], dict[Any, int]]:
        qubits = dict(zip(block.qubits, self.qubits, strict=True))
        clbits = dict(zip(block.clbits, self.clbits, strict=True))
        return list(block.data), 0, branch, qubits, clbits

    def holds(self, condition: Any, branch: _Branch) -> bool:
        if not isinstance(condition, tuple):
            raise CircuitError("this form of condition is not supported.", kind="unsimulable")
        target, value = condition
        bits = [target] if not hasattr(target, "__len__") else list(target)
        read = sum(((branch.bits >> self.outer_clbits[b]) & 1) << i for i, b in enumerate(bits))
        return read == int(value)


def _collapse(branch: _Branch, qubit: int, clbit: int | None) -> Iterator[_Branch]:
    """The outcomes of measuring a qubit into a bit, or of resetting it (no bit).

    Uses up the branch: its state becomes that of the last outcome.
    """
    zero = branch.state.get_zero_probability(qubit)
    weights = [(k, branch.weight * p) for k, p in ((0, zero), (1, 1.0 - zero))]
    kept = [(outcome, weight) for outcome, weight in weights if weight >= NEGLIGIBLE]
    for outcome, weight in kept:
        after = branch if outcome == kept[-1][0] else branch.copy()
        after.weight = weight
        (qg.P1 if outcome else qg.P0)(qubit).update_quantum_state(after.state)
        after.state.normalize(after.state.get_squared_norm())
        if clbit is None:
            if outcome:
                qg.X(qubit).update_quantum_state(after.state)
        else:
            after.bits = (after.bits & ~(1 << clbit)) | (outcome << clbit)
        yield after
