"""Settings to data set: shards in parallel, then splits, manifest and card.

During the build the folder holds `.build/` with the finished shards; after any kind of end the same
command resumes from there. A data set is finished when its `manifest.json`
is there. One build at a time works in a folder.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from quasar.core.cluster import Cluster, Engine
from quasar.core.errors import InputError
from quasar.core.files import disk_errors, locked, remove_partial, write_bytes, write_json
from quasar.core.manifest import manifest
from quasar.core.parallel import map_unordered
from quasar.core.processes import cores
from quasar.core.progress import Progress
from quasar.data import storage
from quasar.data.settings import BuildSettings
from quasar.data.shard import EXCLUDED, BuildPlan, build_shard

STAGING = ".build"
DATA = "data"
MANIFEST = "manifest.json"
_LIBRARIES = ("numpy", "scipy", "networkx", "qulacs", "pyarrow", "pydantic")


@dataclass(frozen=True)
class DataSet:
    """A finished data set.

    Attributes:
        folder: where it is.
        manifest: content of its `manifest.json`.
        resumed: records that were on disk before it was built.
    """

    folder: Path
    manifest: Mapping[str, Any]
    resumed: int = 0


def build(
    out: Path,
    settings: BuildSettings,
    *,
    engine: Engine = "local",
    jobs: int | None = None,
    ray_address: str | None = None,
    progress: Progress | None = None,
) -> DataSet:
    """Build a data set, or resume one.

    Args:
        jobs: processes; default: one for each core.

    Raises:
        InputError: `out` holds something else, an excluded set cannot be read, or the settings
            allow no record.
        InfrastructureError: the disk is full or workers died; what is finished is kept.
    """
    storage.require_parquet()
    progress = progress or Progress()
    out = out.resolve()
    excluded = _excluded(settings, progress)
    fingerprint = settings.fingerprint(hashlib.sha256(excluded).hexdigest())
    finished = _finished(out, fingerprint)
    plan = BuildPlan(settings, out / STAGING, fingerprint)
    if finished is not None:
        shutil.rmtree(plan.folder, ignore_errors=True)
        return DataSet(out, finished, settings.count)
    with _staging(plan, excluded):
        missing = [n for n in range(settings.n_shards) if not plan.is_built(n)]
        resumed = settings.count - sum(len(settings.shard(n)) for n in missing)
        progress.start("building", settings.count, resumed)
        jobs = min(jobs or cores(), max(1, len(missing)))
        # On a cluster every node must see the output folder under the same path.
        cluster = Cluster(ray_address, jobs) if engine == "ray" else None
        work = partial(build_shard, plan)
        for _ in map_unordered(work, missing, jobs=jobs, cluster=cluster, tick=progress.advance):
            pass
        progress.say("writing the splits")
        content = _finish(out, plan)
    shutil.rmtree(plan.folder, ignore_errors=True)
    return DataSet(out, content, resumed)


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a data set; None if it has none.

    Raises:
        InputError: it cannot be read.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}.") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} is not the manifest of a data set.")
    return content


def _finished(out: Path, fingerprint: str) -> dict[str, Any] | None:
    found = read_manifest(out)
    if found is not None and found.get("fingerprint") != fingerprint:
        raise InputError(
            f"{out} holds a data set with other settings: choose another --out, or remove it."
        )
    foreign = sorted(p.name for p in out.iterdir()) if out.is_dir() else []
    if found is None and foreign and STAGING not in foreign:
        raise InputError(f"{out} holds other files ({foreign[0]}): choose another --out.")
    return found


def _excluded(settings: BuildSettings, progress: Progress) -> bytes:
    """Content of the file of excluded instances."""
    if not settings.exclude:
        return b""
    from quasar.data.source import known_instances

    progress.say("reading the excluded instances")
    found = known_instances(Path(name) for name in settings.exclude)
    return "".join(f"{identifier}\n" for identifier in sorted(found)).encode()


@contextmanager
def _staging(plan: BuildPlan, excluded: bytes) -> Iterator[None]:
    """The folder of shards, ours alone while the block runs.

    Raises:
        InputError: it belongs to a build with other settings, or to one that is running.
    """
    folder = plan.folder
    with disk_errors(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"{folder.parent} is a file: choose a folder for --out.") from None
    with locked(folder / "lock", f"another build is at work in {folder.parent}."):
        remove_partial(folder)
        _claim(plan, excluded)
        yield


def _claim(plan: BuildPlan, excluded: bytes) -> None:
    path = plan.folder / "settings.json"
    if path.exists():
        known = json.loads(path.read_bytes())
        if known["fingerprint"] != plan.fingerprint:
            ours = plan.settings.model_dump(mode="json")
            differing = [k for k in ours if ours[k] != known["settings"].get(k)]
            raise InputError(
                f"{plan.folder.parent} holds an unfinished build with other settings "
                f"({', '.join(differing) or 'excluded instances'} differ): give the same ones to "
                f"resume, or another --out, or remove {plan.folder}."
            )
    else:
        content = {
            "fingerprint": plan.fingerprint,
            "settings": plan.settings.model_dump(mode="json"),
        }
        write_json(path, content, indent=1)
    if excluded:
        write_bytes(plan.folder / EXCLUDED, excluded)


def _finish(out: Path, plan: BuildPlan) -> dict[str, Any]:
    """Write splits, card and, last, the manifest."""
    from quasar.data.card import write_card

    settings = plan.settings
    paths = [plan.path(number) for number in range(settings.n_shards)]
    splits = write_splits(
        out / DATA,
        plan.folder / DATA,
        (record for path in paths for record in storage.read_records(path)),
        list(settings.splits),
        settings.rows_per_file,
    )
    content = {
        **manifest(settings.model_dump(mode="json"), settings.seed, _LIBRARIES),
        **describe(splits),
        "fingerprint": plan.fingerprint,
        "split_rule": "identity",
        "cost": _cost(plan),
    }
    write_card(out, content)
    write_json(out / MANIFEST, content)
    return content


def describe(splits: Mapping[str, tuple[int, str]]) -> dict[str, Any]:
    """What a manifest says of the finished data.

    Args:
        splits: records and hash of each split.
    """
    hashes = "".join(f"{name}:{digest}\n" for name, (_, digest) in splits.items())
    return {
        "records": sum(rows for rows, _ in splits.values()),
        "splits": {
            name: {"records": rows, "sha256": digest} for name, (rows, digest) in splits.items()
        },
        "content_sha256": hashlib.sha256(hashes.encode()).hexdigest(),
    }


def write_splits(
    target: Path,
    scratch: Path,
    records: Iterator[Mapping[str, Any]],
    names: Sequence[str],
    rows_per_file: int,
) -> dict[str, tuple[int, str]]:
    """Stream records into the files of their splits.

    Args:
        target: folder that appears, complete, at the end; an older one is replaced.
        scratch: folder to write in, on the same disk.
        names: splits that are counted even without records.

    Returns:
        Records and hash of each split.
    """
    with disk_errors(target):
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        writers = {name: storage.SplitWriter(scratch, name, rows_per_file) for name in names}
        with ExitStack() as stack:
            for writer in writers.values():
                stack.enter_context(writer)
            for record in records:
                name = record["split"]
                if name not in writers:
                    writer = storage.SplitWriter(scratch, name, rows_per_file)
                    writers[name] = stack.enter_context(writer)
                writers[name].add(record)
        shutil.rmtree(target, ignore_errors=True)
        scratch.rename(target)
    return {name: (writer.rows, writer.digest) for name, writer in writers.items()}


def _cost(plan: BuildPlan) -> dict[str, Any]:
    """Seconds of one core for each kept circuit, dropped attempts included, and why they were."""
    seconds: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    drops: Counter[str] = Counter()
    for number in range(plan.settings.n_shards):
        found = json.loads(plan.cost_path(number).read_bytes())
        for total, part in ((seconds, "seconds"), (counts, "counts"), (drops, "drops")):
            for name, value in found[part].items():
                total[name] += value
    per_circuit = {name: seconds[name] / counts[name] for name in sorted(counts)}
    return {
        "core_seconds": sum(seconds.values()),
        "core_seconds_per_circuit": {
            "all": sum(seconds.values()) / max(1, sum(counts.values())),
            **per_circuit,
        },
        "dropped": dict(sorted(drops.items())),
    }
