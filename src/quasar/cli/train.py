"""`quasar train sft|grpo|angles`: a configuration to a checkpoint folder."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from quasar.cli.options import AsJson, print_json
from quasar.core.errors import InputError
from quasar.core.numerals import share

if TYPE_CHECKING:
    from quasar.core.settings import Settings
    from quasar.train.sft_settings import SftSettings

S = TypeVar("S", bound="Settings")

app = typer.Typer(no_args_is_help=True, help="Train language models on verified circuits.")


Config = Annotated[Path, typer.Argument(help="Configuration, one of configs/*.toml or your own.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a setting: --set schedule.max_minutes=10 (value as in TOML; a string "
        "needs no quotes).",
    ),
]


@app.command("sft")
def sft(
    config: Config,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    r"""Supervised fine-tuning. Rerun the same command to resume.

    Needs the extra `train`: pip install -e '.\[train]' in your clone; with streamed
    examples (`data.stream`) the extra `models` is enough.
    """
    _need("torch")
    from quasar.train.sft_settings import SftSettings

    settings = configured(SftSettings, config, changes or [])
    if settings.data.stream is not None:
        from quasar.train.stream.training import train_stream

        found = train_stream(settings)
        lines = [f"  {name:40} {value:.4f}" for name, value in sorted(found.items())]
        _print_trained(settings, lines, {"measured": found} if as_json else None)
        return
    _need("trl")
    from quasar.train.sft import train_sft

    quality = train_sft(settings)
    lines = [f"  {name:24} {share(value)}" for name, value in sorted(quality.items())]
    _print_trained(settings, lines, {"validation": quality} if as_json else None)


def _print_trained(
    settings: SftSettings, lines: Sequence[str], measured: Mapping[str, Any] | None
) -> None:
    """Where the model is, and what was measured: as lines, or as JSON where `measured` is given."""
    folder = settings.out / "model"
    if measured is not None:
        print_json({"model": str(folder), **measured})
        return
    print(f"model in {folder}", *lines, sep="\n")


@app.command("grpo")
def grpo(
    config: Config,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    r"""Reinforcement learning with the verifier's reward. Rerun the same command to resume.

    Needs the extra `train`: pip install -e '.\[train]' in your clone.
    """
    _need("torch", "trl")
    from quasar.train.grpo import train_grpo
    from quasar.train.grpo_settings import GrpoSettings

    settings = configured(GrpoSettings, config, changes or [])
    with redirect_stdout(sys.stderr) if as_json else nullcontext():  # the trainer's own lines
        before, after = train_grpo(settings)
    if as_json:
        print_json({"model": str(settings.out / "model"), "before": before, "after": after})
        return
    print(f"model in {settings.out / 'model'}, curves in {settings.out / 'report' / 'report.md'}")
    for label, name in (("one sample", "sampled/reward"), ("greedy", "reward")):
        if name in after:
            print(f"mean reward, {label}: {before[name]:.3f} -> {after[name]:.3f}")
    for name in sorted(after.keys() - {"reward", "sampled/reward"}):
        print(f"  {name:28} {share(before.get(name))} -> {share(after[name])}")


@app.command("angles")
def angles(
    config: Config,
    changes: Changes = None,
    as_json: AsJson = False,
) -> None:
    r"""Train a network of QAOA angles on exact energies. Rerun the same command to resume.

    Needs the extra `models`: pip install -e '.\[models]' in your clone.
    """
    _need("torch", extra="models")
    from quasar.cli.bar import Bar
    from quasar.train.angles.settings import AngleSettings
    from quasar.train.angles.training import train_angles

    settings = AngleSettings.parse(read_config(config, changes or []))
    with Bar() as bar:
        found = train_angles(settings, bar)
    folder = settings.out / "model"
    if as_json:
        print_json({"model": str(folder), "measured": found})
        return
    print(f"network in {folder}", *(f"  {k:24} {v:.4f}" for k, v in found.items()), sep="\n")


@app.command("environment")
def environment(
    config: Config,
    changes: Changes = None,
    split: Annotated[str, typer.Option(help="Split of the data sets: train, test, ...")] = "train",
    host: Annotated[str, typer.Option(help="Interface.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="TCP port.")] = 8000,
    sessions: Annotated[int, typer.Option(help="Conversations at the same time.", min=1)] = 64,
) -> None:
    """Offer a configuration's problems and rewards through OpenEnv, to trainers of any kind.

    Needs openenv-core: pip install 'openenv-core>=0.3,<0.4'. There is no access control: keep the
    port on loopback, or behind a proxy that has one.
    """
    from importlib.util import find_spec

    if find_spec("openenv") is None:
        raise InputError("this needs openenv-core: pip install 'openenv-core>=0.3,<0.4'.")
    import uvicorn

    from quasar.service.openenv_server import make_app
    from quasar.train.grpo_settings import GrpoSettings

    settings = configured(GrpoSettings, config, changes or [])
    served = make_app(settings, split=split, sessions=sessions)  # type: ignore[arg-type]
    uvicorn.run(served, host=host, port=port, log_level="warning")


def read_config(path: Path, changes: Sequence[str]) -> dict[str, Any]:
    """A TOML file with changes of the form `table.key=value`.

    Raises:
        InputError: unreadable file, or a change without `=`.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8 text: save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}.") from error
    if {"watch", "eval"} <= data.keys():
        raise InputError(f"{path}: [watch] is called [eval] now: give one of the two.")
    data = {_today(name): table for name, table in data.items()}
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals or not key:
            raise InputError(f"--set takes key=value, not {change!r}.")
        *tables, last = _today(key).split(".")
        place = data
        for table in tables:
            place = place.setdefault(table, {})
            if not isinstance(place, dict):
                raise InputError(f"--set {change}: {table} is not a table of the configuration.")
        place[last] = _value(text)
    return data


def _today(key: str) -> str:
    """The table `[eval]` was called `[watch]` in version 0.1."""
    return re.sub(r"^watch(?=\.|$)", "eval", key)


def configured(settings: type[S], path: Path, changes: Sequence[str]) -> S:
    """Settings from a TOML file with changes, once the data sets are built that they name.

    Raises:
        InputError: see `read_config`; an unknown setting or a value out of range.
    """
    config = read_config(path, changes)
    checked = settings.parse(config)  # before any work is done
    paths = [str(path) for path in config["data"].get("paths", [])]
    if not any(path.endswith(".toml") for path in paths):
        return checked
    from quasar.cli.bar import Bar
    from quasar.train.data_sets import BUILT_IN, ensure_built

    with Bar() as bar:
        found = ensure_built(paths, BUILT_IN, bar)
    return settings.parse({**config, "data": {**config["data"], "paths": found}})


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text


def _need(*modules: str, extra: str = "train") -> None:
    from importlib.util import find_spec

    if any(find_spec(module) is None for module in modules):
        libraries = "PyTorch and TRL" if extra == "train" else "PyTorch"
        raise InputError(
            f"training needs {libraries}: "
            f"pip install -c constraints/constraints.txt -e '.[{extra}]' in your clone of quasar."
        )
