"""The packaged model's benchmark: intervals, baselines, the grid, tables, and going on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise, product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quasar.circuits.circuit import Circuit, Gate
from quasar.circuits.emit import emit
from quasar.circuits.qaoa import qaoa
from quasar.core.errors import InfrastructureError, InputError
from quasar.core.hamiltonian import IsingHamiltonian
from quasar.models.protocol import Completion, Sampling
from quasar.problems.base import EncodedProblem, encode
from quasar.problems.ising import Ising
from quasar.prompts.chat import Message, Request
from quasar.recipes.converged.qaoa_table import look_up
from quasar.simulate.energy import energy_of
from quasar.verifier.pipeline import Verifier
from support.cases import cases

ROOT = Path(__file__).resolve().parents[1]
MODULES = (
    *("angles", "asking", "bench", "best_known", "classical", "dense", "grid"),
    *("intervals", "judging", "kept", "large", "likeness", "sets", "solutions", "speed"),
)


@pytest.fixture(scope="module")
def nano() -> Iterator[SimpleNamespace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        parts = {name: import_module(f"benchmarks.nano_parts.{name}") for name in MODULES}
        yield SimpleNamespace(main=import_module("benchmarks.nano"), **parts)


def ising(terms: dict[tuple[int, ...], float], n: int | None = None) -> EncodedProblem:
    size = n or 1 + max(q for term in terms for q in term)
    return encode(Ising(IsingHamiltonian(size, terms)))


@st.composite
def hamiltonians(draw: st.DrawFn) -> IsingHamiltonian:
    n = draw(st.integers(2, 6))
    subsets = st.lists(st.integers(0, n - 1), min_size=1, max_size=3, unique=True)
    keys = draw(st.lists(subsets.map(sorted).map(tuple), min_size=1, max_size=12, unique=True))
    sizes = st.integers(-8, 8).filter(bool)
    return IsingHamiltonian(n, {key: draw(sizes) / 4 for key in keys})


class Recorder:
    """Answers every chat with the same text, and counts what it was asked."""

    name, prompt_style, max_qubits = "recorder", "compact", 16

    def __init__(self, text: str = "no program", fail_at: int | None = None) -> None:
        self.text, self.fail_at = text, fail_at
        self.calls: list[tuple[int, Sequence[int | None] | None]] = []

    def complete(
        self,
        chats: Sequence[Sequence[Message]],
        sampling: Sampling,
        *,
        qubits: Sequence[int | None] | None = None,
    ) -> list[list[Completion]]:
        if self.fail_at == len(self.calls):
            raise InfrastructureError("the power went")
        self.calls.append((len(chats), qubits))
        one = Completion(self.text, "stop", 10, 20)
        return [[one] * sampling.samples for _ in chats]


class TestIntervals:
    def test_of_a_coin(self, nano: SimpleNamespace) -> None:
        mean, low, high = nano.intervals.interval([0.0, 1.0] * 200)
        assert mean == 0.5
        # Normal approximation: 1.96 * 0.5 / sqrt(400).
        assert low == pytest.approx(0.451, abs=0.006)
        assert high == pytest.approx(0.549, abs=0.006)

    def test_of_equal_values(self, nano: SimpleNamespace) -> None:
        assert nano.intervals.interval([0.25] * 9) == (0.25, 0.25, 0.25)

    def test_of_nothing(self, nano: SimpleNamespace) -> None:
        assert all(map(math.isnan, nano.intervals.interval([])))
        row = nano.intervals.measured("x", [])
        assert row == {"x": None, "x_low": None, "x_high": None}
        assert nano.intervals.shown(row) == {"x": None}

    def test_infinite_shots_count_in_a_median(self, nano: SimpleNamespace) -> None:
        assert nano.intervals.median([1, 7, None]) == 7
        assert nano.intervals.median([1, None, None]) is None
        assert nano.intervals.median([]) is None

    def test_a_printed_row_has_one_cell_for_mean_and_interval(self, nano: SimpleNamespace) -> None:
        row = {"run": "x", "r": 0.5, "r_low": 0.4, "r_high": 0.6, "n": 3, "within_low": 1}
        assert nano.intervals.shown(row) == {
            "run": "x",
            "r": "0.500 [0.40, 0.60]",
            "n": 3,
            "within_low": 1,
        }


class TestClassical:
    @settings(max_examples=cases(60), deadline=None)
    @given(hamiltonians(), st.integers(0, 63))
    def test_changes_are_differences_of_energies(
        self, nano: SimpleNamespace, hamiltonian: IsingHamiltonian, start: int
    ) -> None:
        index = start % (1 << hamiltonian.n_qubits)
        expected = [
            hamiltonian.energy(index ^ (1 << q)) - hamiltonian.energy(index)
            for q in range(hamiltonian.n_qubits)
        ]
        found = nano.classical.Flips(hamiltonian).changes(index)
        assert found == pytest.approx(expected, abs=1e-9)

    @settings(max_examples=cases(60), deadline=None)
    @given(hamiltonians(), st.integers(0, 63))
    def test_a_descent_ends_in_a_local_minimum_that_is_not_worse(
        self, nano: SimpleNamespace, hamiltonian: IsingHamiltonian, start: int
    ) -> None:
        index = start % (1 << hamiltonian.n_qubits)
        end = nano.classical.Flips(hamiltonian).descend(index)
        around = [hamiltonian.energy(end ^ (1 << q)) for q in range(hamiltonian.n_qubits)]
        assert hamiltonian.energy(end) <= hamiltonian.energy(index) + 1e-9
        assert min(around) >= hamiltonian.energy(end) - 1e-9

    def test_fields_alone_solve_what_has_no_couplings(self, nano: SimpleNamespace) -> None:
        hamiltonian = IsingHamiltonian(4, {(0,): 0.5, (1,): -1.0, (3,): 2.0})
        index = nano.classical.by_fields(hamiltonian)
        assert index == 0b1001
        assert hamiltonian.energy(index) == hamiltonian.spectrum.e_min

    def test_all_starts_find_the_ground_state_of_a_small_problem(
        self, nano: SimpleNamespace
    ) -> None:
        problem = nano.dense.instance(5, 3)
        energies = [problem.hamiltonian.energy(k) for k in range(32)]
        found = nano.classical.best_of_descents(
            problem.hamiltonian, np.random.default_rng(0), starts=200
        )
        assert found == int(np.argmin(energies))


class TestJudging:
    @settings(max_examples=30, deadline=None)
    @given(hamiltonians(), st.integers(0, 63))
    def test_a_state_is_judged_as_the_circuit_that_writes_it(
        self, nano: SimpleNamespace, hamiltonian: IsingHamiltonian, start: int
    ) -> None:
        problem = encode(Ising(hamiltonian))
        n = problem.n_qubits
        index = start % (1 << n)
        gates = tuple(Gate("x", (q,)) for q in range(n) if index >> q & 1)
        report = Verifier(problem, None).verify(emit(Circuit(n, gates, n)))
        expected = nano.judging.of_report(report)
        found = nano.judging.of_state(problem, index)
        assert found.ratio == pytest.approx(expected.ratio, abs=1e-9)
        assert found._replace(ratio=0.0) == expected._replace(ratio=0.0)

    @settings(max_examples=30, deadline=None)
    @given(hamiltonians())
    def test_guessing_is_judged_as_hadamards(
        self, nano: SimpleNamespace, hamiltonian: IsingHamiltonian
    ) -> None:
        problem = encode(Ising(hamiltonian))
        n = problem.n_qubits
        text = emit(Circuit(n, tuple(Gate("h", (q,)) for q in range(n)), n))
        expected = nano.judging.of_report(Verifier(problem, None).verify(text))
        found = nano.judging.of_guessing(problem)
        assert found.ratio == pytest.approx(expected.ratio, abs=1e-9)
        assert found.p_optimal == pytest.approx(expected.p_optimal, abs=1e-9)
        assert (found.product, found.gates) == (expected.product, expected.gates)
        assert abs((found.shots or 0) - (expected.shots or 0)) <= 1

    def test_what_is_no_program_counts_as_zero(self, nano: SimpleNamespace) -> None:
        problem = ising({(0, 1): 1.0})
        bell = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'
        work = nano.judging.Work("7", problem, {"none": "I do not know.", "bell": bell})
        found = nano.judging.judge_all([work], "a test", jobs=1)["7"]
        assert (found["none"].parses, found["none"].product) == (False, None)
        assert (found["bell"].usable, found["bell"].product) == (True, False)
        row = nano.judging.summary(found.values())
        assert (row["answers"], row["SCR"], row["product_state"]) == (2, 0.5, 0.0)


class TestSets:
    def test_large_problems_come_out_as_they_were_written(self, nano: SimpleNamespace) -> None:
        items = nano.large.large()
        rows = json.loads(nano.large.FILE.read_text())["problems"]
        assert len(items) == 60
        assert [item.problem.n_qubits for item in items] == [row["n"] for row in rows]
        assert {row["n"] for row in rows} == set(range(17, 25))
        assert len({row["instance_id"] for row in rows}) == 60

    def test_another_instance_than_the_written_one_is_refused(
        self, nano: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = {"kind": "maxcut", "n": 17, "seed": 0, "instance_id": "0" * 32}
        file = tmp_path / "large.json"
        file.write_text(json.dumps({"problems": [row]}))
        monkeypatch.setattr(nano.large, "FILE", file)
        with pytest.raises(InfrastructureError, match="comes out otherwise"):
            nano.large.large()

    def test_some_are_the_same_every_time(self, nano: SimpleNamespace) -> None:
        everything = list(range(50))
        few = nano.sets.some(everything, 5)
        assert few == nano.sets.some(everything, 5) == sorted(few)
        assert set(few) <= set(nano.sets.some(everything, 20))
        assert nano.sets.some(everything, None) == everything

    @pytest.mark.parametrize("law", ["uniform", "gaussian", "signs", "integers", "scale-free"])
    def test_dense_instances_follow_their_law(self, nano: SimpleNamespace, law: str) -> None:
        own = [nano.dense.instance(8, k, law).hamiltonian for k in range(40)]
        again = nano.dense.instance(8, 3, law).hamiltonian
        assert again == own[3] != own[4]
        values = np.array([c for h in own for c in h.terms.values()])
        assert values.min() < 0.0 < values.max()
        fewest, most = min(len(h.terms) for h in own), max(len(h.terms) for h in own)
        if law == "scale-free":
            assert fewest == most == 8 + 2 * (8 - 2)
        elif law != "integers":
            assert fewest == most == 36
        if law == "uniform":
            assert np.abs(values).max() <= 1.0
            assert np.abs(values.mean()) < 0.06
        if law == "signs":
            assert set(np.abs(values)) == {1.0}
        if law == "integers":
            assert (values == values.round()).all()
            assert np.abs(values).max() == 10.0


class TestGrid:
    def test_every_combination_is_asked_once(self, nano: SimpleNamespace) -> None:
        found = nano.grid.combinations()
        assert len(found) == len(set(found)) == 4 * 9 * 2
        algorithms = (None, "qaoa", "vqe", "adaptive_vqe")
        layers = (None, *range(1, 9))
        expected = set(product(algorithms, layers, ("converged", "agent-q")))
        assert {tuple(request) for request in found} == expected
        assert all(request.checked() for request in found)

    def test_tables_sum_up_over_layers(self, nano: SimpleNamespace) -> None:
        rows = [
            {"style": "converged", "algorithm": None, "layers": layers, "run": "nano", "n": 4,
             "way": way, "SCR": True, "usable": layers == 1}
            for layers in (1, 2)
            for way in ("greedy", "drawn")
        ]  # fmt: skip
        tables = nano.grid.tables({"a": rows[::2], "b": rows[1::2]})
        assert [row["usable, greedy"] for row in tables["grid"]] == [1.0, 0.0]
        assert [row["usable, drawn"] for row in tables["grid, summed up"]] == [0.5, 0.5]
        assert tables["grid"][0]["algorithm"] == "none"


class TestAngles:
    def test_every_baseline_has_angles_of_the_depth(self, nano: SimpleNamespace) -> None:
        hamiltonian = nano.dense.instance(5, 0).hamiltonian
        for p in range(1, 9):
            found = nano.angles.angle_choices(hamiltonian, p)
            assert all(theta.shape == (2 * p,) for theta in found.values())
            expected = {"linear ramp"} | ({"transfer"} if p > 1 else set())
            if p <= 4:
                expected |= {"fixed angles", "table, first", "table, best"}
            assert set(found) == expected
        best = nano.angles.angle_choices(hamiltonian, 3)["table, best"]
        assert best == pytest.approx(look_up(hamiltonian, 3)[0].theta)

    def test_energies_are_those_of_the_circuits(self, nano: SimpleNamespace) -> None:
        problem = nano.dense.instance(5, 1)
        theta = np.array([0.4, -0.3])
        known = {1: nano.best_known.Known(-1.0, "wide search", theta)}
        number, rows = nano.angles.without_model(nano.angles.Question(4, problem, (1,), known))
        assert number == 4
        row = next(row for row in rows if row["run"] == "best known: wide search")
        text = emit(qaoa(problem.hamiltonian, 1).bind(theta))
        report = Verifier(problem, None).verify(text)
        assert row["ratio"] == pytest.approx(report.approximation_ratio, abs=1e-9)
        assert row["p_optimal"] == pytest.approx(report.p_optimal, abs=1e-9)
        assert nano.angles.layers(text) is None  # mixers written as h, rz, h

    def test_the_lowest_counts_as_known_whoever_found_it(self, nano: SimpleNamespace) -> None:
        def row(run: str, ratio: float, layers: int | None = None, problem: int = 0) -> Any:
            return {"set": "s", "problem": problem, "p": 1, "run": run, "usable": True,
                    "ratio": ratio, "p_optimal": 0.1, "layers": layers}  # fmt: skip

        content = {
            "nano": [row("nano", 0.9, 1), row("nano", 0.99, 2, 1)],
            "baselines": [
                row("linear ramp", 0.89),
                row("best known: wide search", 0.88),
                row("linear ramp", 0.5, None, 1),
                row("best known: wide search", 0.7, None, 1),
            ],
        }
        rows = {r["run"]: r for r in nano.angles.tables(content)["qaoa"]}
        assert rows["nano"]["best known by"] == "nano 1, wide search 1"
        assert rows["nano"]["within 1%"] == 0.5  # the second has more layers than asked for
        assert rows["nano"]["p as asked"] == 0.5
        assert rows["linear ramp"]["within 5%"] == 0.5
        assert rows["linear ramp"]["best known ratio"] == pytest.approx(0.8)

    def test_mixers_are_counted(self, nano: SimpleNamespace) -> None:
        text = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q;\nrx(0.1) q;\nrx(0.2) q;\n'
        assert nano.angles.layers(text) == 2
        assert nano.angles.layers("nothing") is None


class TestBestKnown:
    def test_entries_survive_being_written(
        self, nano: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nano.best_known, "FILE", tmp_path / "best.json")
        assert nano.best_known.load() == {}
        theta = np.array([0.25, -0.5])
        known = {
            ("held-out", "10", 1): nano.best_known.Known(-1.5, "wide search", theta),
            ("held-out", "9", 2): nano.best_known.Known(-2.5, "wide search"),
        }
        nano.best_known.save(known)
        found = nano.best_known.load()
        assert found.keys() == known.keys()
        assert found["held-out", "9", 2] == known["held-out", "9", 2]
        assert found["held-out", "10", 1].theta == pytest.approx(theta)

    def test_energies_are_those_of_the_angles_kept_beside_them(self, nano: SimpleNamespace) -> None:
        known = nano.best_known.load()
        records = nano.sets.held_out()
        with_angles = [k for k, own in known.items() if k[0] == "held-out" and k[2] == 8]
        for name, number, _ in with_angles[::5]:
            hamiltonian = nano.sets.items([records[int(number)]])[0].problem.hamiltonian
            width = hamiltonian.spectrum.width
            for p in (1, 4, 8):
                own = known[name, number, p]
                energy = energy_of(qaoa(hamiltonian, p), hamiltonian)
                assert energy.value(own.theta) == pytest.approx(own.energy, abs=1e-6 * width)
        assert len(with_angles) > 40

    def test_every_held_out_problem_has_an_energy(self, nano: SimpleNamespace) -> None:
        known = nano.best_known.load()
        for record in nano.sets.held_out():
            if int(record["number_of_qubits"]) <= 12:
                key = ("held-out", record["sample_index"])
                energies = [known[(*key, p)].energy for p in (1, 2, 3, 4)]
                slack = 1e-6 * max(map(abs, energies))
                assert all(b <= a + slack for a, b in pairwise(energies))

    def test_more_layers_are_not_worse(self, nano: SimpleNamespace) -> None:
        hamiltonian = nano.dense.instance(5, 2).hamiltonian
        found = nano.best_known.deep(hamiltonian, {}, 3)
        energies = [known.energy for known in found]
        width = hamiltonian.spectrum.width
        assert all(b <= a + 1e-6 * width for a, b in pairwise(energies))
        better = nano.best_known.Known(hamiltonian.spectrum.e_min, "elsewhere")
        assert nano.best_known.deep(hamiltonian, {2: better}, 2)[1] == better


class TestAsking:
    def asked(self, nano: SimpleNamespace, count: int) -> list[Any]:
        return [nano.asking.Asked(nano.dense.instance(5, k)) for k in range(count)]

    def test_the_way_of_decoding_reaches_the_model(self, nano: SimpleNamespace) -> None:
        model = Recorder()
        asked = self.asked(nano, 2)
        nano.asking.answer(model, asked, Sampling(), "free-running")
        nano.asking.answer(model, asked, Sampling(), "grammar")
        assert model.calls == [(2, None), (2, [5, 5])]
        with pytest.raises(InputError, match="no way 'backwards'"):
            nano.asking.answer(model, asked, Sampling(), "backwards")

    def test_what_the_style_cannot_state_is_an_answer_without_a_program(
        self, nano: SimpleNamespace
    ) -> None:
        model = Recorder()
        asked = self.asked(nano, 2)
        asked.insert(1, nano.asking.Asked(ising({(0, 29): 1.0}), Request()))
        found = nano.asking.answer(model, asked, Sampling(samples=2))
        assert [len(own) for own in found] == [2, 2, 2]
        assert [own[0].finish_reason for own in found] == ["stop", "error", "stop"]
        assert model.calls == [(2, None)]

    def test_an_interrupted_run_goes_on(
        self, nano: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(nano.asking, "CHUNK", 2)
        asked = self.asked(nano, 5)

        def run(model: Recorder, basis: str = "a", *, fresh: bool = False) -> int:
            kept = nano.kept.Kept(tmp_path / "kept", basis, fresh=fresh)
            asker = nano.asking.Asker(lambda: model, kept)
            found = asker.answers("x", asked, Sampling(), "free-running")
            assert [own[0].text for own in found] == ["no program"] * 5
            return len(model.calls)

        broken = Recorder(fail_at=2)
        with pytest.raises(InfrastructureError, match="power"):
            run(broken)
        assert run(Recorder()) == 1  # the third chunk alone
        assert run(Recorder()) == 0
        assert run(Recorder(), "other weights") == 3
        assert run(Recorder(), fresh=True) == 3


class TestMain:
    @pytest.fixture
    def measure(
        self, nano: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Callable[..., tuple[dict[str, Any], Any]]:
        """Runs parts made up here; gives what was found and what is kept."""
        monkeypatch.setattr(
            nano.main,
            "write_result",
            lambda name, rows, extra: (tmp_path / "out.json").write_text(json.dumps(extra)),
        )

        def run(parts: dict[str, Any]) -> tuple[dict[str, Any], Any]:
            monkeypatch.setattr(nano.main, "PARTS", parts)
            kept = nano.kept.Kept(tmp_path / "kept", "basis")
            own = nano.bench.Bench(nano.asking.Asker(Recorder, kept), nano.bench.Options())
            return nano.main.measure(own, kept, list(parts), "x", {}), kept

        return run

    def test_sections_are_written_as_they_are_done_and_not_made_again(
        self,
        nano: SimpleNamespace,
        tmp_path: Path,
        measure: Callable[..., tuple[dict[str, Any], Any]],
    ) -> None:
        made: list[str] = []
        broken = True

        def section(name: str) -> list[dict[str, Any]]:
            if name == "second" and broken:
                raise InfrastructureError("interrupted")
            made.append(name)
            return [{"run": name, "answers": 1}]

        part = nano.bench.Part(
            lambda _: {name: lambda name=name: section(name) for name in ("first", "second")},
            lambda content: {"table": [row for own in content.values() for row in own]},
        )
        with pytest.raises(InfrastructureError, match="interrupted"):
            measure({"p": part})
        written = json.loads((tmp_path / "out.json").read_text())
        assert written["table"] == [{"run": "first", "answers": 1}]
        broken = False
        found, kept = measure({"p": part})
        assert made == ["first", "second"]
        assert [row["run"] for row in found["table"]] == ["first", "second"]
        assert (kept.found, kept.made) == (1, 1)

    def test_unknown_parts_and_ways_are_refused(
        self, nano: SimpleNamespace, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments in (["--parts", "solutions,typo"], ["--ways", "typo"]):
            with pytest.raises(SystemExit):
                nano.main.main(arguments)
            assert "there is no 'typo'" in capsys.readouterr().err

    def test_every_part_is_offered(self, nano: SimpleNamespace) -> None:
        parts = nano.main.parser().parse_args([]).parts.split(",")
        assert parts == list(nano.main.PARTS)


class TestSpeed:
    def test_rates_do_not_hang_on_the_longest_answer(self, nano: SimpleNamespace) -> None:
        class Model(Recorder):
            def complete(
                self,
                chats: Sequence[Sequence[Message]],
                sampling: Sampling,
                *,
                qubits: Sequence[int | None] | None = None,
            ) -> list[list[Completion]]:
                lengths = [40 if i else 400 for i in range(len(chats))]
                limit = sampling.max_tokens or 0
                return [[Completion("", "stop", 1, min(n, limit))] for n in lengths]

        records = [r for r in nano.sets.held_out() if int(r["number_of_qubits"]) == 10]
        own = SimpleNamespace(asker=SimpleNamespace(model=Model()), records={"held-out": records})
        rows = nano.speed._section(own, "free", "free-running")
        assert [row["batch"] for row in rows] == [1, 8, 16]
        assert {row["tokens each"] for row in rows} == {40}
        assert rows[0]["whole answer"] == pytest.approx((400 + 15 * 40) / 16)


class TestSolutions:
    @pytest.mark.parametrize(
        ("n", "expected"), [(2, "2-5"), (12, "12-14"), (16, "15-16"), (17, "17-20"), (24, "21-24")]
    )
    def test_sizes(self, nano: SimpleNamespace, n: int, expected: str) -> None:
        assert nano.solutions.size_of(n) == expected

    def test_tables_pool_sets_by_size(self, nano: SimpleNamespace) -> None:
        verdict = nano.judging.Verdict(True, True, 0.9, 1.0, True, True, 1, 3)
        rows = [
            {"set": name, "n": n, "run": "nano", **verdict._asdict()}
            for name, n in (("a", 4), ("a", 9), ("b", 5))
        ]
        tables = nano.solutions.tables({"a": rows[:2], "b": rows[2:]})
        assert [(r["set"], r["answers"]) for r in tables["solutions"]] == [("a", 2), ("b", 1)]
        sized = [(r["n"], r["answers"]) for r in tables["solutions by size"]]
        assert sized == [("2-5", 2), ("9-11", 1)]
        assert tables["solutions"][0]["product_state"] == 1.0


def test_likeness_stands_beside_the_paper(nano: SimpleNamespace) -> None:
    row = {"run": "nano, greedy@1", "SREV_physical": 0.1, "intervals": {"SCR": [0.9, 1.0]},
           **dict.fromkeys(nano.likeness.METRICS, 0.5)}  # fmt: skip
    table = nano.likeness.tables({"free-running": [row]})["likeness"]
    assert [own["run"] for own in table] == [
        "nano, greedy@1", "QUASAR-4B@1 (paper)", "QUASAR-4B@10 (paper)"
    ]  # fmt: skip
    assert (table[0]["SCR_low"], table[0]["SCR_high"]) == (0.9, 1.0)
    assert nano.likeness.tables({}) == {}
