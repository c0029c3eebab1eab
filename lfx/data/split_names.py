"""The names of splits, once for all rooms."""

from __future__ import annotations

# What samples are divided into.
DIVISION = ("train", "val", "test")
# Of cross-validation: the samples that a fold's model has not seen.
OOF = "oof"
# What the rows of a prediction artifact may be of; `predict`: of new samples.
SPLITS = (*DIVISION, OOF, "predict")
# What results are of, in the order of tables: metrics of the training split measure memory.
REPORTED = ("val", OOF, "test", "predict")
