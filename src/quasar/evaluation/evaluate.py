"""`quasar.evaluate`: generations to a table, with everything measured kept in a folder.

Each distinct text is judged once for its record, however many runs and candidates share it. Work
is done in any order; results are in the order of runs, records and candidates, so two evaluations
of the same input write the same bytes.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quasar.core.cluster import Cluster
from quasar.core.errors import InputError
from quasar.core.hamiltonian import MAX_EXACT_QUBITS
from quasar.core.manifest import manifest
from quasar.core.parallel import map_unordered
from quasar.core.processes import cores
from quasar.core.progress import Progress
from quasar.core.settings import need_flags, wrong
from quasar.evaluation import expensive
from quasar.evaluation.baselines import BASELINES
from quasar.evaluation.inputs import (
    REFERENCE_RUN,
    EvaluationRecord,
    Generations,
    Lines,
    Records,
    read_generations,
    read_records,
    text_digest,
)
from quasar.evaluation.paired import need_run
from quasar.evaluation.references import ReferenceSearch
from quasar.evaluation.report import write_report
from quasar.evaluation.result import Evaluation, EvaluationSettings, EvaluationTable
from quasar.evaluation.rows import Key, Row, candidate_row
from quasar.evaluation.store import Store, Stored, data_files
from quasar.evaluation.table import Measured, build_table
from quasar.verifier.energy_range import EnergyRange
from quasar.verifier.measurement import Measurement, Reference
from quasar.verifier.pool import VerifierPool
from quasar.verifier.sandbox import Job, SandboxLimits, start_early
from quasar.verifier.settings import (
    DeviceSettings,
    EnergyConvention,
    LargeSettings,
    VerifierSettings,
)

VERIFIER = VerifierSettings(
    max_stage=3, decode_top_states=False, effective=True, measurement="all-qubits"
)
"""How candidates are judged: by the published rule on measurements, what the metrics need, and
nothing for people."""


def evaluate(
    records: Lines,
    generations: Lines | Sequence[Lines],
    out: str | Path | None = None,
    *,
    energy_convention: EnergyConvention = "physical",
    baselines: bool = False,
    against: str | None = None,
    against_paper: bool = False,
    jobs: int | None = None,
    sandbox: SandboxLimits | Mapping[str, Any] | bool = True,
    large: LargeSettings | Mapping[str, Any] | None = None,
    device: DeviceSettings | Mapping[str, Any] | str | None = None,
    seed: int = 0,
    force: bool = False,
) -> EvaluationTable:
    """Judge generations and return the table: metrics by run.

    Work is spread over processes: in a script, call this under `if __name__ == "__main__":`.

    Args:
        records: file of records (.jsonl or .jsonl.gz), or the records.
        generations: file of generations, or several, or the generations themselves: objects with
            `run`, `sample_index`, `candidate`, `qasm`.
        out: folder for table, candidates, report and plots; an earlier evaluation of the same
            records is continued. None: nothing is kept.
        energy_convention: which of the two energies SREV compares; see `EvaluationSettings`.
        baselines: add the trivial baselines and the reference circuits.
        against: a run whose difference to every other is added, record by record.
        against_paper: add the published figures to the report.
        jobs: worker processes; default: one a core.
        sandbox: limits on time and memory for each candidate (`SandboxLimits`, or a dict of its
            fields); False for text one trusts.
        large: how hard to look at circuits beyond 24 qubits.
        device: also judge each record's best candidate under noise: a device's name, or settings
            (`DeviceSettings`, or a dict of its fields).
        seed: root of all randomness.
        force: start again in a folder that holds another evaluation.

    Returns:
        For each run its metrics by name, as `table.json` has them; fractions are in [0, 1].
        `print` shows the summary, `.save(folder)` writes what `out` would have.

    Raises:
        InputError: something is wrong with a file or the folder; the message says what to do.
        InfrastructureError: workers died or the disk is full; what was measured is kept in `out`.
    """
    need_flags(baselines=baselines, against_paper=against_paper, force=force)
    if sandbox is None:
        raise wrong("sandbox", "True, False, a SandboxLimits or a dict of its fields", sandbox)
    settings = EvaluationSettings.parse(
        {
            "energy_convention": energy_convention,
            "baselines": baselines,
            "jobs": jobs,
            "sandbox": SandboxLimits.given(sandbox, "sandbox", switch=True),
            "large": LargeSettings.given(large, "large") or LargeSettings(),
            "device": {"device": device} if isinstance(device, str) else device,
            "seed": seed,
            "against": against,
        }
    )
    if out is not None and not isinstance(out, str | os.PathLike):
        raise wrong("out", "the name of a folder", out)
    sources = _sources(generations)
    if out is None:
        with tempfile.TemporaryDirectory(prefix="quasar-evaluate-") as folder:
            done = run(records, sources, Path(folder), settings)
            files = data_files(Path(folder))
    else:
        done = run(records, sources, Path(out), settings, force=force)
        write_report(done, Path(out), against_paper=against_paper)
        files = data_files(Path(out))
    return EvaluationTable(done.table, done, files, against_paper=against_paper)


def _sources(generations: Lines | Sequence[Lines]) -> list[Lines]:
    """One source or several; a list of objects is one."""
    if isinstance(generations, list | tuple) and any(
        isinstance(item, str | Path) for item in generations
    ):
        return list(generations)
    return [generations]  # type: ignore[list-item]


def run(
    records: Lines,
    generations: Sequence[Lines],
    folder: Path,
    settings: EvaluationSettings,
    *,
    force: bool = False,
    cluster: Cluster | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure what `folder` does not hold yet, and write its table, without report and plots.

    Args:
        cluster: judge circuits on this Ray cluster; the same results.

    Raises:
        InputError: see `evaluate`.
        InfrastructureError: see `evaluate`.
    """
    if settings.sandbox is not None and cluster is None:
        start_early()
    known_records = read_records(records)
    texts = read_generations(generations, known_records)
    workers = settings.jobs or cores()
    judging = VERIFIER.model_copy(update={"large": settings.large})
    content = manifest(settings.model_dump(mode="json"), settings.seed)
    identity = {
        "records": known_records.digest,
        "settings": {
            "verifier": judging.model_dump(mode="json"),
            "sandbox": None if settings.sandbox is None else settings.sandbox.model_dump(),
        },
        "versions": {"quasar": content["quasar"], **content["versions"]},
    }
    problems = [record.problem for record in known_records.items]
    pool = VerifierPool(
        problems, judging, limits=settings.sandbox, workers=workers, cluster=cluster
    )
    search = ReferenceSearch(known_records.items, pool)
    with Store(folder, identity, force=force) as store, pool, search:
        runs = list(dict.fromkeys([*store.manifest.get("runs", []), *texts.runs]))
        _comparable(settings, runs)
        inputs = {"records": known_records.source, "generations": texts.sources}
        earlier = [known for known in store.manifest.get("inputs", []) if known != inputs]
        store.write_manifest({**content, "runs": runs, "inputs": [*earlier, inputs]})
        session = _Session(
            store, known_records, texts, settings, pool, search, progress or Progress()
        )
        session.measure_circuits()
        if settings.baselines:
            session.add_baselines()
        distinct = session.judge_candidates()
        candidates = session.sorted_candidates(runs)
        store.replace_candidates(
            stored.line
            or candidate_row(key, stored.digest, stored.measured, session.circuits[key[1]])
            for key, stored in candidates.items()
        )
        columns = session.extras(candidates)
        measured = Measured(tuple(session.references()), _by_run(candidates), columns)
        if any(name in measured.runs for name in BASELINES):
            measured = measured.with_reference_run()
        table = build_table(
            measured,
            energy_convention=settings.energy_convention,
            seed=settings.seed,
            resamples=settings.resamples,
            against=settings.against,
        )
        store.write_table(table)
    return Evaluation(table, measured, settings, distinct)


def _comparable(settings: EvaluationSettings, runs: Sequence[str]) -> None:
    """Make sure that there is a run to compare with and one to compare, before all the work.

    Raises:
        InputError: not so.
    """
    against, trivial = settings.against, (*BASELINES, REFERENCE_RUN)
    if against is None:
        return
    if against in trivial and not settings.baselines:
        raise InputError(f"to compare with {against!r}, add --baselines.")
    known = [*runs, *(trivial if settings.baselines else ())]
    need_run(against, known)
    if len(known) == 1:
        raise InputError(f"{against!r} is the only run: there is none to compare with it.")


Candidates = dict[Key, Stored]


@dataclass
class _Session:
    """One call's work on one folder.

    Attributes:
        circuits: measurements of the reference circuits by `sample_index`; None for none.
        stored: measurements of the records, once they are in the folder.
        known: those of candidates, likewise.
    """

    store: Store
    records: Records
    texts: Generations
    settings: EvaluationSettings
    pool: VerifierPool
    search: ReferenceSearch
    progress: Progress
    circuits: dict[int, Measurement | None] = field(init=False)
    stored: list[Reference] | None = field(init=False)
    known: Candidates = field(init=False)

    def record(self, sample_index: int) -> EvaluationRecord:
        return self.records.items[self.records.position[sample_index]]

    def measure_circuits(self) -> None:
        """Measurements of the reference circuits, from the folder or made now."""
        self.stored = self.store.references()
        if self.stored is not None:
            known = (reference.known for reference in self.stored)
            self.pool.know(
                {i: EnergyRange.from_json(k) for i, k in enumerate(known) if k is not None}
            )
            self.circuits = {found.sample_index: found.circuit for found in self.stored}
            return
        self.search.start(self.progress)
        self.circuits = {
            record.sample_index: self.search.circuits.get(position)
            for position, record in enumerate(self.records.items)
        }
        if self.search.large:  # another search would find other bounds: keep these
            self.references()

    def references(self) -> list[Reference]:
        """What was measured of the records; waits until everything is, and keeps it."""
        if self.stored is None:
            self.stored = self.search.found()
            self.store.write_references(self.stored)
        return self.stored

    def add_baselines(self) -> None:
        """Put the trivial circuits beside the generations."""
        self.progress.start("making the baselines", len(self.records.items))
        for record in self.records.items:
            for name, make in BASELINES.items():
                text = make(record, self.settings.seed)
                if text is not None:
                    self.texts.add((name, record.sample_index, 1), text)
            self.progress.advance()

    def judge_candidates(self) -> int:
        """Measure what the folder lacks and add it there; returns the number of texts judged."""
        keys: dict[tuple[int, str], list[Key]] = {}
        judged: dict[tuple[int, str], Measurement] = {}
        self.known = self.store.candidates()
        for (_, sample_index, _), stored in self.known.items():
            judged[sample_index, stored.digest] = stored.measured
        for key, digest in self.texts.digests.items():
            present = self.known.get(key)
            if present is not None and present.digest == digest:
                continue
            if present is not None and key[0] not in BASELINES:
                raise InputError(
                    f"{self.store.folder} holds another text for run {key[0]!r}, sample_index "
                    f"{key[1]}, candidate {key[2]}: give the run another name, choose another "
                    "--out, or --force to start again."
                )
            keys.setdefault((key[1], digest), []).append(key)
        for work in [work for work in keys if work in judged]:
            self._keep(keys.pop(work), work[1], judged[work])
        # Large problems first, so that no worker is left with one at the end.
        todo = sorted(keys, key=lambda work: (-self.record(work[0]).problem.n_qubits, work))
        jobs = (
            Job(work, self.records.position[work[0]], self.texts.text(work[1])) for work in todo
        )
        self.progress.start("judging the candidates", len(todo))
        for work, report in self.pool.run(jobs):
            measured = Measurement.from_report(report)
            self._keep(keys[work], work[1], measured)
            self.progress.advance()
            if self.stored is None and self.search.is_done:
                self.references()
        return len(todo)

    def _keep(self, keys: Sequence[Key], digest: str, measured: Measurement) -> None:
        for key in keys:
            row = candidate_row(key, digest, measured, self.circuits[key[1]])
            self.known[key] = Stored(digest, measured, self.store.append(row))

    def sorted_candidates(self, runs: Sequence[str]) -> Candidates:
        """Everything measured, by run in the given order (baselines last), record, candidate."""
        rank = {run: place for place, run in enumerate([*runs, *BASELINES])}
        order = sorted(self.known, key=lambda key: (rank[key[0]], *key[1:]))
        return {key: self.known[key] for key in order}

    def extras(self, candidates: Candidates) -> dict[str, Row]:
        """Columns measured on request, by run; only runs whose texts are at hand have them."""
        kinds: list[expensive.ExpensiveKind] = []
        if self.settings.warm_start:
            kinds.append("warm_start")
        if self.settings.compiled:
            kinds.append("compiled")
        device = self.settings.device
        if device is not None:
            kinds.append("device")
        if not kinds:
            return {}
        best = self._best_texts(candidates)
        # Of both the whole state is computed, many times.
        if self.settings.warm_start or device is not None:
            best = {run: self._small_only(texts) for run, texts in best.items()}
        seed = self.settings.seed
        rows = {_extra_key(row): row for row in self.store.extras() if row["seed"] == seed}
        names: dict[expensive.ExpensiveKind, str] = {kind: kind for kind in kinds}
        if device is not None:
            names["device"] = expensive.device_kind(device)
        todo = {
            (names[kind], sample_index, digest): expensive.ExpensiveTask(
                kind,
                sample_index,
                digest,
                text,
                self.record(sample_index).problem.hamiltonian,
                seed,
                self.record(sample_index).problem if kind == "device" else None,
                device if kind == "device" else None,
            )
            for kind in kinds
            for texts in best.values()
            for sample_index, (digest, text) in texts.items()
            if (names[kind], sample_index, digest) not in rows
        }
        self.progress.start("looking closer at the best candidates", len(todo))
        for row in map_unordered(expensive.measure, todo.values(), jobs=self.pool.workers):
            rows[_extra_key(row)] = row
            self.store.append_extra(row)
            self.progress.advance()
        self.store.replace_extras([rows[key] for key in sorted(rows)])
        return {
            run: {
                kind: expensive.summary(
                    kind, [rows[names[kind], i, d]["value"] for i, (d, _) in t.items()]
                )
                for kind in kinds
            }
            for run, t in best.items()
        }

    def _small_only(self, texts: dict[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
        return {
            i: text
            for i, text in texts.items()
            if self.record(i).problem.n_qubits <= MAX_EXACT_QUBITS
        }

    def _best_texts(self, candidates: Candidates) -> dict[str, dict[int, tuple[str, str]]]:
        """Fingerprint and text of each record's candidate of lowest energy, by run."""
        chosen: dict[str, dict[int, tuple[float, str]]] = {}
        for (run_name, sample_index, candidate), stored in candidates.items():
            if (run_name, sample_index, candidate) not in self.texts.digests:
                continue
            ratio = stored.measured.approximation_ratio
            if not stored.measured.feasible or ratio is None:
                continue
            row = chosen.setdefault(run_name, {})
            if sample_index not in row or ratio > row[sample_index][0]:
                row[sample_index] = (ratio, stored.digest)
        found = {
            run_name: {i: (digest, self.texts.text(digest)) for i, (_, digest) in row.items()}
            for run_name, row in chosen.items()
        }
        if self.settings.baselines:
            found[REFERENCE_RUN] = {
                record.sample_index: (text_digest(text), text)
                for record in self.records.items
                for text in (record.problem.reference,)
                if text is not None
            }
        return found


def _extra_key(row: Row) -> tuple[Any, int, str]:
    return row["kind"], row["sample_index"], row["digest"]


def _by_run(candidates: Candidates) -> dict[str, dict[int, list[Measurement]]]:
    out: dict[str, dict[int, list[Measurement]]] = {}
    for (run_name, sample_index, _), stored in candidates.items():
        out.setdefault(run_name, {}).setdefault(sample_index, []).append(stored.measured)
    return out
