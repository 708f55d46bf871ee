"""OR-Library's knapsacks and portfolios, and the plain knapsack files that look like them.

Grammar: J. Beasley, OR-Library (people.brunel.ac.uk/~mastjjb/jeb/orlib). Knapsack (mknap): the
number of problems, then `n m optimum`, n values, m rows of n weights, m capacities; read with one
problem and m = 1. Also the common form `n capacity` and then `value weight` for each item.
Portfolio (port): n, then `mean deviation` for each asset, then `i j correlation`; covariances are
their exact products. Items and assets go by their number from 1.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from quasar.core.errors import ProblemError
from quasar.core.exact import read_decimal
from quasar.problems import values
from quasar.problems.formats.content import (
    MAX_NODES,
    Content,
    integer_of,
    lines_of,
    number_of,
    numbered,
)


def _words(text: str) -> list[list[str]]:
    return [line.words for line in lines_of(text)]


def sniff_portfolio(text: str) -> bool:
    """Whether the counts of words and lines are those of a portfolio."""
    lines = _words(text)
    if not lines or len(lines[0]) != 1 or not lines[0][0].isdigit():
        return False
    n = int(lines[0][0])
    return (
        0 < n < len(lines)
        and len(lines) == 1 + n + n * (n + 1) // 2
        and all(len(words) == 2 for words in lines[1 : n + 1])
        and all(len(words) == 3 for words in lines[n + 1 :])
    )


def read_portfolio(text: str) -> Content:
    """Expected returns and covariances; the budget and the aversion to risk are the user's."""
    lines = list(lines_of(text))
    n = integer_of(lines[0].words[0] if lines else "", "the number of assets", MAX_NODES)
    if len(lines) < n + 1:
        raise ProblemError(f"the file announces {n} assets and has {len(lines) - 1}.")
    for line in lines[1 : n + 1]:
        if len(line.words) != 2:
            raise line.fault("'mean deviation'")
    pairs = [
        [number_of(w, f"a number in line {x.number}") for w in x.words] for x in lines[1 : n + 1]
    ]
    deviations = [pair[1] for pair in pairs]
    covariance: list[list[Any]] = [[None] * n for _ in range(n)]
    for line in lines[n + 1 :]:
        if len(line.words) != 3:
            raise line.fault("'asset asset correlation'")
        i, j = (numbered(w, n, f"an asset in line {line.number}") - 1 for w in line.words[:2])
        correlation = number_of(line.words[2], f"the correlation in line {line.number}")
        covariance[i][j] = covariance[j][i] = _product(correlation, deviations[i], deviations[j])
    for i, row in enumerate(covariance, start=1):
        if None in row:
            raise ProblemError(
                f"the correlation of assets {i} and {row.index(None) + 1} is missing."
            )
    stated = {
        "assets": list(range(1, n + 1)),
        "expected_returns": [pair[0] for pair in pairs],
        "covariance": covariance,
    }
    return Content({"problem_specific_attributes": stated}, "portfolio", fixed=True)


def _product(*factors: values.Number) -> values.Number:
    with localcontext() as context:
        context.prec = 200
        out = Decimal(1)
        for factor in factors:
            written = getattr(factor, "written", None)
            exact = Decimal(repr(factor)) if written is None else _decimal(written)
            out *= exact
        return read_decimal(format(out.normalize(), "f"))


def _decimal(fraction: Any) -> Decimal:
    return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def sniff_items(text: str) -> bool:
    """Whether as many lines of two numbers follow the first as it says; so do some edge lists."""
    lines = _words(text)
    return (
        len(lines) > 1
        and lines[0][0].isdigit()
        and int(lines[0][0]) == len(lines) - 1
        and all(len(line) == 2 for line in lines)
    )


def sniff_mknap(text: str) -> bool:
    """Whether this is one problem with the count of numbers that its sizes ask for."""
    lines = _words(text)
    words = [word for line in lines for word in line]
    if lines[:1] != [["1"]] or len(words) < 4 or not all(word.isdigit() for word in words[1:3]):
        return False
    n, m = int(words[1]), int(words[2])
    return min(n, m) > 0 and len(words) == 4 + n * (m + 1) + m


def read_knapsack(text: str) -> Content:
    """Items and capacity."""
    lines = _words(text)
    if lines and len(lines[0]) == 2 and all(len(line) == 2 for line in lines[1:]):
        n = integer_of(lines[0][0], "the number of items", MAX_NODES)
        if len(lines) != n + 1:
            raise ProblemError(f"the file announces {n} items and has {len(lines) - 1} lines.")
        capacity = number_of(lines[0][1], "the capacity")
        pairs = [[number_of(word, "value or weight") for word in line] for line in lines[1:]]
        return _knapsack([p[0] for p in pairs], [p[1] for p in pairs], capacity)
    numbers = [number_of(word, "an entry") for line in lines for word in line]
    if len(numbers) < 4:
        raise ProblemError(
            "the file must give 'items capacity', then 'value weight' for each item."
        )
    problems, n, m = (int(number) for number in numbers[:3])
    if problems != 1:
        raise ProblemError(
            f"the file holds {problems} problems: copy one, behind a line '1', into a file."
        )
    if m != 1:
        raise ProblemError(
            f"the knapsack has {m} capacities at once, and the type knapsack has one: keep one row "
            "of weights and its capacity, or state the problem as qubo."
        )
    if len(numbers) != 4 + 2 * n + 1:
        raise ProblemError(
            f"{n} items need {2 * n + 5} numbers in the file, but it has {len(numbers)}."
        )
    return _knapsack(numbers[4 : 4 + n], numbers[4 + n : 4 + 2 * n], numbers[-1])


def _knapsack(worth: list[Any], weights: list[Any], capacity: Any) -> Content:
    items = [
        {"name": i, "weight": weight, "value": value}
        for i, (value, weight) in enumerate(zip(worth, weights, strict=True), start=1)
    ]
    stated = {"items": items, "capacity": capacity}
    return Content({"problem_specific_attributes": stated}, "knapsack", fixed=True)
