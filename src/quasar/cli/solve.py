"""`quasar solve`: the best classical solution of a problem, and how good it is."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from quasar.cli.options import (
    AsJson,
    Attributes,
    ProblemFile,
    ProblemType,
    WeightKey,
    print_json,
    problem_source,
    read_attributes,
)

if TYPE_CHECKING:
    from quasar.optima.result import BoundedOptimum


def command(
    problem: ProblemFile = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds; what is known by then is printed.")
    ] = 60.0,
    method: Annotated[
        str,
        typer.Option(
            help="auto, enumeration (to 24 qubits), cp_sat, highs, semidefinite (a bound for "
            "quadratic problems without constraints) or annealing (no bound)."
        ),
    ] = "auto",
    seed: Annotated[int, typer.Option(help="Of everything random.", min=0)] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Threads of the solver.",
            show_default="one a core, and at least 4 or 8",
            min=1,
            max=256,
        ),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Neither read nor keep results on disk.")
    ] = False,
    weight: WeightKey = None,
    problem_type: ProblemType = None,
    attribute: Attributes = None,
    as_json: AsJson = False,
) -> None:
    """Solve a problem classically, of hundreds of variables too, with a bound.

    The problem is solved as it is stated, with constraints and without penalties. Ctrl-C ends early
    and prints the best solution and bound so far. Exit codes: 0 done, proven or not; 2 bad input; 3
    proved to have no solution; 130 interrupted.
    """
    from quasar.cli.bar import Bar
    from quasar.core.errors import EXIT_INFEASIBLE, EXIT_INTERRUPTED
    from quasar.core.interrupt import heeding
    from quasar.optima.solve import Sofar, optimum

    start, seconds = time.monotonic(), 0
    total = round(time_limit) if 1 < time_limit < math.inf else 1  # others are refused below
    with Bar(patience_s=2.0) as bar, heeding() as interrupt:
        bar.start("solving", total=total)

        def progress(sofar: Sofar) -> None:
            ends = [f"best {sofar.value:g}"] if sofar.value is not None else []
            ends += [f"bound {sofar.bound:g}"] if sofar.bound is not None else []
            bar.say(", ".join(ends) or "solving")

        def stop() -> bool:
            nonlocal seconds
            passed = min(int(time.monotonic() - start), total)
            if passed > seconds:
                bar.advance(passed - seconds)
                seconds = passed
            return interrupt.requested

        found = optimum(
            problem_source(problem, problem_type),
            time_limit=time_limit,
            method=method,
            problem_type=problem_type,
            attributes=read_attributes(attribute),
            weight=weight,
            seed=seed,
            workers=workers,
            cache=not no_cache,
            progress=progress,
            stop=stop,
        )
        interrupted = interrupt.requested
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    if interrupted:
        print("interrupted: what was known is above.", file=sys.stderr)
        raise typer.Exit(EXIT_INTERRUPTED)
    if found.status == "infeasible":
        raise typer.Exit(EXIT_INFEASIBLE)


def _print(found: BoundedOptimum) -> None:
    aim = "smallest" if found.sense == "min" else "greatest"
    by = "" if found.method is None else f" ({found.method})"
    typer.echo(f"status     {found.status.replace('_', ' ')}{by}")
    if found.value is not None:
        typer.echo(f"objective  {found.value:.10g} ({aim} is best)")
    if found.status != "proven" and found.bound is not None:
        side = "at least" if found.sense == "min" else "at most"
        typer.echo(f"bound      {side} {found.bound:.10g}")
    typer.echo(f"variables  {found.variables:,}")
    from_cache = " (when it was solved; now from the cache)" if found.cached else ""
    typer.echo(f"seconds    {found.seconds:.2f}{from_cache}")
    if found.solution is not None:
        typer.echo(f"solution   {json.dumps(found.solution, ensure_ascii=False)}")
    if found.note:
        typer.echo(found.note)
