"""Vectors of tokens and patches, beside the feature vectors that they are pooled to."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lfx.modalities.encoder import Encoder
from lfx.modalities.image.encoder import ImageEncoder, patches_of
from lfx.modalities.text.encoder import masked_mean

# Maps with channels first and last, tokens of a transformer, a head with a width of its own, and an
# architecture with several maps.
ARCHITECTURES = {
    "resnet10t": (64, 4),
    "swin_s3_tiny_224": (224, 49),
    "test_vit": (160, 101),
    "mobilenetv3_small_050": (64, 4),
    "coat_tiny": (224, 1),
}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_patches_come_with_the_features_that_the_model_gives(architecture):
    size, patches = ARCHITECTURES[architecture]
    torch.manual_seed(0)
    encoder = ImageEncoder(
        architecture=architecture,
        architecture_args={},
        image_size=size,
        resize="squash",
        mean=[0.5] * 3,
        std=[0.25] * 3,
    ).eval()
    batch = {"image": torch.randint(0, 256, (2, 3, size, size), dtype=torch.uint8)}
    with torch.no_grad():
        features, tokens, mask = encoder.encode(batch)
        assert torch.equal(features, encoder(batch))
    assert tokens.shape == (2, patches, encoder.token_features)
    assert mask.shape == (2, patches)
    assert mask.all()


def test_patches_are_the_places_of_the_map():
    maps = torch.arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    patches = patches_of(maps, 3)
    for row in range(4):
        for column in range(5):
            assert torch.equal(patches[:, 5 * row + column], maps[:, :, row, column])
    assert torch.equal(patches_of(maps.permute(0, 2, 3, 1), 3), patches)
    assert patches_of(patches, 3) is patches
    assert torch.equal(patches_of(maps, None), patches)


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_tokens_of_a_text_are_those_that_are_pooled(make_text, tokenize, pooling):
    encoder = make_text(pooling=pooling).eval()
    batch = tokenize(encoder, ["good morning", "the train was late again, what a day"])
    with torch.no_grad():
        features, tokens, mask = encoder.encode(batch)
        assert torch.equal(features, encoder(batch))
    assert tokens.shape == (*batch["input_ids"].shape, encoder.token_features)
    assert torch.equal(mask, batch["attention_mask"] == 1)
    assert not mask.all()
    pooled = tokens[:, 0] if pooling == "first" else masked_mean(tokens, mask)
    assert torch.equal(features, pooled)


def test_an_encoder_without_tokens_gives_its_features_as_one():
    class Plain(Encoder):
        def __init__(self):
            super().__init__()
            self.features = 3
            self.layer = nn.Linear(2, 3)

        def forward(self, batch):
            return self.layer(batch["numbers"])

        def description(self):
            return {}

        def blocks(self):
            return [list(self.parameters())]

    encoder, batch = Plain(), {"numbers": torch.randn(4, 2)}
    features, tokens, mask = encoder.encode(batch)
    assert torch.equal(features, encoder(batch))
    assert torch.equal(tokens, features[:, None])
    assert mask.tolist() == [[True]] * 4
    assert encoder.token_features == encoder.features == 3
