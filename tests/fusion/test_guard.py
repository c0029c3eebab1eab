from __future__ import annotations

import numpy as np
import pytest

from lfx.fusion.guard import fit_rows, refuse_leak
from lfx.runtime.errors import FusionError

SPLIT = np.array(["val", "val", "test", "predict", "val"], dtype=object)
LABEL = np.array([0, -1, -1, -1, 2], dtype=np.int16)


def test_fitting_elsewhere_is_no_leak():
    assert refuse_leak("val", ["test"], allow_leaky_fit=False) is False
    assert refuse_leak("oof", ["test"], allow_leaky_fit=True) is False


def test_fitting_on_what_is_reported_is_refused():
    with pytest.raises(
        FusionError, match=r"fit_split=test is also.*fit_split=val.*allow_leaky_fit"
    ):
        refuse_leak("test", ["val", "test"], allow_leaky_fit=False)


def test_a_leak_that_is_allowed_is_told():
    assert refuse_leak("test", ["test"], allow_leaky_fit=True) is True


def test_only_labelled_rows_are_fitted():
    assert fit_rows("val", SPLIT, LABEL).tolist() == [True, False, False, False, True]


@pytest.mark.parametrize(
    ("fit_split", "message"),
    [
        (
            "oof",
            r"no rows there\. They share: pre.*, val \(2 of 3 labelled\)\. Use another fit_split",
        ),
        ("test", "fit_split=test: the members have no labels there"),
        ("dev", "fit_split: allowed are val, test, oof; got 'dev'"),
        ("train", "fit_split: allowed are val, test, oof; got 'train'"),
    ],
)
def test_a_split_that_nothing_can_be_fitted_on(fit_split, message):
    with pytest.raises(FusionError, match=message):
        fit_rows(fit_split, SPLIT, LABEL)
