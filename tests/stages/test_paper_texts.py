"""The paper's text model: the real architecture, random weights, two steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from full_size import SHORT, size
from running import fail, succeed
from transformers import AutoModel, RobertaConfig, RobertaModel

from lfx.modalities.text.tokenizer import train_tokenizer

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


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
    message = fail(tmp_path, "train", "experiment=paper/roberta", *SHORT)
    assert (
        "paraphrases.file=outputs/paraphrases/demo/paper_seed_0.jsonl: there is no such file"
        in message
    )
    texts = [json.dumps({"id": f"{number}", "text": "joy"}) for number in range(1, 41)]
    (tmp_path / "outputs/paraphrases/demo").mkdir(parents=True)
    (tmp_path / "outputs/paraphrases/demo/paper_seed_0.jsonl").write_text("\n".join(texts))
    own = ["encoder.weights.source=path", f"encoder.weights.path={roberta}"]
    output = succeed(tmp_path, "train", "experiment=paper/roberta", *SHORT, *own)
    assert "of 80 training texts are joined by paraphrases" in output
    assert size(tmp_path / "run") == 124_055_040
    whole = sum(one.numel() for one in AutoModel.from_pretrained(roberta).parameters())
    assert whole > size(tmp_path / "run")  # the pooler, which lfx does not use
