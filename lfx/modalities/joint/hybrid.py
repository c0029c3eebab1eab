"""Joint and unimodal heads that are trained together, their probabilities fused late."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lfx.modalities.joint.fusion import FusionModule, JointFusion
from lfx.modalities.joint.parts import JOINT
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lfx.modalities.joint.parts import EncodedPart, Widths


def log_mean_probabilities(logits: Tensor, present: Tensor) -> Tensor:
    """Return the log of the mean of several heads' probabilities: their late fusion, as logits.

    Args:
        logits: (heads, samples, classes).
        present: (heads, samples) bool, whether a head has a say; one at least of each sample.

    Returns:
        (samples, classes), whose softmax is the mean.

    Example:
        >>> logits = torch.tensor([[[0.9, 0.1]], [[0.5, 0.5]], [[0.1, 0.9]]]).log()
        >>> log_mean_probabilities(logits, torch.tensor([[True], [True], [False]])).exp()
        tensor([[0.7000, 0.3000]])
    """
    log_probabilities = logits.log_softmax(dim=-1).masked_fill(~present.unsqueeze(-1), -torch.inf)
    return log_probabilities.logsumexp(dim=0) - present.sum(dim=0).log().unsqueeze(-1)


class HybridHead(nn.Module):
    """A head on the joint features, and one on each part's.

    Args:
        heads: name → head, in the order in which the features lie.
        widths: of the features of each head.
    """

    def __init__(self, heads: Mapping[str, nn.Module], widths: Sequence[int]) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(dict(heads))
        self.widths = list(widths)

    def forward(self, features: Tensor) -> Tensor:
        """Return logits (batch, classes): the log of the heads' mean probabilities."""
        return log_mean_probabilities(*self.part_logits(features))

    def part_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return what each head says, and of which samples.

        Args:
            features: (batch, features), the flags of the parts at the end.

        Returns:
            (heads, batch, classes) logits, and (heads, batch) bool.
        """
        flags = len(self.heads) - 1
        *seen, given = torch.split(features, [*self.widths, flags], dim=1)
        logits = torch.stack(
            [head(part) for head, part in zip(self.heads.values(), seen, strict=True)]
        )
        always = torch.ones_like(given[:, :1])
        return logits, torch.cat([always, given], dim=1).T > 0


class HybridModule(FusionModule):
    """The joint features, those of each part, and which parts each sample has.

    Modality dropout is for the joint features: a part's own head sees all samples that have it.

    Args:
        parts: name → widths.
        joint: joins the features.
    """

    def __init__(self, parts: Mapping[str, Widths], joint: FusionModule) -> None:
        super().__init__()
        self.joint = joint
        self.widths = [joint.features, *(widths.features for widths in parts.values())]
        self.names, self.flags = list(parts), len(parts)
        self.features = sum(self.widths) + self.flags

    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Return (samples, the sum of all widths and a flag for each part)."""
        joint = self.joint(parts)
        each = [parts[name].features for name in self.names]
        given = torch.stack([parts[name].given for name in self.names], dim=1)
        return torch.cat([joint, *each, given.to(joint.dtype)], dim=1)

    def build_head(self, build: Callable[[int], nn.Module]) -> HybridHead:
        """Build a head for the joint features and for each part."""
        names = [JOINT, *self.names]
        heads = {name: build(width) for name, width in zip(names, self.widths, strict=True)}
        return HybridHead(heads, self.widths)


@checked
@dataclass(frozen=True, kw_only=True)
class Hybrid(JointFusion):
    """Joint and unimodal heads, trained together; the mean of their probabilities is predicted.

    Args:
        inner: What joins the features that the joint head sees.

    Raises:
        ConfigError: it is hybrid itself.
    """

    inner: JointFusion

    def __post_init__(self) -> None:
        """Refuse heads of heads."""
        if isinstance(self.inner, Hybrid):
            raise ConfigError(
                "joint.inner must be no hybrid itself; choose another: joint@joint.inner=gated"
            )

    @property
    def reads_tokens(self) -> bool:
        """Whether what joins the features reads tokens."""
        return self.inner.reads_tokens

    def build(self, parts: Mapping[str, Widths]) -> HybridModule:
        """Build the module."""
        return HybridModule(parts, self.inner.build(parts))
