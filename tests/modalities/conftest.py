from __future__ import annotations

import pytest
import torch

from lfx.modalities.image.timm_encoder import TimmEncoder
from lfx.modalities.text.transformers_encoder import TransformersEncoder

TEXTS = ["good morning sunny world", "the train was late again", "what a day, what a game"] * 5
BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 48,
}


@pytest.fixture
def make_image():
    """Build an image encoder, random unless told otherwise."""

    def build(**changes):
        settings = {
            "architecture": "resnet10t",
            "image_size": 32,
            "mean": [0.4, 0.5, 0.6],
            "std": [0.2, 0.25, 0.3],
        }
        torch.manual_seed(0)
        return TimmEncoder(**(settings | changes)).build([])

    return build


@pytest.fixture
def make_text():
    """Build a text encoder, random unless told otherwise."""

    def build(train_texts=TEXTS, **changes):
        settings = {
            "model_type": "bert",
            "model_args": BERT,
            "max_length": 12,
            "vocabulary": 320,
        }
        torch.manual_seed(0)
        return TransformersEncoder(**(settings | changes)).build(train_texts)

    return build


@pytest.fixture(scope="session")
def pixels():
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (3, 3, 32, 32), dtype=torch.uint8, generator=generator)


@pytest.fixture(scope="session")
def tokenize():
    """Tokenise and pad texts for an encoder."""

    def build(encoder, texts):
        ids = encoder.tokenizer(texts)
        longest = max(map(len, ids))
        padding = encoder.tokenizer.padding
        return {
            "input_ids": torch.tensor([one + [padding] * (longest - len(one)) for one in ids]),
            "attention_mask": torch.tensor(
                [[1] * len(one) + [0] * (longest - len(one)) for one in ids]
            ),
        }

    return build
