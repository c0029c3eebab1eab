from __future__ import annotations

import numpy as np
import pytest
from saying import skilled

from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.crossfit import folds
from lfx.fusion.nested import choose_nested
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.product import Product
from lfx.runtime.errors import FusionError

PIPELINES = {
    name: Pipeline(NoCalibration(), scheme)
    for name, scheme in {"mean": Mean(), "learned": Learned(), "product": Product()}.items()
}


def test_each_fold_is_predicted_by_what_the_others_choose():
    fit = skilled(0, samples=120)
    nested = choose_nested(fit, PIPELINES, "accuracy", outer=4, inner=3)
    parts = folds(fit.labels.numpy(), fit.groups, 4, fit.seed)
    assert len(nested.schemes) == len(nested.members) == 4
    for (train, held_out), scheme, member in zip(
        parts, nested.schemes, nested.members, strict=True
    ):
        fused = PIPELINES[scheme].fit(fit.select(train)).combine(fit.select(held_out).outputs)
        assert np.array_equal(nested.chosen[held_out], fused.argmax(dim=1))
        assert np.array_equal(nested.chosen[held_out], nested.cross_fitted[scheme][held_out])
        right = fit.probabilities[:, train].argmax(dim=2) == fit.labels[train]
        best = int(right.double().mean(dim=1).argmax())
        assert member == fit.members[best]
        own = fit.probabilities[best, held_out].argmax(dim=1)
        assert np.array_equal(nested.best_member[held_out], own)


def test_what_members_predict_of_a_fold_does_not_choose_its_scheme():
    fit = skilled(0, samples=120)
    nested = choose_nested(fit, PIPELINES, "accuracy", outer=4, inner=3)
    for number, (_, held_out) in enumerate(folds(fit.labels.numpy(), fit.groups, 4, fit.seed)):
        logits = fit.outputs.logits.clone()
        logits[:, held_out] = -logits[:, held_out]  # now all are wrong there
        other = choose_nested(fit.calibrated(logits), PIPELINES, "accuracy", outer=4, inner=3)
        assert other.schemes[number] == nested.schemes[number]
        assert other.members[number] == nested.members[number]
        assert not np.array_equal(other.chosen[held_out], nested.chosen[held_out])


def test_one_group_is_too_few():
    fit = skilled(0, samples=1)
    with pytest.raises(FusionError, match="needs two groups of samples or more; got 0"):
        choose_nested(fit, PIPELINES, "accuracy")
