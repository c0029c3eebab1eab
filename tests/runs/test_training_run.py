"""A run's plan: what does not belong together, what is trusted, and what checkpoints note."""

from __future__ import annotations

import pytest
from torch import nn

from lfx.paraphrasing.paraphrases import Paraphrases, write_paraphrases
from lfx.runs.carry_out import carry_out
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.restore import restore
from lfx.runs.training_run import checkpoint_record
from lfx.runtime.errors import ConfigError


@pytest.mark.parametrize("kind", ["image", "text", "image_contrastive", "text_contrastive"])
def test_the_parts_of_a_run_belong_together(planned, configured, kind):
    plan = planned(configured(f"modality={kind}"))
    plan.require_possible()
    assert {name for name in plan.trusted if not name.startswith("lfx.")} == set()
    assert plan.name == kind
    assert plan.published.name == f"{kind}.parquet"


def test_all_that_is_impossible_is_told_at_once(planned, configured):
    settings = ("encoder=tiny_text", "loss=supcon", "phase=1", "paraphrases.file=some.jsonl")
    plan = planned(configured("modality=image", *settings))
    with pytest.raises(ConfigError, match="encoder=tiny_text reads text, but") as caught:
        plan.require_possible()
    lines = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "encoder=tiny_text",
        "loss",
        "phase",
        "paraphrases",
    ]


@pytest.mark.parametrize("kind", ["image", "text"])
def test_a_checkpoint_notes_what_builds_the_model(begun, configured, kind):
    plan, model, _ = begun(configured(f"modality={kind}", "head=mlp", "head.hidden=7"))
    record = checkpoint_record(plan, model, {"name": "mine"})
    assert set(record) == {"modality", "encoder", "head", "classes", "provenance"}
    section = plan.settings["modality"]
    augmentation = {key: one for key, one in section["augmentation"].items() if key != "_target_"}
    settings = {"column": kind, "augmentation": augmentation}
    assert record["modality"] == {"class": section["_target_"], "settings": settings}
    assert record["encoder"]["settings"] == model.encoder.description()
    assert record["head"] == {
        "class": "lfx.models.heads.MlpHead",
        "settings": {"dropout": plan.head.dropout, "l2": 0.0, "hidden": 7},
    }
    assert record["classes"] == list(model.classes)
    assert record["provenance"] == {"name": "mine"}


def test_both_phases_end_in_a_model_with_the_head_that_was_asked_for(planned, configured, tmp_path):
    config = configured(
        "modality=text_contrastive",
        "head=mlp",
        "head.hidden=7",
        "trainer.max_epochs=1",
        "training.phase_2.max_epochs=2",
    )
    trained = carry_out(planned(config), tmp_path / "run", siblings=False)
    best = read_checkpoint(trained.outcome.best)
    assert best.phase == 2
    assert [type(part) for part in restore(best).head] == [nn.Linear, nn.ReLU, nn.Linear]
    assert set(trained.metrics) == {"val", "test"}
    assert trained.predictions.metadata.name == "text_contrastive"
    assert trained.predictions.metadata.modality == "text"


def test_paraphrases_are_trained_on_and_not_predicted(planned, configured, tmp_path):
    file = tmp_path / "other.jsonl"
    settings = ("modality=text", "trainer.max_epochs=1", f"paraphrases.file='{file}'")
    plan = planned(configured(*settings))
    table = plan.dataset.labelled()
    texts = {table.ids[row]: "what a day" for row in table.rows("train")}
    write_paraphrases(file, texts)
    trained = carry_out(plan, tmp_path / "run", siblings=False)
    assert len(trained.trained_on.rows("train")) == 2 * len(table.rows("train"))
    assert len(trained.context.table) == len(table)
    assert set(trained.predictions.sample_id) <= set(table.ids)
    noted = read_checkpoint(trained.outcome.best).provenance
    assert noted.paraphrases == Paraphrases(texts).fingerprint()
    assert noted.data_fingerprint == table.data_fingerprint()
