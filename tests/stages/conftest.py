from __future__ import annotations

import pytest
from running import SMALL, Trained, succeed


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train both members once for all tests."""
    folder = tmp_path_factory.mktemp("trained")
    succeed(folder, "train", "modality=image", *SMALL, "hydra.run.dir=runs/image", fresh=True)
    output = succeed(
        folder, "train", "modality=text", *SMALL, "hydra.run.dir=runs/text", fresh=True
    )
    return Trained(folder, folder / "runs/image", folder / "runs/text", output)
