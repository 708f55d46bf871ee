"""`quasar devices`: the devices that are known here, and what one of them offers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quasar.cli.options import AsJson, print_json
from quasar.cli.output import check_new_file
from quasar.cli.waiting import waiting
from quasar.core.errors import InputError

if TYPE_CHECKING:
    from quasar.devices.device import Device


def device_names(incomplete: str) -> list[str]:
    """Snapshots that a word begins, for the shell."""
    from quasar.devices.snapshots import snapshot_names

    return [name for name in snapshot_names() if name.startswith(incomplete)]


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="Show one: a snapshot such as fake_torino, generic:27:heavy-hex, ions:11, or a "
            "device file.",
            show_default=False,
            autocompletion=device_names,
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Also draw its coupling map with errors to this file (.png, .svg or .pdf)."
        ),
    ] = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print a device file (TOML) to start from.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing --picture.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the snapshots of machines, or show what one device offers and what of it is masked."""
    if template:
        from quasar.devices.device_file import TEMPLATE

        typer.echo(TEMPLATE, nl=False)
        return
    if name is None:
        if picture is not None:
            raise InputError("--picture needs a device: quasar devices NAME --picture FILE.")
        _list(as_json=as_json)
        return
    if picture is not None:
        check_new_file(picture, force=force)
    from quasar.devices.load import device

    with waiting(f"loading {name}"):
        found = device(name)
    if as_json:
        print_json(_data(found))
    else:
        typer.echo(_text(found))
    if picture is not None:
        from quasar.report.coupling_picture import device_figure
        from quasar.report.style import save

        save(device_figure(found), picture)


def _list(*, as_json: bool) -> None:
    from quasar.devices.load import list_devices

    with waiting("reading the snapshots"):
        found = list_devices()
    if as_json:
        print_json({line.name: _line(line) for line in found})
        return
    if not found:
        typer.echo(
            "No snapshots of machines: they need the extra `devices` (pip install -e '.[devices]')."
        )
    width = max((len(line.name) for line in found), default=0)
    for line in found:
        error = line.median_two_qubit_error
        shown = "         " if error is None else f"{error:9.2e}"
        basis = " ".join(line.basis)
        typer.echo(f"{line.name:{width}}  {line.qubits:4d}  {shown}  {line.date or '':10}  {basis}")
    typer.echo(
        "\nqubits, median two-qubit error, date of calibration, gates. Also taken where a device "
        "is asked for:\ngeneric:QUBITS:line|ring|grid|heavy-hex|all, ions:QUBITS, a device file "
        "(`quasar devices --template`)."
    )


def _line(line: Any) -> dict[str, Any]:
    fields = {**line.__dict__}
    del fields["name"]
    return fields


def _data(found: Device) -> dict[str, Any]:
    return {
        "name": found.name,
        "source": found.source,
        "date": found.date,
        "qubits": found.qubits,
        "usable": list(found.usable),
        "basis": list(found.basis),
        "coupling": [list(pair) for pair in found.coupling],
        "two_qubit_gates": [
            {
                "gate": gate,
                "qubits": list(qubits),
                "error": found.error(gate, qubits),
                "duration_s": found.duration_s(gate, qubits),
            }
            for gate, qubits in found.two_qubit_gates
        ],
        "median_two_qubit_error": found.median_two_qubit_error,
        "readout": [
            None if pair is None else {"p1_given_0": pair[0], "p0_given_1": pair[1]}
            for pair in found.readout
        ],
        "relaxation": [{"t1_s": t1, "t2_s": t2} for t1, t2 in found.relaxation],
        "masked": list(found.masked),
    }


def _text(found: Device) -> str:
    from statistics import median

    def middle(values: list[float], form: str, unit: str = "") -> str:
        return f"{median(values):{form}}{unit}" if values else "not known"

    readout = [(one + zero) / 2 for one, zero in filter(None, found.readout)]
    t1 = [t1 * 1e6 for t1, _ in found.relaxation if t1 is not None]
    t2 = [t2 * 1e6 for _, t2 in found.relaxation if t2 is not None]
    error = found.median_two_qubit_error
    lines = [
        f"{found.name}: {found.source}{f', {found.date}' if found.date else ''}",
        f"qubits       {found.qubits}, of which couplers join {len(found.usable)}",
        f"gates        {' '.join(found.basis)}",
        f"couplers     {len(found.coupling)}",
        f"two-qubit    median error {middle([] if error is None else [error], '.3g')}",
        f"readout      median error {middle(readout, '.3g')}",
        f"T1, T2       median {middle(t1, '.4g', ' µs')}, {middle(t2, '.4g', ' µs')}",
    ]
    if found.masked:
        lines.append(f"masked       {len(found.masked)}:")
        lines += [f"             {sentence}" for sentence in found.masked]
    return "\n".join(lines)
