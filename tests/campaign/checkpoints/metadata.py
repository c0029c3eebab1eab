"""What a checkpoint says of its model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import torch

from campaign import pickles
from campaign.case import Case, Expectation, Kind, either, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material
from campaign.checkpoints.changing import FINE, NO, ON, Content, Edit, put, read

_TEXT_ENCODER = "lfx.modalities.text.transformers_encoder.TransformersEncoder"
_IMAGE_ENCODER = "lfx.modalities.image.timm_encoder.TimmEncoder"
# What an encoder is built from, in a checkpoint.
_BUILT = "lfx.encoder.settings"
_MLP = "lfx.models.heads.MlpHead"


def _edited(name: str, edit: Edit, expect: Expectation = NO, of: str = "text") -> Case:
    """Make a case of predicting by lfx's own checkpoint, with something in it changed."""

    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        content = read(material, of, "best.ckpt")
        edit(content, work)
        torch.save(content, work / "given.ckpt")

    arguments = (*ON, "ckpt=given.ckpt", "device=cpu", "hydra.run.dir=run")
    return Case(f"checkpoints/{name}", Kind.hostile_file, "predict", arguments, expect, prepare)


def _remove(path: str) -> Edit:
    def edit(content: Content, _work: Path) -> None:
        *parents, last = path.split(".")
        node: Any = content
        for key in parents:
            node = node[key]
        del node[last]

    return edit


def _metadata() -> list[Case]:
    nan = float("nan")
    junk: list[tuple[str, str, Any]] = [
        ("class_os_system", "lfx.encoder.class", "os.system"),
        ("class_subprocess", "lfx.encoder.class", "subprocess.Popen"),
        ("class_lfx_but_none", "lfx.encoder.class", "lfx.runtime.files.write_json"),
        ("class_lfx_main", "lfx.encoder.class", "lfx.train.main"),
        ("class_lfx_with_dots", "lfx.encoder.class", "lfx..os.system"),
        ("class_lfx_climbing", "lfx.encoder.class", "lfx.modalities.text.modality.os.system"),
        ("class_empty", "lfx.encoder.class", ""),
        (
            "class_list",
            "lfx.encoder.class",
            [_TEXT_ENCODER],
        ),
        ("class_number", "lfx.encoder.class", 5),
        ("class_none", "lfx.encoder.class", None),
        ("class_bytes", "lfx.encoder.class", b"lfx.modalities.text.modality"),
        ("class_long", "lfx.encoder.class", "lfx." + "a" * 100_000),
        ("class_escape", "lfx.encoder.class", "lfx.\x1b[2J\r.Evil"),
        ("phase_odd", "lfx.phase", "one"),
        ("encoder_list", "lfx.encoder", []),
        ("encoder_empty", "lfx.encoder", {}),
        ("encoder_none", "lfx.encoder", None),
        ("encoder_text", "lfx.encoder", "tiny_text"),
        ("tokenizer_junk", "lfx.encoder.settings.tokenizer", "junk"),
        ("tokenizer_empty", "lfx.encoder.settings.tokenizer", ""),
        ("tokenizer_list", "lfx.encoder.settings.tokenizer", [1, 2]),
        ("tokenizer_none", "lfx.encoder.settings.tokenizer", None),
        ("tokenizer_deep", "lfx.encoder.settings.tokenizer", "[" * 100_000),
        ("tokenizer_deep_object", "lfx.encoder.settings.tokenizer", '{"model":' * 50_000),
        ("tokenizer_other_json", "lfx.encoder.settings.tokenizer", json.dumps({"version": "1.0"})),
        ("padding_negative", "lfx.encoder.settings.padding", -5),
        ("padding_beyond", "lfx.encoder.settings.padding", 10**9),
        ("padding_text", "lfx.encoder.settings.padding", "x"),
        ("max_length_zero", "lfx.encoder.settings.max_length", 0),
        ("max_length_text", "lfx.encoder.settings.max_length", "long"),
        ("pooling_junk", "lfx.encoder.settings.pooling", "magic"),
        ("pooling_list", "lfx.encoder.settings.pooling", ["mean"]),
        ("cleaning_junk", "lfx.encoder.settings.cleaning", {"nothing": 1}),
        ("cleaning_list", "lfx.encoder.settings.cleaning", [True]),
        ("config_list", "lfx.encoder.settings.config", []),
        ("config_empty", "lfx.encoder.settings.config", {}),
        ("config_text", "lfx.encoder.settings.config", "bert"),
        ("config_model_type_none", "lfx.encoder.settings.config.model_type", None),
        ("config_model_type_list", "lfx.encoder.settings.config.model_type", ["bert"]),
        ("config_model_type_other", "lfx.encoder.settings.config.model_type", "gpt2"),
        ("config_width_huge", "lfx.encoder.settings.config.hidden_size", 2**40),
        ("config_width_text", "lfx.encoder.settings.config.hidden_size", "wide"),
        ("config_width_nan", "lfx.encoder.settings.config.hidden_size", nan),
        ("config_layers_huge", "lfx.encoder.settings.config.num_hidden_layers", 10**9),
        ("config_vocabulary_huge", "lfx.encoder.settings.config.vocab_size", 10**12),
        ("config_positions_huge", "lfx.encoder.settings.config.max_position_embeddings", 10**12),
        ("config_activation_junk", "lfx.encoder.settings.config.hidden_act", "os.system"),
        ("head_list", "lfx.head", []),
        ("head_empty", "lfx.head", {}),
        ("head_class", "lfx.head.class", "subprocess.Popen"),
        ("head_is_an_encoder", "lfx.head.class", _TEXT_ENCODER),
        ("head_settings_list", "lfx.head.settings", [1]),
        ("head_hidden_huge", "lfx.head", {"class": _MLP, "settings": {"hidden": 10**12}}),
        ("modality_none", "lfx.modality", None),
        ("modality_class", "lfx.modality.class", "os.system"),
        ("modality_is_a_head", "lfx.modality.class", _MLP),
        ("modality_settings", "lfx.modality.settings", {"augmentation": "os.system", "file": 1}),
        ("classes_empty", "lfx.classes", []),
        ("classes_text", "lfx.classes", "bad"),
        ("classes_numbers", "lfx.classes", [1, 2]),
        ("classes_twice", "lfx.classes", ["bad", "bad"]),
        ("classes_more", "lfx.classes", ["bad", "good", "ugly"]),
        ("dropout_nan", "lfx.head.settings.dropout", nan),
        ("dropout_text", "lfx.head.settings.dropout", "x"),
        ("l2_list", "lfx.head.settings.l2", [1]),
        ("more_arguments", "lfx.head.settings.checkpoint_path", "/etc/passwd"),
        ("provenance_list", "lfx.provenance", []),
        ("provenance_none", "lfx.provenance", None),
        ("provenance_name_climbs", "lfx.provenance.name", "../../precious/notes"),
        ("provenance_name_list", "lfx.provenance.name", ["x"]),
        ("provenance_name_escape", "lfx.provenance.name", "a\r\x1b[2Jb"),
        ("provenance_seed_text", "lfx.provenance.seed", "x"),
        ("provenance_splits_list", "lfx.provenance.splits", [1]),
        ("provenance_splits_unknown", "lfx.provenance.splits", {"s000": "secret"}),
        ("provenance_settings_list", "lfx.provenance.settings", []),
        ("state_none", "state_dict", None),
        ("state_list", "state_dict", []),
        ("state_empty", "state_dict", {}),
        ("state_more", "state_dict.nothing", torch.ones(3)),
    ]
    # What lfx need not notice, since nothing follows from it: both ends are right.
    harmless = {
        "phase_odd",
        "provenance_settings_list",
        "provenance_splits_unknown",
        "provenance_name_climbs",
        "provenance_name_escape",
    }
    cases = [
        _edited(name, put(path, value), either(NO, FINE) if name in harmless else NO)
        for name, path, value in junk
    ]
    weights: list[tuple[str, Any, Expectation]] = [
        ("nan", lambda old: torch.full_like(old, nan), refused("ckpt|NaN|infinite")),
        ("inf", lambda old: torch.full_like(old, float("inf")), refused("ckpt|NaN|infinite")),
        ("shape", lambda _old: torch.ones(7, 7), NO),
        ("transposed", lambda old: old.T.contiguous(), NO),
        ("scalar", lambda _old: torch.tensor(1.0), NO),
        ("text", lambda _old: "x", NO),
        ("whole_numbers", lambda old: old.long(), either(NO, FINE)),
        ("complex", lambda old: old.to(torch.complex64), NO),
        ("sparse", lambda old: old.to_sparse(), NO),
        ("half", lambda old: old.half(), either(NO, FINE)),
        (
            "view_of_huge",
            lambda old: torch.zeros(1).expand(old.shape[0], old.shape[1]),
            either(NO, FINE),
        ),
    ]
    for name, change, expect in weights:

        def edit(content: Content, _work: Path, change: Callable[[Any], Any] = change) -> None:
            content["state_dict"]["head.weight"] = change(content["state_dict"]["head.weight"])

        cases.append(_edited(f"head_{name}", edit, expect))
    cases += [
        _edited(
            "classes_other",
            put("lfx.classes", ["cat", "dog"]),
            refused("ckpt|classes that the model does not know"),
        ),
        _edited("no_class", _remove("lfx.encoder.class")),
        _edited("no_encoder", _remove("lfx.encoder")),
        _edited("no_provenance", _remove("lfx.provenance")),
        _edited("no_state", _remove("state_dict")),
        _edited("no_head", lambda content, _work: content["state_dict"].pop("head.weight")),
        _edited(
            "config_kernel_of_the_hub",
            put(f"{_BUILT}.config.attn_implementation", "owner/kernel"),
            either(NO, FINE),
        ),
        _edited(
            "config_kernel_private",
            put(f"{_BUILT}.config._attn_implementation", "owner/kernel"),
            either(NO, FINE),
        ),
        _edited(
            "config_auto_map",
            put(f"{_BUILT}.config.auto_map", {"AutoModel": "owner/repo--evil.Evil"}),
            either(NO, FINE),
        ),
        _edited(
            "config_name_or_path",
            lambda content, work: content["lfx"]["encoder"]["settings"]["config"].update(
                _name_or_path=str(work), trust_remote_code=True
            ),
            either(NO, FINE),
        ),
        _edited(
            "config_quantized",
            put(f"{_BUILT}.config.quantization_config", {"quant_method": "awq"}),
            either(NO, FINE),
        ),
        _edited(
            "image_hub",
            put(f"{_BUILT}.architecture", "hf-hub:somebody/evil"),
            NO,
            "image",
        ),
        _edited(
            "image_local_dir",
            put(f"{_BUILT}.architecture", "local-dir:data"),
            NO,
            "image",
        ),
        _edited("image_climbs", put(f"{_BUILT}.architecture", "../../x"), NO, "image"),
        _edited(
            "image_architecture_list",
            put(f"{_BUILT}.architecture", ["test_resnet"]),
            NO,
            "image",
        ),
        _edited("image_second_file", _second_file, NO, "image"),
        _edited(
            "image_pretrained",
            put(f"{_BUILT}.architecture_args.pretrained", True),
            NO,
            "image",
        ),
        _edited("image_pretrained_file", _pretrained_file, NO, "image"),
        _edited(
            "image_args_list",
            put(f"{_BUILT}.architecture_args", []),
            either(NO, FINE),
            "image",
        ),
        _edited("image_size_huge", put(f"{_BUILT}.image_size", 10**9), NO, "image"),
        _edited("image_size_text", put(f"{_BUILT}.image_size", "x"), NO, "image"),
        _edited(
            "image_mean_nan",
            put(f"{_BUILT}.mean", [nan] * 3),
            refused("ckpt|NaN"),
            "image",
        ),
        _edited("image_mean_short", put(f"{_BUILT}.mean", [0.5]), NO, "image"),
        _edited(
            "image_std_zero",
            put(f"{_BUILT}.std", [0.0] * 3),
            refused("ckpt|NaN|infinite"),
            "image",
        ),
        _edited("image_resize_junk", put(f"{_BUILT}.resize", "stretch"), NO, "image"),
        _edited(
            "text_model_says_image",
            put("lfx.encoder.class", _IMAGE_ENCODER),
        ),
    ]
    return cases


def _second_file(content: Content, work: Path) -> None:
    (work / "second.pth").write_bytes(pickles.plain_pickle(work))
    content["lfx"]["encoder"]["settings"]["architecture_args"]["checkpoint_path"] = str(
        work / "second.pth"
    )


def _pretrained_file(content: Content, work: Path) -> None:
    (work / "second.pth").write_bytes(pickles.plain_pickle(work))
    overlay = {"file": str(work / "second.pth")}
    content["lfx"]["encoder"]["settings"]["architecture_args"] |= {
        "pretrained": True,
        "pretrained_cfg_overlay": overlay,
    }


CASES = [*_metadata()]
