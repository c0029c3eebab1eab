"""The paper's schemes, on what its experiments publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_schemes_fuse_what_the_experiments_published(tmp_path: Path) -> None:
    for kind, name in (("image", "resnet50"), ("text", "roberta")):
        own = [f"modality={kind}", f"name={name}", "data.source.pairs=200"]
        folder = "artifacts.dir=outputs/artifacts/demo/paper/seed_0"
        succeed(tmp_path, "train", *own, folder, "trainer.max_epochs=1", "trainer.progress=false")
    for scheme in ("detection_rate", "minimizing_loss"):
        succeed(tmp_path, "fuse", f"experiment=paper/{scheme}", "data=demo")
    # With a third member the published code's list order no longer undoes what it inverts.
    third = f"members.third={tmp_path}/outputs/artifacts/demo/paper/seed_0/resnet50.parquet"
    for more, is_same in ([], True), ([third], False):
        own = ["experiment=paper/minimizing_loss", "data=demo", *more]
        forms = ("paper", "published_code")
        both = [succeed(tmp_path, "fuse", *own, f"fusion.form={form}") for form in forms]
        text, code = (one.partition("weights: ")[2].splitlines()[0] for one in both)
        assert (text == code) is is_same
