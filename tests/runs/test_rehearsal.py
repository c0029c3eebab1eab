"""A model of one's own that no checkpoint could restore is refused before it is trained."""

from __future__ import annotations

import pytest
import torch

from lfx.models.heads import LinearHead
from lfx.runs.checkpoint_content import PARTS
from lfx.runs.rehearsal import require_restorable
from lfx.runs.training_run import checkpoint_record
from lfx.runtime.errors import ConfigError

HEAD = LinearHead(dropout=0.5)
MODULE = """
from dataclasses import dataclass
from lfx.models.heads import LinearHead
from lfx.modalities.image.timm_encoder import TimmEncoder

@dataclass(frozen=True, kw_only=True)
class Mine(LinearHead):
    pass

class Encoder(TimmEncoder):
    pass

class Forgetful(TimmEncoder):
    @staticmethod
    def restore(description):
        return TimmEncoder.restore({**description, "architecture": "resnet18"})

class Failing(TimmEncoder):
    @staticmethod
    def restore(description):
        return description["no such thing"]
"""


@pytest.fixture
def rehearse(make_classifier, content_of, tmp_path, monkeypatch):
    name = f"parts_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    model = make_classifier()

    def check(*, trusted=True, description=None, **classes):
        record = content_of(model)["lfx"]
        for key, target in classes.items():
            record[key]["class"] = f"{name}.{target}"
        record["encoder"]["settings"] |= description or {}
        named = {record[key]["class"] for key in PARTS}
        require_restorable(record, model.encoder, HEAD, named if trusted else set())

    return check


def test_a_model_that_can_be_restored_is_trained(rehearse):
    rehearse()
    rehearse(trusted=False)  # lfx's own classes are not asked
    rehearse(head="Mine", encoder="Encoder")


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"encoder": "Forgetful"}, "does not describe the model of its weights"),
        ({"encoder": "Failing"}, "KeyError: 'no such thing'"),
        ({"encoder": "Encoder", "description": {"more": object()}}, "WeightsUnpickler|cannot be"),
        ({"encoder": "Encoder", "description": {"more": lambda: 1}}, "cannot be written: "),
        (
            {"encoder": "Encoder", "description": {"more": 1 + 2j}},
            "no record of plain values|cannot",
        ),
        ({"encoder": "Gone"}, "Gone cannot be imported"),
    ],
)
def test_one_that_cannot_is_refused(rehearse, given, reason):
    with pytest.raises(ConfigError, match=rf"^no checkpoint could .* this model(.|\n)*({reason})"):
        rehearse(**given)


def test_a_model_that_is_contrasted_first_is_rehearsed_as_it_will_be(
    begun, configured, content_of, make_classifier, tmp_path, monkeypatch
):
    name = f"heads_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plan, model, _ = begun(configured("modality=image_contrastive", "head=mlp"))
    provenance = content_of(make_classifier())["lfx"]["provenance"]
    record = checkpoint_record(plan, model, provenance)
    record["encoder"]["class"] = f"{name}.Encoder"
    state = torch.get_rng_state()
    require_restorable(record, model.encoder, plan.head, {f"{name}.Encoder"})
    assert torch.equal(torch.get_rng_state(), state)
