"""Ways of changing a member's artifact, and a case of fusing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from campaign.case import Case, Expectation, Kind, left, refused, right
from campaign.material import predicted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.case import Outcome
    from campaign.material import Material

FUSE = ("data=table", "data.name=plain", "fusion=mean", "device=cpu", "hydra.run.dir=run")

FINE = right(left("run/predictions.parquet"))

NO = refused("text|member|artifact")


def of(work: Path, name: str = "text") -> Path:
    return work / "outputs/artifacts/plain" / f"{name}.parquet"


def case(
    name: str,
    change: Callable[[Path, Path], object],
    expect: Expectation = NO,
    kind: Kind = Kind.hostile_file,
    *more: str,
) -> Case:
    """Make a case of fusing where the text member's file has been changed."""

    def prepare(work: Path, material: Material) -> None:
        material.put_trained(work)
        change(of(work), work)

    return Case(f"artifacts/{name}", kind, "fuse", (*FUSE, *more), expect, prepare)


def same_mean(outcome: Outcome, material: Material) -> str | None:
    """Check that the fusion is the mean of the two members as they were published."""
    published = material.trained() / "outputs/artifacts/plain"
    members = [predicted(published / f"{name}.parquet") for name in ("image", "text")]
    got = predicted(outcome.work / "run/predictions.parquet")
    for name, (_, _, bits) in got.items():
        logits = np.stack([np.frombuffer(one[name][2], np.float32) for one in members])
        shares = np.exp(logits.astype(float))
        mean = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
        fused = np.exp(np.frombuffer(bits, np.float32).astype(float))
        if not np.allclose(fused / fused.sum(), mean, atol=1e-5):
            return f"{name} is not the members' mean"
    return None if got.keys() == members[0].keys() else "rows are lost"
