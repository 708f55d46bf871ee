"""How Sphinx makes the documentation site: `make docs`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from quasar.core.version import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "quasar"
author = "the quasar developers"
version = release = __version__
root_doc = "site/index"
exclude_patterns = ["index.md", "images", "site/pages/downloads"]
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "site_pages",
]
# Console blocks hold JSON over several lines, which no lexer of shells takes.
suppress_warnings = ["misc.highlighting_failure"]

myst_heading_anchors = 4
nb_execution_mode = "cache"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 300
# No page may ask for a script from the network: progress bars would be widgets, which do.
for _bars in ("TQDM_DISABLE", "HF_DATASETS_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_PROGRESS_BARS"):
    os.environ[_bars] = "1"
nb_ipywidgets_js = {}

autodoc_typehints = "description"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Fields", "params_style"), ("Class attributes", "params_style")]

copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True
copybutton_copy_empty_lines = False

html_theme = "furo"
html_title = f"quasar {release}"
html_show_copyright = False
