"""Files and folders that the user may not read, or may not write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.case import Case, Expectation, refused
from campaign.material import TEXT, table
from campaign.paths.placing import case

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_DENIED = "Permission denied"
_FUSE = ("data=table", "data.name=plain", "device=cpu", "hydra.run.dir=run")
_READABLE = 0o500


def _closed(name: str, mode: int = 0) -> Callable[[Path], object]:
    def close(work: Path) -> None:
        path = work / name
        if not path.exists():
            path.mkdir()
        path.chmod(mode)

    return close


def _told(*phrases: str) -> Expectation:
    return refused(_DENIED, *phrases)


def _trained(name: str, arguments: tuple[str, ...], closed: str, stage: str, told: str) -> Case:
    """Make a case where something of a trained run may not be read."""
    return case(f"closed_{name}", arguments, _told(told), _closed(closed), stage, "text")


def _cases() -> list[Case]:
    on = table("plain.jsonl")
    text = (*TEXT, *on)
    run = text[: text.index("hydra.run.dir=run")] + text[text.index("hydra.run.dir=run") + 1 :]
    checkpoint = "old/text/checkpoints/best.ckpt"
    return [
        case("closed_images", text, _told("s000"), _closed("data/images")),
        case("closed_image", text, _told("s003"), _closed("data/images/003.png")),
        case("closed_table", text, _told("plain.jsonl"), _closed("data/plain.jsonl")),
        case("closed_root", text, _told("data"), _closed("data")),
        *(
            case(f"closed_{name}", (*run, f"{key}=shut/x"), _told("shut"), _closed("shut"))
            for name, key in (
                ("run_folder", "hydra.run.dir"),
                ("artifacts", "artifacts.dir"),
                ("cache", "data.cache_dir"),
                ("checkpoint_to_be", "ckpt"),
                ("paraphrases", "paraphrases.file"),
                ("data", "data.root"),
            )
        ),
        *(
            case(
                f"read_only_{name}",
                (*run, f"{key}=shut/x"),
                _told("shut"),
                _closed("shut", _READABLE),
            )
            for name, key in (
                ("run_folder", "hydra.run.dir"),
                ("artifacts", "artifacts.dir"),
                ("cache", "data.cache_dir"),
            )
        ),
        case(
            "closed_sweep",
            ("-m", *run, "hydra.sweep.dir=shut/x", "trainer.seed=0,1"),
            _told("shut"),
            _closed("shut"),
        ),
        case(
            "closed_configs",
            (*text, "--config-dir", "shut/x"),
            refused("shut"),
            _closed("shut"),
        ),
        _trained("runs", ("runs=shut/x", "hydra.run.dir=run"), "shut", "report", "shut"),
        _trained("run", ("run=old/text", "hydra.run.dir=run"), "old/text", "report", "old/text"),
        _trained("checkpoint", (f"ckpt={checkpoint}", *on), checkpoint, "predict", "best.ckpt"),
        _trained(
            "checkpoints", (f"ckpt={checkpoint}", *on), "old/text/checkpoints", "predict", "best"
        ),
        _trained("member", _FUSE, "outputs/artifacts/plain/text.parquet", "fuse", "text.parquet"),
        _trained("members", _FUSE, "outputs/artifacts/plain", "fuse", "parquet"),
    ]


CASES = _cases()
