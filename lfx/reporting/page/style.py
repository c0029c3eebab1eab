"""The look of all pages."""

from __future__ import annotations

from pathlib import Path

from markupsafe import Markup

ASSETS = Path(__file__).parent / "assets"


def page_style() -> Markup:
    """Return the style sheet of every page, for a `<style>` element."""
    return Markup((ASSETS / "page.css").read_text(encoding="utf-8"))  # noqa: S704, our own
