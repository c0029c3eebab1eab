"""How the site is made: `make docs`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from reference import write_reference

import lfx

project = "lfx"
author = "The lfx maintainers"
version = release = lfx.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "lfx: late fusion experiments"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Types that only a type checker imports stay as they are written.
suppress_warnings = ["sphinx_autodoc_typehints.forward_reference"]

write_reference(Path(__file__).parent / "reference_pages")
