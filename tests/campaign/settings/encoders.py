"""Settings of image encoders and of contrast."""

from __future__ import annotations

from campaign.material import QUICK, TEXT, table
from campaign.settings.giving import settings_case

_CONTRAST = ("modality=text_contrastive", *TEXT[1:], *table("plain.jsonl"))
_IMAGE = ("modality=image", *QUICK, *table("plain.jsonl"))
_OF_IMAGES = [
    ("encoder.image_size=0", "image_size"),
    ("encoder.image_size=-32", "image_size"),
    ("encoder.image_size=1000000", "image_size"),
    ("encoder.mean=[0.5]", "mean"),
    ("encoder.mean=[nan,0,0]", "mean"),
    ("encoder.std=[0,0,0]", "std"),
    ("encoder.std=[inf,1,1]", "std"),
    ("encoder.architecture=resnet_none", "architecture|resnet_none"),
    ("encoder.architecture=../../etc/passwd", "architecture|passwd"),
    ("encoder.architecture=hf-hub:somebody/something", "architecture|hub"),
    ("encoder.architecture=local-dir:data", "architecture|local-dir"),
    ("+encoder.architecture_args.checkpoint_path=5", "checkpoint_path"),
    ("+encoder.architecture_args.nonsense=5", "nonsense"),
    ("modality.augmentation.flip=2", "flip"),
    ("modality.augmentation.flip=nan", "flip"),
    ("modality.augmentation.rotation=-1", "rotation"),
    ("modality.augmentation.zoom=1", "zoom"),
    ("modality.augmentation.translation=5", "translation"),
    ("paraphrases.file=data/plain.jsonl", "paraphrases"),
    ("encoder=tiny_text", "reads text"),
]
_OF_CONTRAST = [
    ("loss=null", "loss"),
    ("phase=0", "phase"),
    ("phase=both phase_1_ckpt=x.ckpt", "phase_1_ckpt"),
    ("phase=2", "phase_1_ckpt"),
    ("phase=2 phase_1_ckpt=none.ckpt", "phase_1_ckpt"),
    ("loss.temperature=0", "temperature"),
    ("loss.temperature=-1", "temperature"),
    ("loss.temperature=nan", "temperature"),
    ("loss=triplet loss.margin=-1", "margin"),
    ("loss=triplet loss.margin=nan", "margin"),
]
CASES = [
    *(settings_case("image", "train", _IMAGE, one) for one in _OF_IMAGES),
    *(settings_case("contrast", "train", _CONTRAST, one) for one in _OF_CONTRAST),
]
