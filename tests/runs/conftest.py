from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from lfx.models.heads import LinearHead
from lfx.runs.checkpoint_file import write_content
from lfx.runs.resume import resume_from
from lfx.runs.status import RunStatus

PROVENANCE = {
    "name": "mine",
    "seed": 3,
    "settings": {},
    "config_hash": "c",
    "data_fingerprint": "a",
    "split_fingerprint": "s",
    "splits": {"1": "train", "2": None},
    "columns": {"text": "d"},
    "starts": {},
    "paraphrases": None,
    "background": "white",
}
HEAD = LinearHead(dropout=0.5)
ENCODERS = {
    "image": "lfx.modalities.image.timm_encoder.TimmEncoder",
    "text": "lfx.modalities.text.transformers_encoder.TransformersEncoder",
}
MODALITIES = {
    "image": "lfx.modalities.image.modality.ImageModality",
    "text": "lfx.modalities.text.modality.TextModality",
}


@pytest.fixture(scope="session")
def content_of():
    """Build what a checkpoint of a model holds, but for the training progress."""

    def content(model, head=HEAD, kind="image", **provenance):
        path = f"{type(head).__module__}.{type(head).__name__}"
        return {
            "state_dict": model.state_dict(),
            "lfx": {
                "modality": {"class": MODALITIES[kind], "settings": {}},
                "encoder": {"class": ENCODERS[kind], "settings": model.encoder.description()},
                "head": {"class": path, "settings": asdict(head)},
                "classes": list(model.classes),
                "provenance": PROVENANCE | provenance,
            },
        }

    return content


@pytest.fixture(scope="session")
def put():
    """Set a value deep in a record: `put(content, "lfx|head|class", "os.system")`."""

    def put_value(content, path, value):
        *parents, last = path.split("|")
        for key in parents:
            content = content[key]
        content[last] = value

    return put_value


@pytest.fixture
def leave_unfinished(make_classifier, content_of):
    """Leave what an interrupted run leaves: a status, and a checkpoint to carry on from."""

    def leave(folder, started, settings, phase=None):
        content = content_of(make_classifier(), settings=settings) | {"optimizer_states": []}
        if phase is not None:
            content["lfx"]["phase"] = phase
        where = "checkpoints/phase_1" if phase == 1 else "checkpoints"
        write_content(folder / where / "last.ckpt", content)
        RunStatus("train", state="interrupted", started=started).write(folder)
        return folder

    return leave


@pytest.fixture
def interrupted(begun, configured, tmp_path):
    """Leave a run after its first epoch; returns its folder, and what carries it on."""
    config = configured("modality=image", "trainer.max_epochs=1")
    run = tmp_path / "run"

    def fit(epochs, resumed=None):
        plan, model, context = begun(config, run=run, resumed=resumed)
        trainer = replace(plan.request.trainer, max_epochs=epochs)
        return plan.regime.fit(model, context, replace(plan.request, trainer=trainer)), model

    def carry_on(epochs=3):
        plan, _, _ = begun(config, run=run)
        return fit(epochs, resume_from("last", run, plan.shaping))

    fit(1)
    return run, carry_on
