from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from saying import skilled

from lfx.fusion.calibration.none import NoCalibration
from lfx.fusion.pipeline import Pipeline
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.worth import value_members
from lfx.runtime.errors import FusionError

NONE = NoCalibration()


def worth(scheme, fit, new):
    groups = np.arange(len(new.labels))
    return value_members(Pipeline(NONE, scheme), fit, new.outputs, new.labels, groups)


def test_values_of_the_mean_sum_to_its_accuracy():
    fit, new = skilled(0), skilled(1)
    found = worth(Mean(), fit, new)
    assert [one.member for one in found] == list(new.members)
    mean = (new.probabilities.mean(dim=0).argmax(dim=1) == new.labels).double().mean()
    frequent = torch.bincount(new.labels).max() / len(new.labels)
    assert sum(one.shapley for one in found) == pytest.approx(float(mean - frequent))
    for member, one in enumerate(found):
        alone = (new.probabilities[member].argmax(dim=1) == new.labels).double().mean()
        assert one.alone == pytest.approx(float(alone))
        rest = [other for other in range(3) if other != member]
        without = (new.probabilities[rest].mean(dim=0).argmax(dim=1) == new.labels).double().mean()
        assert one.left_out == pytest.approx(float(mean - without))
        assert one.shapley_interval.low <= one.shapley <= one.shapley_interval.high
        assert one.left_out_interval.low <= one.left_out <= one.left_out_interval.high


def test_a_member_that_adds_nothing_is_worth_nothing():
    new = skilled(3)
    silent = replace(new.outputs, logits=new.outputs.logits.clone())
    silent.logits[2] = 0
    found = worth(Mean(), new, replace(new, outputs=silent))
    assert found[2].left_out == 0


def test_a_scheme_is_fitted_for_each_subset():
    found = worth(Learned(), skilled(0), skilled(1))
    assert len(found) == 3


def test_too_many_members():
    one = skilled(members=11)
    with pytest.raises(FusionError, match="at most 10 members, got 11; leave some out"):
        worth(Mean(), one, one)
