"""What a checkpoint says of its training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from campaign.case import Case, Expectation, Kind, either
from campaign.material import TEXT

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.material import Material
from campaign.checkpoints.changing import FINE, NO, ON, Content, Edit, put, read


def _resumed(name: str, edit: Edit, expect: Expectation = NO) -> Case:
    """Make a case of carrying on from lfx's own checkpoint, with something in it changed."""

    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        content = read(material, "text", "last.ckpt")
        content["lfx"]["provenance"]["settings"]["trainer"]["max_epochs"] = 3
        edit(content, work)
        torch.save(content, work / "given.ckpt")

    arguments = (*TEXT, *ON, "trainer.max_epochs=3", "ckpt=given.ckpt")
    kept = tuple(one for one in arguments if one != "trainer.max_epochs=1")
    return Case(f"checkpoints/{name}", Kind.hostile_file, "train", kept, expect, prepare)


def _paths_in(content: Content, place: str, best: str) -> None:
    """Say that the best and last checkpoint so far lie somewhere else."""
    states = content.setdefault("callbacks", {})
    for state in [one for one in states.values() if "best_model_path" in one] or [{}]:
        state |= {
            "monitor": "val/loss",
            "dirpath": place,
            "best_model_path": best,
            "best_model_score": torch.tensor(1e9),
            "current_score": torch.tensor(1e9),
            "best_k_models": {best: torch.tensor(1e9)},
            "kth_best_model_path": best,
            "kth_value": torch.tensor(1e9),
            "last_model_path": best,
        }


def _resuming() -> list[Case]:
    anything = either(NO, FINE)

    def elsewhere(dirpath: str, best: str) -> Edit:
        def edit(content: Content, work: Path) -> None:
            precious = str(work.parent / "precious")
            _paths_in(content, dirpath.replace("@", precious), best.replace("@", precious))

        return edit

    nan = float("nan")
    junk: list[tuple[str, str, Any, Expectation]] = [
        ("callbacks_list", "callbacks", [], anything),
        ("callbacks_none", "callbacks", None, anything),
        ("callbacks_junk", "callbacks", {"ModelCheckpoint": 5, "x": {"y": "z"}}, anything),
        ("epoch_huge", "epoch", 10**15, anything),
        ("epoch_negative", "epoch", -4, anything),
        ("epoch_text", "epoch", "x", anything),
        ("step_nan", "global_step", nan, anything),
        ("optimizer_empty", "optimizer_states", [], anything),
        ("optimizer_junk", "optimizer_states", [{"state": {}, "param_groups": []}], anything),
        ("optimizer_text", "optimizer_states", "x", anything),
        ("schedulers_junk", "lr_schedulers", [{"last_epoch": "x", "nothing": 1}], anything),
        ("loops_junk", "loops", {"fit_loop": {"state_dict": 5}}, anything),
        ("loops_none", "loops", None, anything),
        ("no_weights", "state_dict", {}, NO),
        ("provenance_none", "lfx.provenance", None, NO),
        ("settings_list", "lfx.provenance.settings", [], NO),
        ("settings_other", "lfx.provenance.settings.seed", 77, NO),
        ("data_other", "lfx.provenance.data_fingerprint", "0" * 32, NO),
        ("phase_junk", "lfx.phase", [2], anything),
        (
            "hparams_class",
            "hyper_parameters",
            {"_class_path": "os.system", "_instantiator": "os.system"},
            anything,
        ),
        ("datamodule", "datamodule_hyper_parameters", {"_class_path": "os.system"}, anything),
    ]
    return [
        _resumed("resumed_best_is_a_folder", elsewhere("@", "@/letters"), anything),
        _resumed("resumed_best_is_a_file", elsewhere("@", "@/letters/love.txt"), anything),
        _resumed(
            "resumed_best_climbs",
            elsewhere("run/checkpoints", "run/checkpoints/../../../precious/letters"),
            anything,
        ),
        _resumed("resumed_dirpath_is_root", elsewhere("/", "@/notes.md"), anything),
        _resumed("resumed_dirpath_empty", elsewhere("", "@/letters"), anything),
        _resumed(
            "resumed_best_is_a_list",
            lambda content, _work: [
                one.update(best_model_path=["x"]) for one in content["callbacks"].values()
            ],
            anything,
        ),
        _resumed("resumed_best_is_the_home", elsewhere("@", "~"), anything),
        *(
            _resumed(f"resumed_{name}", put(path, value), expect)
            for name, path, value, expect in junk
        ),
    ]


CASES = [*_resuming()]
