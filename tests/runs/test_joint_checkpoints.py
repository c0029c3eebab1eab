"""Checkpoints of joint models: the classes of their parts are found, but no stranger's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

from lfx.data.dataset import Dataset
from lfx.data.number_column import NumberColumn
from lfx.data.sources.table import TableSource
from lfx.modalities.joint.builder import JointEncoderBuilder
from lfx.modalities.joint.modality import JointModality
from lfx.models.classifier import Classifier
from lfx.models.heads import LinearHead
from lfx.runs.apply import apply_checkpoint
from lfx.runs.checkpoint_file import write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.rehearsal import require_restorable
from lfx.runs.restore import restore, restore_encoder, restore_modality
from lfx.runs.training_run import checkpoint_record
from lfx.runtime.errors import CheckpointError, ConfigError, DataError
from lfx.runtime.imports import import_object
from lfx.training.predict import predict

MODULE = """
from dataclasses import dataclass

from torch import nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.modalities.image.timm_encoder import TimmEncoder

print("imported")

class Added(FusionModule):
    def __init__(self, parts, width):
        super().__init__()
        self.features = width
        self.layers = nn.ModuleDict(
            {name: nn.Linear(widths.features, width) for name, widths in parts.items()}
        )

    def forward(self, parts):
        return sum(self.layers[name](part.features_or(0.0)) for name, part in sorted(parts.items()))

@dataclass(frozen=True, kw_only=True)
class Sum(JointFusion):
    width: int = 6

    def build(self, parts):
        return Added(parts, self.width)

@dataclass(frozen=True, kw_only=True)
class Mine(TimmEncoder):
    pass
"""


@pytest.fixture
def saved(begun, configured, tmp_path):
    """Write the checkpoint of an untrained joint model; returns the model and what was read."""

    def write(*overrides, change=None):
        plan, model, context = begun(configured("modality=joint", *overrides))
        record = dict(context.checkpoints.record)
        if change is not None:
            change(record)
        write_content(tmp_path / "one.ckpt", {"state_dict": model.state_dict(), "lfx": record})
        return plan, model.eval(), context, read_checkpoint(tmp_path / "one.ckpt")

    return write


@pytest.mark.parametrize(
    "joint", ["concat", "gated", "cross_attention", "tensor", "hybrid joint@joint.inner=gated"]
)
def test_a_checkpoint_is_all_that_is_needed(saved, table, joint):
    _, model, context, checkpoint = saved(*f"joint={joint}".split(" "))
    loaded = restore(checkpoint)
    assert not loaded.training
    rows = table.rows("val")
    assert (predict(loaded, rows, context) == predict(model, rows, context)).all()
    modality = restore_modality(checkpoint)
    assert isinstance(modality, JointModality)
    assert modality.columns() == ("image", "text")
    encoder = restore_encoder(checkpoint)
    assert encoder.state_dict().keys() == model.encoder.state_dict().keys()


def test_settings_of_what_reads_the_parts_come_back(saved):
    _, _, _, checkpoint = saved("modality.inputs.text.augmentation.token_drop=0.25")
    assert restore_modality(checkpoint).parts["text"].augmentation.token_drop == 0.25
    with pytest.raises(DataError, match="the data have no column photo; they have text, image"):
        saved("modality.inputs.image.column=photo")


@pytest.fixture
def apply(table, tmp_path):
    """Apply a model to a Parquet file of the demo's ids, labels and texts, and further columns."""

    def predict_file(checkpoint, context, texts="text", **columns):
        names = {"id": table.ids, "label": table.class_names(), texts: table.columns["text"].values}
        parquet.write_table(pa.table(names | columns), tmp_path / "rows.parquet")
        named = {name: name for name in columns}
        source = TableSource(root=str(tmp_path), file="rows.parquet", columns=named)
        dataset = Dataset("rows", str(tmp_path), source, cache_dir=str(tmp_path / "cache"))
        return apply_checkpoint(checkpoint, dataset, context.compute, tmp_path)

    return predict_file


@pytest.mark.parametrize("joint", ["concat", "cross_attention", "tensor"])
@pytest.mark.parametrize("empty", [False, True])
def test_a_column_that_new_data_lack_is_lacked_by_every_sample(
    saved, apply, table, caplog, joint, empty
):
    _, model, context, checkpoint = saved(f"joint={joint}")
    columns = {"image": pa.nulls(len(table))} if empty else {}
    predictions = apply(checkpoint, context, **columns)
    everyone = np.ones(len(table), dtype=bool)
    columns = {**table.columns, "image": table.columns["image"].without(everyone)}
    context = replace(context, table=replace(table, columns=columns))
    expected = predict(model, range(len(table)), context)
    np.testing.assert_allclose(predictions.logits, expected, atol=1e-5)
    assert [*predictions.metadata.columns] == ["text"]
    what = "nothing in column image" if empty else "no column image"
    told = f"the data have {what}: every sample lacks image, and the model goes by text"
    assert f"{told} alone" in caplog.messages


def test_an_empty_column_is_of_the_kind_that_is_read(apply, table, begun, configured):
    parts = "encoder@modality.encoders.vec=mlp"
    vectors = np.arange(3.0 * len(table), dtype=np.float32).reshape(-1, 3)
    several = replace(table, columns={**table.columns, "vec": NumberColumn.of([*vectors])})
    _, model, context = begun(configured("modality=joint", parts), samples=several)
    content = {"state_dict": model.state_dict(), "lfx": context.checkpoints.record}
    file = context.run / "vec.ckpt"
    write_content(file, content)
    for kind in (pa.null(), pa.string(), pa.list_(pa.float32())):
        predictions = apply(read_checkpoint(file), context, vec=pa.nulls(len(table), kind))
        assert [*predictions.metadata.columns] == ["text"]
        assert len(predictions.logits) == len(table)
    message = (
        r"column vec holds texts, and the model reads numbers or files; in data=table "
        r"data\.source\.columns\.vec=COLUMN names another$"
    )
    with pytest.raises(DataError, match=message):
        apply(read_checkpoint(file), context, vec=["a"] * len(table))


def test_data_without_anything_that_is_read_are_refused_by_settings_of_the_data(
    saved, apply, table
):
    _, _, context, joint = saved()
    numbers = pa.array([[1.0, 2.0]] * len(table))
    with pytest.raises(
        DataError, match="no column image or text, which the model reads; they have"
    ) as caught:
        apply(joint, context, texts="tweet", more=numbers)
    assert str(caught.value).endswith(
        "they have more. In data=table data.source.columns.image=COLUMN or "
        "data.source.columns.text=COLUMN names the file's"
    )
    _, _, _, unimodal = saved("modality=text")
    with pytest.raises(DataError, match="no column text, which the model reads") as caught:
        apply(unimodal, context, texts="tweet", more=numbers)
    assert "data.source.columns.text=COLUMN" in str(caught.value)
    assert "modality." not in str(caught.value)


@pytest.mark.parametrize(
    "path",
    [
        "encoder|settings|parts|text|_target_",
        "encoder|settings|fusion|_target_",
        "encoder|settings|fusion|inner|_target_",
    ],
)
def test_a_class_of_strangers_in_a_part_is_refused(saved, put, path):
    _, _, _, checkpoint = saved(
        "joint=hybrid", change=lambda record: put(record, path, "subprocess.Popen")
    )
    with pytest.raises(CheckpointError, match=r"names the class 'subprocess\.Popen', which is not"):
        restore(checkpoint)
    with pytest.raises(CheckpointError, match=r"names the class 'subprocess\.Popen', which is not"):
        restore_encoder(checkpoint)


def test_a_class_of_strangers_among_what_is_read_is_refused(saved, put):
    path = "modality|settings|encoders|text|_target_"
    _, _, _, checkpoint = saved(change=lambda record: put(record, path, "os.system"))
    with pytest.raises(CheckpointError, match=r"names the class 'os\.system', which is not lfx's"):
        restore_modality(checkpoint)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("encoder|settings|parts|text|description|config|hidden_size", 2**20, "far larger than"),
        ("encoder|settings|fusion|width", 2**24, "far larger than|does not describe"),
        ("encoder|settings|fusion|layers", 10**9, "layers must be at least 1 and at most 64"),
        ("encoder|settings|fusion|width", 64, "is float32"),
        ("encoder|settings|parts|text", None, "one named section or more"),
        ("encoder|settings|parts", {}, "one named section or more"),
        ("encoder|settings|fusion|more", 1, "unexpected keyword argument 'more'"),
    ],
)
def test_what_does_not_describe_the_weights_is_refused(saved, put, path, value, message):
    _, _, _, checkpoint = saved(
        "joint=cross_attention", change=lambda record: put(record, path, value)
    )
    with pytest.raises(CheckpointError, match=f"(?s)does not describe the model.*{message}"):
        restore(checkpoint)


@pytest.fixture
def builders_of(begun, configured):
    """Build the joint encoder of the demo data, its parts joined by something else."""
    plan, _, _ = begun(configured("modality=joint"))

    def build(fusion):
        joined = JointEncoderBuilder(encoders=plan.encoder.encoders, fusion=fusion)
        return joined.build([{"text": "good morning"}] * 3)

    return build


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's own: its name."""
    name = f"joining_{abs(hash(tmp_path))}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return name


def test_a_part_may_be_ones_own(saved, own, table):
    plan, model, context, checkpoint = saved(f"modality.encoders.image._target_={own}.Mine")
    assert f"{own}.Mine" in plan.trusted
    with pytest.raises(CheckpointError, match=rf"trust=\[{own}\.Mine\]"):
        restore(checkpoint)
    rows = table.rows("val")
    loaded = restore(checkpoint, plan.trusted)
    assert (predict(loaded, rows, context) == predict(model, rows, context)).all()
    assert isinstance(restore_modality(checkpoint, plan.trusted), JointModality)


def test_what_joins_them_may_be_ones_own(saved, builders_of, own, put, tmp_path):
    record = saved()[2].checkpoints.record | {"classes": ["bad", "good"]}
    kind = import_object(f"{own}.Sum")
    encoder = builders_of(kind(width=5))
    model = Classifier(encoder, LinearHead(dropout=0.0), classes=("bad", "good"))
    content = {"state_dict": model.state_dict(), "lfx": record}
    put(content, "lfx|encoder|settings", encoder.description())
    write_content(tmp_path / "own.ckpt", content)
    checkpoint = read_checkpoint(tmp_path / "own.ckpt")
    with pytest.raises(CheckpointError, match=rf"trust=\[{own}\.Sum\]"):
        restore(checkpoint)
    loaded = restore(checkpoint, {f"{own}.Sum"})
    assert loaded.encoder.fusion == kind(width=5)
    assert loaded.encoder.features == 5


def test_a_model_with_a_part_of_ones_own_is_rehearsed_before_it_is_trained(begun, configured, own):
    plan, model, context = begun(
        configured("modality=joint", f"modality.encoders.image._target_={own}.Mine")
    )
    record = checkpoint_record(plan, model, context.checkpoints.record["provenance"])
    state = torch.get_rng_state()
    require_restorable(record, model.encoder, plan.head, plan.trusted)
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ConfigError, match=r"no checkpoint could restore this model: .*Mine"):
        require_restorable(record, model.encoder, plan.head, set())
