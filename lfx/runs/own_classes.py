"""The classes of lfx that a checkpoint may name."""

from __future__ import annotations

# The classes that a checkpoint may name. The file's word imports nothing else.
OWN_CLASSES = frozenset(
    {
        "lfx.modalities.audio.convolutional.ConvolutionalEncoder",
        "lfx.modalities.audio.modality.AudioModality",
        "lfx.modalities.audio.transformers_encoder.TransformersAudioEncoder",
        "lfx.modalities.image.modality.ImageModality",
        "lfx.modalities.image.timm_encoder.TimmEncoder",
        "lfx.modalities.joint.builder.JointEncoderBuilder",
        "lfx.modalities.joint.concat.Concat",
        "lfx.modalities.joint.cross_attention.CrossAttention",
        "lfx.modalities.joint.gated.Gated",
        "lfx.modalities.joint.hybrid.Hybrid",
        "lfx.modalities.joint.modality.JointModality",
        "lfx.modalities.joint.tensor.LowRankTensor",
        "lfx.modalities.text.modality.TextModality",
        "lfx.modalities.text.ngrams.NgramsEncoder",
        "lfx.modalities.text.transformers_encoder.TransformersEncoder",
        "lfx.modalities.vector.gru.GruEncoder",
        "lfx.modalities.vector.logistic.LogisticEncoder",
        "lfx.modalities.vector.mlp.MlpEncoder",
        "lfx.modalities.vector.modality.VectorModality",
        "lfx.modalities.vector.transformer.SequenceTransformerEncoder",
        "lfx.models.heads.LinearHead",
        "lfx.models.heads.MlpHead",
    }
)
