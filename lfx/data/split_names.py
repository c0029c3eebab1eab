"""The names of splits, for all rooms."""

from __future__ import annotations

from typing import Literal

# The splits of a data set.
DIVISION = ("train", "val", "test")
# In cross-validation: the samples that a fold's model has not seen.
OOF = "oof"
# Splits whose labels a fusion is fitted on.
FitSplit = Literal["val", "test", "oof"]
# Splits of rows in a prediction artifact; `predict`: new samples.
SPLITS = (*DIVISION, OOF, "predict")
# Splits that results are reported on, in the order of tables; on `train` they measure memory.
REPORTED = ("val", OOF, "test", "predict")
