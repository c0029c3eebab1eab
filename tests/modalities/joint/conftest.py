from __future__ import annotations

import pytest
import torch

from lfx.modalities.image.timm_encoder import TimmEncoder
from lfx.modalities.joint.builder import JointEncoderBuilder
from lfx.modalities.joint.concat import Concat
from lfx.modalities.joint.cross_attention import CrossAttention
from lfx.modalities.joint.gated import Gated
from lfx.modalities.joint.hybrid import Hybrid
from lfx.modalities.joint.parts import EncodedPart
from lfx.modalities.joint.tensor import LowRankTensor
from lfx.modalities.text.transformers_encoder import TransformersEncoder

TEXTS = ["good morning sunny world", "the train was late again", "what a day, what a game"] * 5
BERT = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 48,
}
FUSIONS = {
    "concat": Concat(),
    "gated": Gated(width=12),
    "sigmoid": Gated(width=12, gates="sigmoid"),
    "cross_attention": CrossAttention(width=16, layers=2, heads=2),
    "tensor": LowRankTensor(width=10, rank=3),
    "hybrid": Hybrid(inner=Concat()),
    "hybrid of attention": Hybrid(inner=CrossAttention(width=16, layers=1, heads=2)),
}


@pytest.fixture(params=FUSIONS)
def fusion(request):
    return FUSIONS[request.param]


@pytest.fixture(scope="session")
def builders():
    """The settings of two small encoders."""
    return {
        "text": TransformersEncoder(
            model_type="bert", model_args=BERT, max_length=12, vocabulary=320
        ),
        "image": TimmEncoder(
            architecture="test_resnet", image_size=64, mean=[0.5] * 3, std=[0.25] * 3
        ),
    }


@pytest.fixture
def make_joint(builders):
    """Build a joint encoder with random weights, of parts in a certain order."""

    def build(fusion, names=("text", "image"), **settings):
        torch.manual_seed(0)
        encoders = {name: builders[name] for name in names}
        joint = JointEncoderBuilder(encoders=encoders, fusion=fusion, **settings)
        return joint.build([{"text": text} for text in TEXTS])

    return build


@pytest.fixture
def joint_batch():
    """Five samples: both parts, both, the text alone, the image alone, both."""
    generator = torch.Generator().manual_seed(1)
    has_text = torch.tensor([True, True, True, False, True])
    has_image = torch.tensor([True, True, False, True, True])
    ids = torch.randint(3, 300, (4, 7), generator=generator)
    mask = torch.ones(4, 7, dtype=torch.int64)
    mask[1, 4:] = mask[3, 2:] = 0
    return {
        "text:present": has_text,
        "text:rows": has_text.nonzero().flatten(),
        "text/input_ids": ids,
        "text/attention_mask": mask,
        "image:present": has_image,
        "image:rows": has_image.nonzero().flatten(),
        "image/image": torch.randint(
            0, 256, (4, 3, 64, 64), generator=generator, dtype=torch.uint8
        ),
    }


@pytest.fixture
def encoded():
    """What three parts of 6 samples give, each missing somewhere: features and tokens."""
    generator = torch.Generator().manual_seed(2)
    present = {
        "audio": [True, True, False, True, False, False],
        "image": [True, True, True, False, False, True],
        "text": [True, False, True, True, True, False],
    }
    parts = {}
    for place, (name, has) in enumerate(present.items()):
        width, count, there = 4 + place, 2 + place, torch.tensor(has)
        tokens = torch.randn(6, count, width, generator=generator)
        mask = torch.rand(6, count, generator=generator) < 0.7
        mask[:, 0] = True
        parts[name] = EncodedPart(
            features=torch.randn(6, width, generator=generator) * there[:, None],
            present=there,
            given=there,
            tokens=tokens * there[:, None, None],
            mask=mask & there[:, None],
        )
    return parts
