"""LP and MPS files, written and read back, and against models that HiGHS writes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from problems.test_integer_program import every_point
from quasar.core.errors import ProblemError
from quasar.core.seeds import generator
from quasar.problems.formats.convert import convert
from quasar.problems.formats.highs import quiet_solver
from quasar.problems.integer_program import IntegerProgram
from quasar.problems.load import build_problem, load_problem

NUMBERS = st.one_of(st.integers(-99, 99), st.decimals(-9, 9, places=3).map(float)).filter(bool)


@st.composite
def programs(draw: Any) -> IntegerProgram:
    n = draw(st.integers(1, 4))
    names = ["x", "y[1,2]", "e_3", "größe"][:n]
    pairs = [[u, v] for i, u in enumerate(names) for v in names[: i + 1]]
    linear = [[[v], draw(NUMBERS)] for v in names]
    square = [[pair, draw(NUMBERS)] for pair in draw(st.lists(st.sampled_from(pairs), max_size=2))]
    constant = [[[], draw(NUMBERS)]] if draw(st.booleans()) else []
    rows = []
    for i in range(draw(st.integers(0, 3))):
        low = draw(NUMBERS)
        sides = [{"at_most": low}, {"at_least": low}, {"equal": low}]
        sides.append({"at_least": low, "at_most": round(low + 3, 3)})
        name = {"name": f"c{i}"} if draw(st.booleans()) else {}
        terms = [[[v], draw(NUMBERS)] for v in names]
        rows.append({**name, "terms": terms, **draw(st.sampled_from(sides))})
    ends = st.tuples(st.integers(-5, 0), st.integers(1, 9)) | st.just((None, None))
    variables = [[v, *draw(ends)] for v in names if draw(st.booleans())]
    attributes = {
        "objective": [*linear, *square, *constant],
        "constraints": rows,
        "variables": variables,
        "sense": draw(st.sampled_from(["min", "max"])),
    }
    problem = build_problem(
        {"problem_type": "integer_program", "problem_specific_attributes": attributes}
    )
    assert isinstance(problem, IntegerProgram)
    return problem


def is_qubo(problem: IntegerProgram) -> bool:
    return not problem.rows and set(problem.bounds.values()) == {(0, 1)}


@settings(deadline=None, max_examples=30)
@given(programs(), st.sampled_from([".lp", ".mps"]))
def test_what_is_written_is_read_back(problem: IntegerProgram, suffix: str) -> None:
    two_sided = any(None not in r.interval and len(set(r.interval)) > 1 for r in problem.rows)
    if is_qubo(problem):
        with pytest.raises(ProblemError, match="states a qubo"):
            convert(problem, suffix)
    elif suffix == ".lp" and two_sided:
        with pytest.raises(ProblemError, match="one bound for a constraint"):
            convert(problem, suffix)
    else:
        again = convert(convert(problem, suffix).text, ".json").text
        assert again == convert(problem, ".json").text


def test_a_range_of_17_digits_is_refused_by_name() -> None:
    """MPS states one bound of two as a distance, whose sum with the other is rounded."""
    rows = [{"terms": [[["x"], 1]], "at_least": 1.999, "at_most": 4.9990000000000006}]
    attributes = {"objective": [[["x"], 1]], "constraints": rows, "variables": [["x", 0, 9]]}
    problem = {"problem_type": "integer_program", "problem_specific_attributes": attributes}
    with pytest.raises(ProblemError, match="MPS would lose part of 'constraints': write JSON"):
        convert(build_problem(problem), ".mps")


@pytest.mark.parametrize("suffix", [".lp", ".mps"])
def test_40_models_that_highs_writes(suffix: str, tmp_path: Path) -> None:
    highspy = pytest.importorskip("highspy")
    for seed in range(40):
        rng = generator(seed, "models of HiGHS")
        n, m = int(rng.integers(2, 5)), int(rng.integers(1, 4))
        solver = quiet_solver(highspy)
        for _ in range(n):
            solver.addVar(0, int(rng.integers(1, 4)))
        for i in range(n):
            solver.changeColCost(i, int(rng.integers(-9, 10)))
            solver.changeColIntegrality(i, highspy.HighsVarType.kInteger)
            solver.passColName(i, f"v{i}")
        rows = []
        for i in range(m):
            coefficients = [int(c) for c in rng.integers(1, 6, n)]
            bound = int(rng.integers(2, 12))
            solver.addRow(-highspy.kHighsInf, bound, n, list(range(n)), coefficients)
            solver.passRowName(i, f"r{i}")
            terms = {f"v{i}": c for i, c in enumerate(coefficients)}
            rows.append({"name": f"r{i}", "terms": terms, "at_most": bound})
        if seed % 2:
            solver.changeObjectiveSense(highspy.ObjSense.kMaximize)
        path = tmp_path / f"{seed}{suffix}"
        solver.writeModel(str(path))
        lp = solver.getLp()
        expected = build_problem(
            {
                "problem_type": "integer_program",
                "problem_specific_attributes": {
                    "objective": {f"v{i}": float(c) for i, c in enumerate(lp.col_cost_)},
                    "sense": "max" if seed % 2 else "min",
                    "constraints": rows,
                    "variables": {f"v{i}": [0, float(u)] for i, u in enumerate(lp.col_upper_)},
                },
            }
        )
        assert load_problem(path).problem == expected


def test_the_answer_is_that_of_the_file() -> None:
    text = (
        "\\ a bag\nmaximise\n value: 10 map + 7 tin + 4 [0]rope\nst\n w: 3 map + 2 tin <= 4\n"
        "bin\n map tin\nend\n"
    ).replace(" + 4 [0]rope", "")
    encoded = load_problem(text.replace("\n", "\r\n"))
    assert encoded.problem is not None
    states = encoded.hamiltonian.spectrum.ground_states
    answers = [encoded.decode(int(index)) for index in states]
    assert {str(a.solution) for a in answers if a} == {"{'map': 1, 'tin': 0}"}
    assert every_point(encoded.problem) == {(("map", 1), ("tin", 0))}


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    load_problem("Minimize\n obj: x\nBinary\n x\nEnd\n")
    with pytest.raises(ProblemError):
        load_problem("Minimize\n obj: x x\nBinary\n x\nEnd\n")
    assert capfd.readouterr() == ("", "")
