"""Pretrained weights from installed packages, as the configs name them."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image, ImageDraw

from lfx.modalities.weights import Weights
from lfx.runtime.locate import config_folder

pytestmark = pytest.mark.slow


def config(name):
    found = OmegaConf.to_container(OmegaConf.load(config_folder() / "encoder" / f"{name}.yaml"))
    weights = Weights(**found["weights"])
    if find_spec(weights.package) is None:
        pytest.skip(f"{weights.distribution} is not installed")
    return found, weights


def cosine(one, other):
    return float(torch.nn.functional.cosine_similarity(one, other, dim=0))


def test_minilm_knows_what_sentences_mean(make_text, tokenize):
    _, weights = config("minilm")
    encoder = make_text(weights=weights, max_length=128).eval()
    assert encoder.features == 384
    texts = [
        "A man is playing a guitar.",
        "Someone plays an instrument.",
        "The stock market fell sharply today.",
        "Shares lost a lot of value.",
    ]
    with torch.no_grad():
        man, someone, market, shares = encoder(tokenize(encoder, texts))
    assert cosine(man, someone) > 0.45
    assert cosine(market, shares) > 0.45
    assert max(cosine(man, market), cosine(someone, shares)) < 0.2


def test_efficientnet_knows_what_pictures_show(make_image):
    found, weights = config("efficientnet_lite0")
    encoder = make_image(
        architecture=found["architecture"],
        image_size=160,
        mean=found["mean"],
        std=found["std"],
        weights=weights,
    ).eval()
    assert encoder.features == 1280

    def features(shape, ground):
        image = Image.new("RGB", (160, 160), ground)
        getattr(ImageDraw.Draw(image), shape)((40, 40, 120, 120), fill="orange")
        pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None]
        with torch.no_grad():
            return encoder({"image": pixels})[0]

    disc, shifted_ground = features("ellipse", "white"), features("ellipse", (235, 240, 245))
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (1, 3, 160, 160), dtype=torch.uint8, generator=generator)
    with torch.no_grad():
        static = encoder({"image": noise})[0]
    assert cosine(disc, shifted_ground) > 0.8
    assert cosine(disc, static) < 0.5
    # Trained features are sparse; random weights give dense ones of one size.
    assert float((disc.abs() < 1e-3).float().mean()) > 0.2
