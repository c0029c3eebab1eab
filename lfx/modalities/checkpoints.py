"""Checkpoints: loading one, and carrying an unfinished run on."""

from __future__ import annotations

import logging
import pickle
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from lfx.modalities.classifier import Classifier, classifier_class
from lfx.modalities.optimization import Optimization
from lfx.runtime.errors import CheckpointError, ConfigError, NothingToResumeError
from lfx.runtime.files import atomic_path
from lfx.runtime.rundir import note_heir, read_status

log = logging.getLogger(__name__)

FOLDER, BEST, LAST = "checkpoints", "best.ckpt", "last.ckpt"
# Where phase 1 of a modality with two phases keeps its own two.
PHASE_1 = f"{FOLDER}/phase_1"
# A checkpoint names the class that it is of; only classes from here are imported for it.
_TRUSTED = "lfx."


def read_checkpoint(file: Path, key: str = "ckpt") -> dict[str, Any]:
    """Read a checkpoint of lfx; nothing in it is executed.

    Args:
        file: where it is.
        key: the setting that named it, for messages.

    Raises:
        CheckpointError: the file is missing, damaged, or not of lfx.
    """
    if not file.is_file():
        raise CheckpointError(
            f"{key}={file}: there is no such file; a run keeps best.ckpt and last.ckpt "
            f"in its folder {PHASE_1 if key == 'phase_1_ckpt' else FOLDER}/"
        )
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise CheckpointError(
            f"{key}={file} is damaged, or no checkpoint ({type(error).__name__} while reading it)"
        ) from error
    if not isinstance(content, dict) or "lfx" not in content:
        raise CheckpointError(f"{key}={file} is no checkpoint of lfx")
    return content


def load_classifier(file: Path) -> tuple[Classifier, dict[str, Any]]:
    """Build the classifier that a checkpoint holds.

    Neither the weights' first source nor the training data are needed.

    Args:
        file: a checkpoint of lfx.

    Returns:
        The classifier in evaluation mode, and what its run noted of itself.

    Raises:
        CheckpointError: the file is missing, damaged, or not of lfx.
    """
    content = read_checkpoint(file)
    own = content["lfx"]
    name: str = own["module"]
    if not name.startswith(_TRUSTED):
        raise CheckpointError(f"ckpt={file} names the class {name}, which is not lfx's own")
    try:
        kind = classifier_class(name)
    except ConfigError as error:
        raise CheckpointError(f"ckpt={file} is of another version: {error}") from error
    if own.get("phase") == 1:
        raise CheckpointError(
            f"ckpt={file} is of phase 1 and has no classifier yet; this trains one: "
            f"python -m lfx.train phase=2 phase_1_ckpt={file}, with the run's modality and encoder"
        )
    try:
        settings = dict(own["classifier"])
        optimization = Optimization(**settings.pop("optimization"))
        encoder = kind.restore_encoder(own["encoder"])
        classifier = kind(encoder, optimization=optimization, **settings)
        classifier.load_state_dict(content["state_dict"])
        classifier.provenance = own["provenance"]
    except (KeyError, TypeError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"ckpt={file} is of another version: {reason}") from error
    return classifier.eval(), dict(own["provenance"])


@dataclass(frozen=True)
class Resumption:
    """What a run carries on from.

    Attributes:
        file: the checkpoint, in the run's own folder.
        provenance: what the run that made it noted of itself.
        phase: of a modality with two phases, which of them it is of; None where there is one.
    """

    file: Path
    provenance: Mapping[str, Any]
    phase: int | None = None


def resume_from(
    ckpt: str, run: Path, settings: Mapping[str, Any], *, siblings: bool = True
) -> Resumption | None:
    """Find the checkpoint to carry on from, and bring it into the run's own folder.

    Args:
        ckpt: `last` for what this run's folder holds already, else for the newest unfinished run
            beside it with these settings; or a file.
        run: this run's folder.
        settings: this run's settings, which have to be those of the checkpoint.
        siblings: whether `last` looks beside this run's folder: in a multirun other jobs lie there.

    Returns:
        What to carry on from; None where no epoch had ended yet, so that training starts from the
        beginning.

    Raises:
        NothingToResumeError: there is no unfinished run, or its settings differ.
        CheckpointError: the file cannot be resumed from.
    """
    own = newest_of(run)
    found: tuple[Path, dict[str, Any]] | None = None
    if ckpt != "last" or own.is_file():
        file = own if ckpt == "last" else Path(ckpt)
        found = file, read_checkpoint(file)
    elif siblings:
        found = _newest_unfinished(run, settings)
    if found is None:
        log.info("no epoch of this run has ended yet: training from the beginning")
        return None
    file, content = found
    differing = _differing(content, settings)
    if differing:
        kind = NothingToResumeError if ckpt == "last" else CheckpointError
        raise kind(
            f"{file} was trained with other settings:\n" + "\n".join(differing) + "\n"
            "resume with the same ones, or leave ckpt out to train from the beginning"
        )
    if "optimizer_states" not in content:
        raise CheckpointError(
            f"ckpt={file} holds weights only; what training resumes from is its run's {LAST}"
        )
    origin = _run_of(file)
    if content["lfx"].get("phase") == 1:
        folder = run / PHASE_1
    else:
        folder = run / FOLDER
        if (origin / PHASE_1).is_dir() and origin.resolve() != run.resolve():
            shutil.copytree(origin / PHASE_1, run / PHASE_1, dirs_exist_ok=True)
    _adopt(file, content, folder)
    if origin != run:
        note_heir(origin, run)
    log.info("resuming from %s", file)
    return Resumption(folder / LAST, content["lfx"]["provenance"], content["lfx"].get("phase"))


def require_same_data(resumed: Resumption, provenance: Mapping[str, Any]) -> None:
    """Refuse to carry on with other data: what was trained on could be validated on.

    Args:
        resumed: what is carried on from.
        provenance: what this run notes of its data.

    Raises:
        CheckpointError: data or split differ.
    """
    kinds = {"data_fingerprint": "data", "split_fingerprint": "split", "paraphrases": "paraphrases"}
    differing = [
        kind for key, kind in kinds.items() if resumed.provenance.get(key) != provenance.get(key)
    ]
    if differing:
        raise CheckpointError(
            f"{resumed.file} was trained on other {' and other '.join(differing)}: the files have "
            "changed since. Leave ckpt out to train from the beginning"
        )


def newest_of(run: Path) -> Path:
    """Give a run's newest `last.ckpt`, of the latest phase that has one; it need not exist."""
    files = [run / FOLDER / LAST, run / PHASE_1 / LAST]
    return next((file for file in files if file.is_file()), files[0])


def _run_of(file: Path) -> Path:
    """Give the folder of the run that a checkpoint is of."""
    folder = next((one for one in file.parents if one.name == FOLDER), file.parent)
    return folder.parent


def _newest_unfinished(
    run: Path, settings: Mapping[str, Any]
) -> tuple[Path, dict[str, Any]] | None:
    """Find the newest unfinished run with these settings; else the newest, to tell what differs."""
    unfinished = []
    for folder in run.parent.iterdir():
        status = read_status(folder)
        if folder != run and status is not None and status.is_abandoned():
            unfinished.append((status.started, newest_of(folder)))
    if not unfinished:
        raise NothingToResumeError(
            f"ckpt=last: there is no unfinished run in {run.parent}; leave ckpt out to train from "
            "the beginning, or give a file"
        )
    newest = None
    for _, file in sorted(unfinished, reverse=True):
        if not file.is_file():
            continue
        try:
            content = read_checkpoint(file)
        except CheckpointError as error:
            log.warning("passed over: %s", error)
            continue
        if not _differing(content, settings):
            return file, content
        newest = newest or (file, content)
    return newest


def _differing(content: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    theirs = content["lfx"]["provenance"].get("settings", {})
    ours_flat, theirs_flat = dict(_flat(settings)), dict(_flat(theirs))
    return [
        f"  {key}: {theirs_flat.get(key)} there, {ours_flat.get(key)} here"
        for key in sorted(ours_flat.keys() | theirs_flat.keys())
        if ours_flat.get(key) != theirs_flat.get(key)
    ]


def _flat(node: Any, prefix: str = "") -> list[tuple[str, Any]]:
    if isinstance(node, Mapping):
        pairs = ((f"{prefix}.{key}" if prefix else str(key), value) for key, value in node.items())
        return [entry for name, value in pairs for entry in _flat(value, name)]
    return [(prefix, node)]


def _adopt(file: Path, content: dict[str, Any], folder: Path) -> None:
    """Copy a run's checkpoints, and tell Lightning's callbacks where the best one lies now.

    Lightning forgets the best score so far when the folder changes.
    """
    old = file.parent
    if (old / BEST).is_file() and old.resolve() != folder.resolve():
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(old / BEST, folder / BEST)
    for state in content.get("callbacks", {}).values():
        if "best_model_path" not in state:
            continue
        was = Path(state["dirpath"])
        state["dirpath"] = str(folder)
        for key in ("best_model_path", "kth_best_model_path", "last_model_path"):
            state[key] = _moved(state[key], was, folder)
        state["best_k_models"] = {
            _moved(path, was, folder): score for path, score in state["best_k_models"].items()
        }
    with atomic_path(folder / LAST) as part:
        torch.save(content, part)


def _moved(path: str, old: Path, new: Path) -> str:
    return str(new / Path(path).relative_to(old)) if path else path
