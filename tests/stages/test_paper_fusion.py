"""The paper's schemes, on what its experiments publish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from running import fail, succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_schemes_fuse_what_the_experiments_published(tmp_path: Path) -> None:
    for kind, name in (("image", "resnet50"), ("text", "roberta")):
        own = [f"modality={kind}", f"name={name}", "data.source.pairs=200"]
        folder = "artifacts.dir=outputs/artifacts/demo/paper/seed_0"
        succeed(tmp_path, "train", *own, folder, "trainer.max_epochs=1", "trainer.progress=false")
    for scheme in ("detection_rate", "minimizing_loss"):
        both = [
            succeed(tmp_path, "fuse", f"experiment=paper/{scheme}", "data=demo", f"variant={one}")
            for one in ("paper", "published_code")
        ]
        text, code = (one.partition("weights: ")[2].splitlines()[0] for one in both)
        assert text == code
    # With a third member the published code's list order no longer undoes what it inverts.
    third = f"members.third={tmp_path}/outputs/artifacts/demo/paper/seed_0/resnet50.parquet"
    own = ["experiment=paper/minimizing_loss", "data=demo", third]
    both = [
        succeed(tmp_path, "fuse", *own, f"variant={one}") for one in ("paper", "published_code")
    ]
    text, code = (one.partition("weights: ")[2].splitlines()[0] for one in both)
    assert text != code
    message = fail(tmp_path, "fuse", "variant=published_code")
    assert "form of the paper's experiments" in message
