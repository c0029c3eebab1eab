"""Which samples and splits a model can be trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable


def require_labels(table: SampleTable) -> None:
    """Refuse samples without a label.

    Raises:
        DataError: names some.
    """
    unlabelled = table.ids[table.labels < 0].tolist()
    if unlabelled:
        raise DataError(
            f"samples without a label: {len(unlabelled)} of {len(table)}, namely "
            f"{name_some(unlabelled)}; training needs labels (lfx.predict does not)"
        )


def require_classes(table: SampleTable) -> None:
    """Refuse samples that are all of one class.

    Raises:
        DataError: names the class.
    """
    counts = table.class_counts()
    if sum(map(bool, counts)) <= 1:
        names = [name for name, count in zip(table.classes, counts, strict=True) if count]
        raise DataError(
            f"all {len(table)} samples are of one class, {name_some(names)}. Training needs two "
            "classes or more: check the column of the labels"
        )


def check_splits(table: SampleTable, of: str = "", whole: SampleTable | None = None) -> list[str]:
    """Refuse splits that cannot be trained on; return warnings about the others.

    Args:
        table: the samples that a model may see, with their splits.
        of: what these samples are, where they are not all.
        whole: the samples that they are of; classes that its val or test lacks are not warned of.

    Raises:
        DataError: there is no train or no val, or train lacks a class.
    """
    problems, warnings = [], []
    present = table.present_splits()
    for split in present:
        missing = table.missing_classes(split)
        if missing and split == "train":
            problems.append(f"split train has no sample of class {name_some(missing)}{of}")
        elif missing := [
            name for name in missing if whole is None or name not in whole.missing_classes(split)
        ]:
            warnings.append(
                f"split {split} has no sample of class {name_some(missing)}{of}: its recall is "
                f"unknown there, and its F1 counts as 0 in f1_macro of {split}"
            )
    problems += [
        f"there is no split {name}{of}" for name in ("train", "val") if name not in present
    ]
    if problems:
        raise DataError(
            "; ".join(problems) + ". Training needs train and val, with every class in train: add "
            "samples, choose another split with data.split and data.split_seed, or leave rare "
            "classes out with data.rare_classes"
        )
    return warnings
