"""Settings of fuse, report, augment and predict."""

from __future__ import annotations

from campaign.material import table
from campaign.settings.giving import settings_case

_RUN = ("hydra.run.dir=run",)
_AUGMENT = ("augmenter=keyboard", *table("plain.jsonl"), *_RUN)
_FUSE = ("data=table", "data.name=plain", *_RUN)
_OF_FUSE = [
    ("fusion=nonsense", "fusion|nonsense"),
    ("fit_split=train", "fit_split"),
    ("fit_split=test", "leak|test"),
    ("fit_folds=0", "fit_folds"),
    ("objective=test/accuracy", "objective"),
    ("objective=val/beauty", "objective"),
    ("objective=accuracy", "objective"),
    ("members.on_missing=shrug", "on_missing"),
    ("members.third=nowhere.parquet", "nowhere.parquet"),
    ("members.third=data", "data"),
    ("members.third=/dev/null", "null"),
    ("members.text=''", "text|artifact"),
    ("~members.image ~members.text", "member"),
    ("fusion=weighted fusion.weights.text=-1", "weight"),
    ("fusion=weighted fusion.weights.text=nan", "weight"),
    ("fusion=weighted fusion.weights.text=2", "weight"),
    ("fusion=weighted fusion.weights.nobody=0.5", "nobody"),
    ("fusion=weighted fusion.weights.text=inf", "weight"),
    ("fusion=detection_rate fusion.alpha=most", "alpha"),
    ("fusion=minimizing_loss fusion.metric=beauty", "metric"),
    ("calibration=magic", "calibration"),
    ("device=meta", "device"),
    ("device=cuda:42", "device"),
    ("artifacts.dir=nowhere", "nowhere"),
    ("name=a/b", "name"),
    ("seed=-1", "seed"),
    ("logger=paper", "logger"),
    ("fit_split=oof", "oof"),
]
_OF_REPORT = [
    ("runs=nowhere", "nowhere"),
    ("runs=data/plain.jsonl", "plain.jsonl"),
    ("runs=data", "no completed run"),
    ("run=nowhere", "nowhere"),
    ("run=data", "data"),
    ("sweep=nowhere", "nowhere"),
    ("sweep=data", "data"),
    ("run=a sweep=b", "run=|give one"),
    ("cases=0", "cases"),
    ("cases=many", "cases"),
    ("newest=perhaps", "newest"),
    ("against=text", "against"),
    ("reference=nature", "reference"),
    ("reference=paper over_seeds=true", "over_seeds"),
    ("data=nothing", "data"),
    ("nothing=1", "nothing"),
]
_OF_AUGMENT = [
    ("share=0", "share"),
    ("share=1.5", "share"),
    ("share=nan", "share"),
    ("share=most", "share"),
    ("batch_size=0", "batch_size"),
    ("examples=-1", "examples"),
    ("seed=-1", "seed"),
    ("file=/tmp", "file"),
    ("file=data", "file"),
    ("file=''", "file"),
    ("file=/proc/nothing/x.jsonl", "file"),
    ("file=data/plain.jsonl/x.jsonl", "file"),
    ("augmenter=poet", "augmenter"),
    ("augmenter.character_share=2", "character_share"),
    ("augmenter.character_share=nan", "character_share"),
    ("data.folds=2 data.fold=1", "fold"),
    ("augmenter=marian", "hub|marian"),
]
_OF_PREDICT = [
    ("", "ckpt"),
    ("ckpt=nowhere.ckpt", "nowhere.ckpt"),
    ("ckpt=data", "ckpt=data"),
    ("ckpt=/dev/null", "ckpt"),
    ("ckpt=last", "ckpt"),
    ("ckpt=data/plain.jsonl batch_size=0", "batch_size"),
    ("ckpt=data/plain.jsonl data.folds=2", "folds"),
    ("ckpt=data/plain.jsonl name=a/b", "name"),
    ("ckpt=data/plain.jsonl", "plain.jsonl"),
    ("ckpt=data/plain.jsonl precision=fp8", "precision"),
    ("ckpt=data/plain.jsonl device=meta", "device|damaged"),
]


CASES = [
    *(settings_case("augment", "augment", _AUGMENT, one) for one in _OF_AUGMENT),
    *(
        settings_case("predict", "predict", (*table("plain.jsonl"), *_RUN), one)
        for one in _OF_PREDICT
    ),
    *(settings_case("report", "report", _RUN, one) for one in _OF_REPORT),
    *(settings_case("fuse", "fuse", _FUSE, one, members=True) for one in _OF_FUSE),
]
