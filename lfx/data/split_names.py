"""The names of splits, for all rooms."""

from __future__ import annotations

# The splits of a data set.
DIVISION = ("train", "val", "test")
# In cross-validation: the samples that a fold's model has not seen.
OOF = "oof"
# Splits of rows in a prediction artifact; `predict`: new samples.
SPLITS = (*DIVISION, OOF, "predict")
# Splits that results are reported on, in the order of tables; on `train` they measure memory.
REPORTED = ("val", OOF, "test", "predict")
