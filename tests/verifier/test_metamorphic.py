"""Programs that mean the same are judged alike; `make fuzz` tries many more of them."""

from __future__ import annotations

from random import Random

import pytest

from fuzz_metamorphic import difference, moved, run, shrunk
from support.relations import FAULTS, HEAD, RELATIONS, Draft, draft
from support.shrink import smallest

CASES = 10


@pytest.mark.parametrize("name", RELATIONS)
def test_the_verdict_does_not_move(name: str) -> None:
    for number in range(CASES):
        assert difference(name, draft(Random(number)), number) == {}, number


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_stays_the_same_kind_of_fault(fault: str) -> None:
    start = Draft(2, ("h <0>;", "rx(0.5) <1>;"), fault)
    for number, name in enumerate(RELATIONS):
        if name != "measured otherwise":
            assert difference(name, start, number) == {}, name


@pytest.mark.slow
def test_the_verdict_does_not_move_at_length() -> None:
    told: list[str] = []
    _, wrong = run(3000, 1, told.append)
    assert wrong == 0, told


def test_a_verdict_that_moves_is_noticed() -> None:
    one = HEAD + "bit[2] c; qubit[2] q; h q[0]; x q[1]; c = measure q;"
    assert moved(one, one, 2) == {}
    assert "energy" in moved(one, one.replace("x q[1]", "x q[0]"), 2)
    assert "kind" in moved(one, one.replace("x q[1]", "x q[2]"), 2)
    assert set(moved(one, one.replace("x q[1]", "rx(3.14) q[1]"), 2)) >= {"ratio", "reward"}


def test_the_smallest_program_that_shows_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(start: Draft, rng: Random) -> tuple[str, str]:
        return start.text(), start.text().replace("sdg", "s")

    monkeypatch.setitem(RELATIONS, "wrong", wrong)
    body = ("x <1>;", "sx <0>;", "t <1>;", "sdg <0>;", "h <1>;", "h <0>;", "y <1>;")
    one, other = shrunk("wrong", Draft(2, body), 0)
    assert one == Draft(2, ("sx <0>;", "sdg <0>;", "h <0>;")).text()
    assert other == one.replace("sdg", "s")


def test_what_is_left_of_a_list_when_it_shrinks() -> None:
    assert smallest(range(50), lambda kept: {3, 44} <= set(kept)) == (3, 44)
    assert smallest([1, 2, 3], lambda kept: True) == ()
    assert smallest([1, 2, 0], lambda kept: 1 / sum(kept) > 0 and 2 in kept) == (2,)
