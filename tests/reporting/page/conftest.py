"""Pages of small fusions, and a browser to open them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from random_members import HOSTILE, Members

from lfx.artifacts.parquet import write_predictions
from lfx.fusion.schemes.mean import Mean
from lfx.reporting.page.document import Page, write_page
from lfx.reporting.run_table import run_table
from lfx.reporting.study_verdict import fusion_verdicts
from lfx.runs.find import collect_runs
from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture
def fused_runs(tmp_path, fuse_members, leave_job):
    """Fuse members by schemes, name → scheme, and leave the folders of the runs."""

    def build(members: Members, schemes: dict[str, Any] | None = None):
        artifacts = members.build()
        folder = tmp_path / "runs"
        files = {name: tmp_path / f"{number}.parquet" for number, name in enumerate(artifacts)}
        for name, file in files.items():
            write_predictions(file, artifacts[name])
        listed = {name: str(file) for name, file in files.items()}
        for name, scheme in (schemes or {"mean": Mean()}).items():
            result = fuse_members(
                artifacts, scheme, "renormalise", name=name, intervals=["accuracy"]
            )
            run = leave_job(folder / name, result, [f"fusion={name}"])
            write_json(run / "verdict.json", result.verdict.document())
            config = {"name": name, "data": {"name": "demo"}, "members": listed}
            (run / ".hydra/config.yaml").write_text(yaml.safe_dump(config))
            (run / ".hydra/hydra.yaml").write_text(f"hydra: {{runtime: {{cwd: {tmp_path}}}}}")
        return collect_runs(folder)

    return build


@pytest.fixture
def page_of(fused_runs, tmp_path):
    """Write the page of some fusions."""

    def build(
        members: Members, schemes: dict[str, Any] | None = None, table: SampleTable | None = None
    ) -> Path:
        runs = fused_runs(members, schemes)
        build.runs = runs
        page = Page(
            f"page {HOSTILE}",
            {"runs": run_table(runs)},
            runs,
            fusion_verdicts(runs),
            samples=table,
            data="demo",
        )
        return write_page(page, tmp_path / "page.html")

    return build


@pytest.fixture(scope="session")
def browser():
    """A browser; tests that need it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser):
    """Open a page; afterwards nothing may have been fetched, and nothing complained."""
    opened = []

    def build(file: Path, awaited: str = "#cases-0 ul", **settings: Any):
        context = browser.new_context(**settings)
        page, complaints = context.new_page(), []
        page.on(
            "console",
            lambda line: (
                complaints.append(line.text) if line.type in {"error", "warning"} else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("data:", "blob:", file.as_uri()))
                else complaints.append(f"fetched {request.url}")
            ),
        )
        opened.append((context, page, complaints))
        page.goto(file.as_uri())
        page.wait_for_selector(awaited, state="attached")
        return page

    yield build
    for context, page, complaints in opened:
        assert complaints == []
        assert page.evaluate("window.hacked") is None
        context.close()
