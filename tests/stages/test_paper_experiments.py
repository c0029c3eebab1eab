"""The paper's experiments at full size: real architectures, random weights, two steps each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from running import fail, succeed
from transformers import AutoModel, RobertaConfig, RobertaModel

from lfx.artifacts.parquet import read_predictions
from lfx.encoders.tokenizer import train_tokenizer
from lfx.modalities.checkpoints import load_classifier

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

# Batches of 4 in the place of 16, for the sake of the tests' memory and time.
SHORT = [
    "data=demo",
    "data.source.pairs=150",
    "trainer.max_epochs=1",
    "trainer.limit_train_batches=2",
    "trainer.batch_size=4",
    "trainer.progress=false",
    "hydra.run.dir=run",
]


def size(run: Path) -> int:
    classifier, _ = load_classifier(run / "checkpoints/best.ckpt")
    return sum(parameter.numel() for parameter in classifier.encoder.parameters())


def test_vgg16_takes_two_steps(tmp_path: Path) -> None:
    random = ["encoder.weights.source=none", "encoder.trainable=everything"]
    # The rate is that of a classifier on frozen layers.
    slow = ["modality.optimizer.learning_rate=1e-5", "modality.optimizer.head_learning_rate=1e-5"]
    succeed(tmp_path, "train", "experiment=paper/vgg16", *SHORT, *random, *slow, "data.fold=0")
    assert size(tmp_path / "run/fold_0") == 134_260_544  # VGG16 less its classifier of 1,000
    predictions = read_predictions(tmp_path / "run/predictions.parquet")
    assert set(predictions.fold) == {0}
    assert set(predictions.split) == {"oof", "test"}


def test_resnet50_takes_two_steps(tmp_path: Path) -> None:
    succeed(tmp_path, "train", "experiment=paper/resnet50", *SHORT, "encoder.weights.source=none")
    assert size(tmp_path / "run") == 23_508_032
    assert (tmp_path / "outputs/artifacts/demo/paper/seed_0/resnet50.parquet").is_file()


@pytest.mark.parametrize("variant", ["paper", "published_code"])
def test_resnet50_contrastive_takes_two_steps_of_each_phase(tmp_path: Path, variant: str) -> None:
    own = [f"variant={variant}", "encoder.weights.source=none", "modality.phase_2.max_epochs=1"]
    succeed(tmp_path, "train", "experiment=paper/resnet50_contrastive", *SHORT, *own)
    assert size(tmp_path / "run") == 23_508_032
    metrics = json.loads((tmp_path / "run/metrics.json").read_text())
    assert metrics["test"]["support"] == 15


@pytest.fixture(scope="module")
def roberta(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """RoBERTa-base as the hub has it, vocabulary and all, but for its weights and its merges."""
    folder = tmp_path_factory.mktemp("roberta")
    config = RobertaConfig(vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1)
    RobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer = train_tokenizer(["happy morning", "sad evening", "@user http"] * 5, 400, 128)
    (folder / "tokenizer.json").write_text(tokenizer.state)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>"})
    )
    return folder


def test_roberta_takes_two_steps(tmp_path: Path, roberta: Path) -> None:
    texts = [f'{{"id": "{number}", "text": "joy"}}' for number in range(3)]
    (tmp_path / "paraphrases.jsonl").write_text("\n".join(texts))
    message = fail(tmp_path, "train", "experiment=paper/roberta", *SHORT)
    assert (
        "paraphrases.file=outputs/paraphrases/demo/paper_seed_0.jsonl: there is no such file"
        in message
    )
    own = [
        "encoder.weights.source=path",
        f"encoder.weights.path={roberta}",
        "paraphrases.file=null",
    ]
    succeed(tmp_path, "train", "experiment=paper/roberta", *SHORT, *own)
    assert size(tmp_path / "run") == 124_055_040
    whole = sum(one.numel() for one in AutoModel.from_pretrained(roberta).parameters())
    assert whole > size(tmp_path / "run")  # the pooler, which lfx does not use


def test_the_schemes_fuse_what_the_experiments_published(tmp_path: Path) -> None:
    for kind, name in (("image", "resnet50"), ("text", "roberta")):
        own = [f"modality={kind}", f"name={name}", "data.source.pairs=200"]
        folder = "artifacts.dir=outputs/artifacts/demo/paper/seed_0"
        succeed(tmp_path, "train", *own, folder, "trainer.max_epochs=1", "trainer.progress=false")
    for scheme in ("detection_rate", "minimizing_loss"):
        both = [
            succeed(tmp_path, "fuse", f"experiment=paper/{scheme}", "data=demo", f"variant={one}")
            for one in ("paper", "published_code")
        ]
        text, code = (one.partition("weights: ")[2].splitlines()[0] for one in both)
        assert text == code
    message = fail(tmp_path, "fuse", "variant=published_code")
    assert "form of the paper's experiments" in message
