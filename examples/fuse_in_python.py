"""Fuse two members' predictions in Python.

    python examples/fuse_in_python.py IMAGE.parquet TEXT.parquet

Each file holds what a model predicted; `lfx.write_predictions` writes such files for models of any
kind. Weights are found on the validation rows and scored on the test rows.
"""

from __future__ import annotations

import sys

import lfx
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.minimizing_loss import MinimizingLoss


def main(image: str, text: str) -> None:
    """Print the test scores of each member and of some fusions.

    Args:
        image: the image member's prediction artifact.
        text: the text member's.
    """
    members = {"image": image, "text": text}
    rows = {}
    for name, file in members.items():
        alone = {name: file}
        rows[name] = lfx.LateFusion().fit(alone).score(alone)
    for scheme in (Mean(), DetectionRate(form="corrected"), MinimizingLoss(), Learned()):
        fusion = lfx.LateFusion(scheme).fit(members)
        rows[str(scheme)] = fusion.score(members, split="test", metric="accuracy")
    for name, accuracy in rows.items():
        print(f"{accuracy:.3f}  {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
