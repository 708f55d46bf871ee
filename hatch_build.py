"""Build hook: compiles the parts in C where there is a C compiler.

Without one the package is complete all the same, and Python does their work.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from sysconfig import get_platform
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Adds the shared libraries to the wheel, and leaves them beside their sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have a wheel with libraries named for this platform."""
        compiled = runpy.run_path(str(Path(self.root) / "src" / "quasar" / "core" / "compiled.py"))
        if self.target_name == "wheel" and (built := compiled["build_all"]()):
            for source in built:
                library = compiled["library_of"](source).relative_to(self.root)
                build_data["artifacts"].append(library.as_posix())
            build_data["pure_python"] = False
            if version != "editable":  # a library of C alone: any Python, this platform
                platform = get_platform().replace("-", "_").replace(".", "_")
                build_data["tag"] = f"py3-none-{platform}"
