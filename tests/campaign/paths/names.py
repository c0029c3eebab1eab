"""Runs' names, and the largest values that settings take."""

from __future__ import annotations

from campaign.case import Case, either, left, refused, right
from campaign.material import QUICK, TEXT, table
from campaign.paths.placing import SAME, case

_PREDICTED = right(left("run/predictions.parquet"))


def _too_long() -> list[Case]:
    """A name of more than 255 bytes, in each place of a path."""
    long, on = "x" * 300, table("plain.jsonl")
    too_long = refused("too long|255 bytes|shorter")
    predict, report = (*on, "hydra.run.dir=run"), ("hydra.run.dir=run",)
    fuse = ("data=table", "data.name=plain", "hydra.run.dir=run")
    augment = ("augmenter=keyboard", *on, "hydra.run.dir=run")
    return [
        case("long_root", (*TEXT, *on, f"data.root={long}"), too_long),
        case("long_cache", (*TEXT, *on, f"data.cache_dir={long}"), too_long),
        case(
            "long_split_file", (*TEXT, *on, "data.split=file", f"data.split_file={long}"), too_long
        ),
        case("long_paraphrases", (*TEXT, *on, f"paraphrases.file={long}"), too_long),
        case("long_artifacts", (*TEXT, *on, f"artifacts.dir={long}"), too_long),
        case("long_run", (*TEXT[:-1], *on, f"hydra.run.dir={long}"), too_long),
        case("long_ckpt_train", (*TEXT, *on, f"ckpt={long}"), too_long),
        case("long_ckpt", (*predict, f"ckpt={long}"), too_long, stage="predict"),
        case("long_member", (*fuse, f"members.text={long}"), too_long, stage="fuse"),
        case("long_file", (*augment, f"file={long}"), too_long, stage="augment"),
        case("long_runs", (*report, f"runs={long}"), too_long, stage="report"),
        case("long_one_run", (*report, f"run={long}"), too_long, stage="report"),
        case("long_sweep", (*report, f"sweep={long}"), too_long, stage="report"),
    ]


def _names() -> list[Case]:
    on = table("plain.jsonl")
    odd = {
        "umlaut": "Überlauf",
        "chinese": "名字",
        "spaces": "my first run",
        "dots": "v1.0.2",
        "minus": "'-x'",
        "percent": "'100%'",
        "equals": "'a=b'",
        "con": "con",
        "on_missing": "on_missing",
    }
    cases = [
        case(f"name_{what}", (*TEXT, *on, f"name={name}"), either(SAME, refused("name")))
        for what, name in odd.items()
    ]
    cases += [
        case("seed_largest", (*TEXT, *on, "seed=4294967295"), _PREDICTED),
        case("split_seed_largest", (*TEXT, *on, "data.split_seed=4294967295"), _PREDICTED),
        case("batch_size_huge", (*TEXT, *on, "trainer.batch_size=1000000"), _PREDICTED),
        case(
            "batch_size_beyond_int64",
            (*TEXT, *on, "trainer.batch_size=99999999999999999999"),
            either(_PREDICTED, refused("batch_size")),
        ),
        case(
            "epochs_beyond_int64",
            (
                *TEXT,
                *on,
                "trainer.max_epochs=99999999999999999999",
                "trainer.patience=1",
                "training.optimizer.learning_rate=1",
            ),
            either(_PREDICTED, refused("max_epochs")),
        ),
        case(
            "learning_rate_huge",
            (*TEXT, *on, "training.optimizer.learning_rate=1e30"),
            either(_PREDICTED, refused("learning rate|loss")),
        ),
        case("l2_huge", (*TEXT, *on, "head.l2=1e300"), either(_PREDICTED, refused("loss|l2"))),
        case(
            "vocabulary_huge",
            (*TEXT, *on, "encoder.vocabulary=1000000"),
            either(_PREDICTED, refused("vocabulary")),
        ),
        case("name_same_as_sample", (*TEXT, *on, "data.name=s003"), _PREDICTED),
        case("two_loggers", (*TEXT, *on, "logger=csv"), _PREDICTED),
        case(
            "nothing_at_all_in_quotes",
            (*QUICK, *on, "modality='text'", "encoder.vocabulary=300"),
            SAME,
        ),
    ]
    return cases


CASES = [*_names(), *_too_long()]
