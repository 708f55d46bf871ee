"""Job shop (small): the shortest schedule of jobs whose operations take turns on machines.

Time is in whole steps up to the horizon T: the length of a schedule that a simple rule finds (start
whichever operation can start first), or the one given if that is earlier. Variables: (j, o, t) for
t = 1..T - P_j, where P_j is how long job j takes without waiting: operation o of job j has waited t
steps or more altogether. That takes Σ_j n_j (T - P_j) qubits for n_j operations; Venturelli,
Marchand and Rojo, arXiv:1506.08479, have one for each operation and step. With x_jo0 = 1 and
s_jot = x_jot (1 - x_jo,t+1), operation o begins after exactly t steps of waiting, all 0 or 1:

    Σ_{τ=L+1..T} (1 - Π_j (1 - x_j,last,τ-P_j))
        + A (Σ x_jo,t+1 (1 - x_jot) + Σ x_jot (1 - x_j,o+1,t) + Σ s_jot s_ku)

where L is the longest P_j, so that the first sum is the length of the schedule less L; waiting does
not shrink from one operation to the next; and the last sum runs over starts that overlap on a
machine. Exact: the first sum lies between 0 and T - L and A is above that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple, Self

import networkx as nx
import numpy as np

from quasar.core.errors import ProblemError
from quasar.core.labels import Label, from_json, to_json
from quasar.core.polynomial import Polynomial
from quasar.problems import graphs, penalties, sampling, values
from quasar.problems.base import Assignment, Encoding, Problem, Solution
from quasar.problems.formulation import Constraint, Formulation, Penalties
from quasar.problems.keys import Reads
from quasar.problems.native import LinearRow, NativeModel, NoOverlap, Values
from quasar.problems.overlay import LegendEntry, SolutionOverlay, label_text
from quasar.problems.structure import Structure

_JOBS = '{"jobs": {"A": [["saw", 2], ["drill", 1]], "B": [["drill", 2]]}}'


class Operation(NamedTuple):
    """A step of a job: on which machine, and for how many steps of time (1 or more)."""

    machine: Label
    duration: int


class JobShop(Problem):
    """Solution: list of [job, operation, start], operations counted from 0. Objective: when the
    last of them ends.

    Attributes: `jobs`, an object from name to the job's operations in order, or a list of these;
    an operation is [machine, duration]. `horizon`: when all must have ended (default: any time).
    """

    problem_type = "job_shop"
    title = "Schedule the operations of jobs on machines so that all end as early as possible"
    sense = "min"
    qubits = "for each operation one per step that its job can wait"
    answer = "list of [job, operation, start], operations from 0"
    goal = "when the last operation ends"
    reads = Reads(
        fields=(),
        attributes={
            "jobs": "object from name to list of [machine, duration], or list of these lists",
            "horizon": "when all must have ended; default: any time",
        },
    )

    def __init__(
        self, jobs: Mapping[Label, Sequence[Operation]], horizon: int | None = None
    ) -> None:
        self.jobs = {job: list(operations) for job, operations in jobs.items()}
        self.horizon = horizon
        self._takes = {job: sum(o.duration for o in has) for job, has in self.jobs.items()}
        self._longest = max(self._takes.values())
        if horizon is not None and horizon < self._longest:
            raise ProblemError(
                f"'horizon' is {horizon}, but a job takes {self._longest} steps: allow more."
            )
        found = self._some_length()
        self._end = found if horizon is None else min(horizon, found)

    @classmethod
    def _read(cls, data: Mapping[str, Any]) -> Self:
        attributes = graphs.attributes_of(data)
        named = values.named(attributes, "jobs", "job", _JOBS)
        jobs = {job: _operations(job, operations) for job, operations in named.items()}
        return cls(jobs, values.positive_or_none(attributes, "horizon"))

    def to_data(self) -> dict[str, Any]:
        jobs = {job: to_json(operations) for job, operations in self.jobs.items()}
        attributes: dict[str, Any] = {"jobs": values.as_stated(jobs)}
        if self.horizon is not None:
            attributes["horizon"] = self.horizon
        return {"problem_type": self.problem_type, "problem_specific_attributes": attributes}

    def _some_length(self) -> int:
        """The length of the schedule that always starts what can start first."""
        free: dict[Label, int] = {}
        ready = dict.fromkeys(self.jobs, 0)
        left = {job: list(operations) for job, operations in self.jobs.items()}
        while any(left.values()):
            starts = [
                (max(ready[job], free.get(has[0].machine, 0)), -len(has), position, job)
                for position, (job, has) in enumerate(left.items())
                if has
            ]
            start, _, _, job = min(starts)
            operation = left[job].pop(0)
            ready[job] = free[operation.machine] = start + operation.duration
        return max(ready.values())

    def _waits(self, job: Label) -> range:
        """How long the job's operations may wait."""
        return range(self._end - self._takes[job] + 1)

    def variables(self, encoding: Encoding) -> Sequence[Label]:
        return [
            (job, o, t)
            for job, has in self.jobs.items()
            for o in range(len(has))
            for t in self._waits(job)[1:]
        ]

    def least_qubits(self) -> int:
        return sum(len(has) * (self._end - self._takes[job]) for job, has in self.jobs.items())

    def formulation(self) -> Formulation:
        length = Polynomial()
        for end in range(self._longest + 1, self._end + 1):
            late: list[Label] = [
                (job, len(has) - 1, end - self._takes[job]) for job, has in self.jobs.items()
            ]
            length += 1 - penalties.none_of(late, "a step of time")
        wrong = Polynomial()
        for job, has in self.jobs.items():
            for o in range(len(has)):
                for t in self._waits(job)[1:-1]:
                    wrong.accumulate(_without((job, o, t + 1), (job, o, t)))
                for t in self._waits(job)[1:] if o + 1 < len(has) else ():
                    wrong.accumulate(_without((job, o, t), (job, o + 1, t)))
        for one, other in self._shared():
            for t in self._waits(one[0]):
                for u in self._waits(other[0]):
                    if self._overlap(one, self._start(*one, t), other, self._start(*other, u)):
                        wrong.accumulate(self._begins(*one, t) * self._begins(*other, u))
        penalty = penalties.above(self._end - self._longest)
        why = "a tenth more than the steps that a schedule can save"
        own = Penalties(wrong * penalty, penalty, why)
        return Formulation(length + self._longest, [Constraint(wrong)], own)

    def native(self) -> NativeModel:
        """Integer starts; the length is a variable at or above every end."""
        length: Label = ("length",)
        starts: dict[Label, tuple[int, int]] = {length: (self._longest, self._end)}
        rows: list[LinearRow] = []
        on: dict[Label, list[tuple[Label, int]]] = {}
        for job, has in self.jobs.items():
            for o, operation in enumerate(has):
                first = self._start(job, o, 0)
                starts[job, o] = (first, first + self._end - self._takes[job])
                on.setdefault(operation.machine, []).append(((job, o), operation.duration))
                after: Label = (job, o + 1) if o + 1 < len(has) else length
                rows.append(LinearRow({after: 1, (job, o): -1}, low=operation.duration))
        cost = Polynomial.variable(length)
        machines = [NoOverlap(intervals) for intervals in on.values() if len(intervals) > 1]
        return NativeModel([], cost, rows, starts, no_overlaps=machines)

    def native_size(self) -> int:
        return sum(map(len, self.jobs.values()))

    def from_native(self, values: Values) -> Solution:
        every = [(job, o) for job, has in self.jobs.items() for o in range(len(has))]
        return [[to_json(job), o, values[job, o]] for job, o in every]

    def _shared(self) -> list[tuple[tuple[Label, int], tuple[Label, int]]]:
        """The pairs of operations of different jobs on one machine."""
        every = [(job, o) for job, has in self.jobs.items() for o in range(len(has))]
        return [
            (one, other)
            for one, other in combinations(every, 2)
            if one[0] != other[0]
            and self.jobs[one[0]][one[1]].machine == self.jobs[other[0]][other[1]].machine
        ]

    def _start(self, job: Label, o: int, wait: int) -> int:
        return wait + sum(before.duration for before in self.jobs[job][:o])

    def _overlap(
        self, one: tuple[Label, int], start: int, other: tuple[Label, int], begin: int
    ) -> bool:
        first, second = self.jobs[one[0]][one[1]], self.jobs[other[0]][other[1]]
        return start < begin + second.duration and begin < start + first.duration

    def _begins(self, job: Label, o: int, wait: int) -> Polynomial:
        """1 where the operation has waited exactly so long."""
        out = Polynomial.variable((job, o, wait)) if wait else Polynomial.constant(1)
        if wait + 1 in self._waits(job):
            out = out * (1 - Polynomial.variable((job, o, wait + 1)))
        return out

    def decode(self, assignment: Assignment, encoding: Encoding) -> Solution:
        rows = []
        for job, has in self.jobs.items():
            for o in range(len(has)):
                chain = [assignment[job, o, t] for t in self._waits(job)[1:]]
                if chain == sorted(chain, reverse=True):
                    rows.append([to_json(job), o, self._start(job, o, sum(chain))])
        return rows

    def is_feasible(self, solution: Solution) -> bool:
        starts = self._starts(solution)
        every = {(job, o) for job, has in self.jobs.items() for o in range(len(has))}
        in_time = self.horizon is None or self.objective(solution) <= self.horizon
        return (
            len(solution) == len(every)
            and set(starts) == every
            and in_time
            and not (self._wrong(solution))
        )

    def _starts(self, solution: Solution) -> dict[tuple[Label, int], int]:
        return {(from_json(job), o): start for job, o, start in solution}

    def _wrong(self, solution: Solution) -> set[tuple[Label, int]]:
        """Operations that begin too early or share a machine at one time."""
        starts = self._starts(solution)
        out = set()
        for job, has in self.jobs.items():
            for o, following in pairwise(range(len(has))):
                ended = starts.get((job, o), 0) + has[o].duration
                if {(job, o), (job, following)} <= set(starts) and starts[job, following] < ended:
                    out.add((job, following))
        for one, other in self._shared():
            known = one in starts and other in starts
            if known and self._overlap(one, starts[one], other, starts[other]):
                out |= {one, other}
        return out

    def objective(self, solution: Solution) -> float:
        ends = (
            start + self.jobs[job][o].duration for (job, o), start in self._starts(solution).items()
        )
        return float(max(ends, default=0))

    def _overlay(self, solution: Solution) -> SolutionOverlay:
        """The operations, those of a job joined in order; colours are machines."""
        graph = nx.DiGraph()
        starts, wrong = self._starts(solution), self._wrong(solution)
        every = [(job, o) for job, has in self.jobs.items() for o in range(len(has))]
        node = {(job, o): ("operation", job, o) for job, o in every}
        graph.add_nodes_from(node.values())
        for job, has in self.jobs.items():
            nx.add_path(graph, [node[job, o] for o in range(len(has))])
        machines = list(dict.fromkeys(o.machine for has in self.jobs.values() for o in has))
        bad = wrong | (set(every) - set(starts))
        return SolutionOverlay(
            graph,
            f"Schedule of length {self.objective(solution):g}",
            groups={node[job, o]: machines.index(self.jobs[job][o].machine) for job, o in every},
            wrong_nodes={node[operation] for operation in bad},
            arrows=set(graph.edges),
            names={node[job, o]: f"{label_text(job)}.{o}" for job, o in every},
            notes={node[operation]: f"at {start}" for operation, start in starts.items()},
            legend=[LegendEntry(f"on {label_text(m)}", i) for i, m in enumerate(machines)],
        )

    def _structure(self, found: Structure) -> Mapping[str, Any]:
        on: dict[Label, list[Any]] = {}
        for job, has in self.jobs.items():
            for o, operation in enumerate(has):
                found.element((job, o), "operation", operation.duration)
                on.setdefault(operation.machine, []).append((job, o))
            for o, following in pairwise(range(len(has))):
                ends = (((job, o), "before"), ((job, following), "after"))
                found.group(("order", job, o), "order", ends)
        for machine, operations in on.items():
            found.group(("machine", machine), "machine", ((o, "on") for o in operations))
        return {"horizon": self.horizon}

    def prompt_details(self) -> str:
        jobs = (
            f"{label_text(job)} ("
            + ", ".join(f"{label_text(o.machine)} for {o.duration}" for o in has)
            + ")"
            for job, has in self.jobs.items()
        )
        within = "" if self.horizon is None else f" within {self.horizon} steps"
        return f"with the jobs {', '.join(jobs)}{within}"

    @classmethod
    def sample(cls, rng: np.random.Generator, max_qubits: int = 16) -> Self:
        sampling.require_qubits(cls.problem_type, max_qubits, 2)
        for _ in range(200):
            jobs: dict[Label, list[Operation]] = {}
            machines = range(sampling.integer(rng, 1, 3))
            for job in range(sampling.integer(rng, 2, 3)):
                order = sampling.permutation(rng, machines)
                order = order[: sampling.integer(rng, 1, len(order))]
                jobs[job] = [Operation(m, sampling.integer(rng, 1, 3)) for m in order]
            problem = cls(jobs)
            if 2 <= problem.least_qubits() <= max_qubits:
                return problem
        return cls({0: [Operation(0, 1)], 1: [Operation(0, 1)]})


def _without(one: Label, other: Label) -> Polynomial:
    """1 where the first variable is 1 and the other is not."""
    return Polynomial({frozenset([one]): 1, frozenset([one, other]): -1})


def _operations(job: Label, raw: Any) -> list[Operation]:
    example = '[["saw", 2], ["drill", 1]]'
    out = []
    for row in values.listed(raw, f"job {job!r}", example):
        if not isinstance(row, list | tuple) or len(row) != 2:
            raise ProblemError(f"operation {row!r} of job {job!r} must be [machine, duration].")
        machine = values.name(row[0], f"a machine of job {job!r}")
        out.append(Operation(machine, values.whole(row[1], f"a duration of job {job!r}", 1)))
    return out
