from __future__ import annotations

import json
import os

import pytest
import timm
import torch
from safetensors.torch import save_file
from torchvision.transforms.functional import normalize

from lfx.modalities.image.encoder import ImageEncoder
from lfx.modalities.image.timm_encoder import TimmEncoder
from lfx.modalities.weights import Weights
from lfx.runtime.errors import ConfigError, WeightsError


def test_pixels_are_normalised_as_torchvision_does(make_image, pixels):
    encoder = make_image().eval()
    expected = normalize(pixels.float() / 255, [0.4, 0.5, 0.6], [0.2, 0.25, 0.3])
    with torch.no_grad():
        assert torch.allclose(
            encoder({"image": pixels}), encoder.backbone(expected), rtol=1e-3, atol=1e-5
        )


def test_without_numbers_the_architectures_own_are_taken(make_image):
    encoder = make_image(mean=None, std=None)
    config = timm.create_model("resnet10t").pretrained_cfg
    assert encoder.description()["mean"] == list(config["mean"])
    assert encoder.description()["std"] == list(config["std"])


def test_a_description_builds_the_same_encoder(make_image, pixels):
    encoder = make_image(architecture_args={"stem_width": 16}, resize="crop").eval()
    description = json.loads(json.dumps(encoder.description()))
    assert not {"mean", "std"} & set(encoder.state_dict())  # the description holds them
    again = TimmEncoder.restore(description)
    again.load_state_dict(encoder.state_dict())
    with torch.no_grad():
        assert torch.equal(again.eval()({"image": pixels}), encoder({"image": pixels}))
    assert again.description() == encoder.description()


@pytest.mark.parametrize(
    ("architecture", "arguments", "width"),
    [
        ("resnet10t", {}, 512),
        # As VGG: a wide layer stands between the last feature map and the classifier.
        ("mobilenetv3_small_050", {}, 1024),
        ("vit_tiny_patch16_224", {"img_size": 32}, 192),
    ],
)
def test_the_width_is_what_comes_out(make_image, pixels, architecture, arguments, width):
    encoder = make_image(architecture=architecture, architecture_args=arguments)
    assert encoder.features == width
    assert encoder.eval()({"image": pixels}).shape == (3, width)
    assert encoder.train().backbone.training


def test_probing_the_width_changes_no_statistics():
    backbone = timm.create_model("resnet10t", num_classes=0).train()
    before = {key: value.clone() for key, value in backbone.state_dict().items()}
    options = {"image_size": 32, "resize": "crop", "mean": [0.5] * 3, "std": [0.5] * 3}
    ImageEncoder(architecture="resnet10t", architecture_args={}, **options, backbone=backbone)
    assert backbone.training
    assert all(torch.equal(before[key], value) for key, value in backbone.state_dict().items())


def test_what_timm_does_not_know_is_refused(make_image):
    with pytest.raises(ConfigError, match=r"resnet51: timm has no such model; near: .*resnet50"):
        make_image(architecture="resnet51")
    with pytest.raises(ConfigError, match=r"@@@: timm has no such model$"):
        make_image(architecture="@@@")
    with pytest.raises(ConfigError, match=r"architecture_args: resnet10t cannot be built with"):
        make_image(architecture_args={"no_such_argument": 1})
    with pytest.raises(ConfigError, match=r"image_size=32: vit_tiny_patch16_224 reads no images"):
        make_image(architecture="vit_tiny_patch16_224")


@pytest.fixture
def stored(tmp_path):
    """A checkpoint of ResNet-10 with seven classes, in several forms."""
    torch.manual_seed(3)
    model = timm.create_model("resnet10t", num_classes=7)
    state = model.state_dict()
    torch.save(state, tmp_path / "plain.pth")
    torch.save({"state_dict": state}, tmp_path / "wrapped.pth")
    torch.save(
        {f"part{n}": tensor for n, tensor in enumerate(state.values())}, tmp_path / "named.pth"
    )
    (tmp_path / "hub").mkdir()
    save_file(state, tmp_path / "hub" / "model.safetensors")
    return tmp_path, state


def origin(file, match="names", classes=7):
    return Weights(source="path", path=str(file), num_classes=classes, match=match)


@pytest.mark.parametrize(
    ("file", "match"),
    [
        ("plain.pth", "names"),
        ("plain.pth", "order"),
        ("wrapped.pth", "names"),
        ("wrapped.pth", "order"),
        ("hub", "names"),
        ("named.pth", "order"),
    ],
)
def test_local_weights_are_loaded_and_the_head_is_left_out(make_image, stored, file, match):
    folder, state = stored
    encoder = make_image(weights=origin(folder / file, match))
    loaded = encoder.backbone.state_dict()
    assert set(loaded) == set(state) - {"fc.weight", "fc.bias"}
    assert all(torch.equal(tensor, state[key]) for key, tensor in loaded.items())


@pytest.mark.parametrize("match", ["names", "order"])
def test_weights_of_another_model_are_refused(make_image, stored, match):
    folder, _ = stored
    with pytest.raises(WeightsError, match=r"does not fit timm's resnet14t"):
        make_image(architecture="resnet14t", weights=origin(folder / "plain.pth", match))
    with pytest.raises(WeightsError, match=r"does not fit timm's resnet10t: .*fc\.weight"):
        make_image(weights=origin(folder / "plain.pth", match, classes=8))
    with pytest.raises(ConfigError, match="timm has no such model"):
        make_image(architecture="none", weights=origin(folder / "plain.pth", match))


def test_in_order_every_shape_has_to_agree(make_image, stored):
    folder, state = stored
    swapped = list(state.items())
    swapped[0], swapped[6] = swapped[6], swapped[0]
    torch.save(dict(swapped), folder / "swapped.pth")
    with pytest.raises(WeightsError, match=r"has shape \(.*\), conv1\.0\.weight \(24, 3, 3, 3\)"):
        make_image(weights=origin(folder / "swapped.pth", "order"))
    torch.save(dict(swapped[:-1]), folder / "short.pth")
    with pytest.raises(WeightsError, match="it has 85 tensors, the architecture 86"):
        make_image(weights=origin(folder / "short.pth", "order"))


class NotTensors:
    """What a careless or malicious checkpoint holds."""


@pytest.mark.parametrize("match", ["names", "order"])
def test_a_file_that_holds_no_weights_is_refused(make_image, tmp_path, match):
    (tmp_path / "junk.pth").write_bytes(b"junk")
    (tmp_path / "empty.pth").write_bytes(b"")
    (tmp_path / "junk.safetensors").write_bytes(b"this is no header at all")
    torch.save([1, 2], tmp_path / "list.pth")
    torch.save(NotTensors(), tmp_path / "code.pth")
    for name in ("junk.pth", "empty.pth", "junk.safetensors", "list.pth", "code.pth"):
        with pytest.raises(WeightsError, match=rf"{name} does not fit timm's resnet10t: \S"):
            make_image(weights=origin(tmp_path / name, match))
    with pytest.raises(WeightsError, match=r"holds neither model\.safetensors nor pytorch_model"):
        make_image(weights=origin(tmp_path, match))


class Payload:
    """What a malicious checkpoint holds: it makes a folder when it is unpickled."""

    def __init__(self, folder):
        self.folder = folder

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("match", ["names", "order"])
def test_loading_weights_runs_no_code(make_image, tmp_path, match):
    torch.save({"conv1.0.weight": Payload(str(tmp_path / "made"))}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError, match=r"evil\.pth does not fit timm's resnet10t"):
        make_image(weights=origin(tmp_path / "evil.pth", match))
    assert not (tmp_path / "made").exists()
