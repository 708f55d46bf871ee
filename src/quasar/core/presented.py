"""What every result can show of itself: a summary, a page of HTML, pictures, a folder.

Results are defined in low rooms, and what is shown of them in the room `report`, which is loaded
when something is shown for the first time. The classes here only say what there is; `report.faces`
says what it looks like, one face for each class. A room above `report` names its own (`_FACES`).
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Presented:
    """A result with a summary, an HTML view for notebooks, and pictures."""

    _FACES: ClassVar[str] = "quasar.report.faces"  # the module whose `face` says what it looks like

    def __str__(self) -> str:
        """The summary that the command line prints: plain text of 80 columns."""
        return str(_face(self).text())

    def __repr__(self) -> str:
        """One short line."""
        return str(_face(self).line())

    def __rich_repr__(self) -> Any:
        """The same line where `rich` prints an object."""
        yield repr(self)

    def _repr_html_(self) -> str:
        """Pictures and a table for notebooks: one piece of HTML that needs nothing else."""
        return str(_face(self).html())

    def plot(self, kind: str | None = None) -> Figure:
        """A picture, as a matplotlib `Figure` that is in no pyplot state.

        In a notebook it is shown; elsewhere, `.savefig("picture.svg")` writes it.

        Args:
            kind: `answer`: the best solution on the user's own graph or data; `histogram`: the
                most probable measurements; `circuit`: the gates; `optimisation`: energy against
                evaluations. An object has those that can be drawn from what it holds; None takes
                the first of them.

        Raises:
            InputError: another kind, or one that this object cannot draw; the message lists
                those that it can.
        """
        figure: Figure = _face(self).plot(kind)
        return figure


class Kept(Presented):
    """A result that can be written to a folder."""

    def save(self, folder: str | os.PathLike[str], *, force: bool = False) -> list[str]:
        """Write everything to a new folder: data, circuit, pictures, manifest.

        Args:
            force: replace the folder if it exists.

        Returns:
            Names of the files written.

        Raises:
            InputError: the folder exists, or cannot be written.
            InfrastructureError: the disk is full.
        """
        names: list[str] = _face(self).save(folder, force=force)
        return names


def _face(result: Presented) -> Any:
    return importlib.import_module(result._FACES).face(result)
