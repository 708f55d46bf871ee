"""Build hook: compiles the packaged model's kernel where there is a C compiler.

Without one the package is complete all the same, and the model runs in NumPy.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from sysconfig import get_platform
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Adds the shared library to the wheel, and leaves it beside its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have a wheel with a library named for this platform."""
        folder = Path(self.root) / "src" / "quasar" / "models"
        build = runpy.run_path(str(folder / "kernel_build.py"))
        if self.target_name == "wheel" and build["build"]():
            build_data["artifacts"].append("src/quasar/models/libkernel.so")
            build_data["pure_python"] = False
            if version != "editable":  # a library of C alone: any Python, this platform
                platform = get_platform().replace("-", "_").replace(".", "_")
                build_data["tag"] = f"py3-none-{platform}"
