"""Late fusion from Python, held against `lfx.fuse`'s own results."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from saying import run

from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import softmax
from lfx.fusion.calibration.temperature import Temperature
from lfx.fusion.late_fusion import LateFusion
from lfx.fusion.schemes.detection_rate import DetectionRate
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.runtime.errors import ArtifactError, ConfigError, FusionError


@pytest.mark.parametrize("scheme", [Mean(), DetectionRate(), Learned()], ids=str)
def test_it_gives_what_the_command_gives(several, scheme):
    result = run(several, scheme)
    fusion = LateFusion(scheme).fit(several)
    own = fusion.predict_proba(several, "test")
    rows = result.predictions.rows("test")
    want = softmax(result.predictions.logits[rows])
    np.testing.assert_allclose(own, want, atol=1e-6)
    assert fusion.sample_ids(several, "test") == list(result.predictions.sample_id[rows])
    for metric in ("accuracy", "f1_macro", "cohen_kappa", "auroc_macro"):
        score = fusion.score(several, "test", metric)
        assert score == pytest.approx(result.metrics["test"][metric], abs=1e-6)


def test_members_may_be_files(several, tmp_path):
    files = {}
    for name, one in several.items():
        files[name] = tmp_path / f"{name}.parquet"
        write_predictions(files[name], one)
    own = LateFusion(DetectionRate()).fit({name: str(file) for name, file in files.items()})
    assert own.score(files) == LateFusion(DetectionRate()).fit(several).score(several)


def test_weights_are_shown(several):
    assert LateFusion().fit(several).weights == pytest.approx([1 / 3] * 3)
    weights = torch.tensor(LateFusion(DetectionRate()).fit(several).weights)
    assert weights.shape == (3, 3)


def test_a_calibration_is_fitted_too(several):
    plain = LateFusion(Mean()).fit(several)
    calibrated = LateFusion(Mean(), Temperature()).fit(several)
    assert calibrated.score(several, metric="nll") != plain.score(several, metric="nll")
    with pytest.raises(FusionError, match="fit_split=val is also the split that is reported"):
        calibrated.score(several, "val")
    assert 0 < plain.score(several, "val") <= 1  # nothing has been fitted there


@pytest.mark.parametrize(
    ("act", "error", "message"),
    [
        (
            lambda m: LateFusion().predict_proba(m),
            FusionError,
            r"not fitted yet: call fit\(members",
        ),
        (lambda _: LateFusion().weights, FusionError, "not fitted yet"),
        (
            lambda _: LateFusion(Learned(), fit_split="dev"),
            ConfigError,
            "fit_split: allowed are val, test, oof; got 'dev'",
        ),
        (lambda m: LateFusion(Learned()).fit(m).score(m, "val"), FusionError, "too good"),
        (lambda m: LateFusion().fit(m).score(m, "train"), FusionError, "no labelled samples"),
        (lambda m: LateFusion().fit(m).score(m, metric="f1"), FusionError, "allowed are accuracy"),
        (
            lambda m: LateFusion().fit(m).predict_proba({"m0": m["m0"]}),
            FusionError,
            "fitted on the members m0, m1, m2 .* got m0",
        ),
        (lambda _: LateFusion().fit({"m0": "nowhere.parquet"}), ArtifactError, "nowhere"),
        (lambda _: LateFusion(seed=-1), ConfigError, "seed must be at least 0"),
    ],
)
def test_what_is_wrong_is_told(several, act, error, message):
    with pytest.raises(error, match=message):
        act(several)
