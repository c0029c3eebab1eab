"""What joins the features of several encoders: the settings, and the module built from them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lfx.modalities.joint.parts import EncodedPart, Widths


class FusionModule(nn.Module, ABC):
    """A module that joins the features of a sample's parts into one vector.

    Attributes:
        features: width of that vector.
        flags: how many of its last features are 0 or 1; see `Encoder`.
    """

    features: int
    flags: int = 0

    @abstractmethod
    def forward(self, parts: Mapping[str, EncodedPart]) -> Tensor:
        """Join the parts.

        Args:
            parts: name → what its encoder gives; all of those that the module was built for. What
                is not `present` must not show in the result.

        Returns:
            (samples, features).
        """

    def build_head(self, build: Callable[[int], nn.Module]) -> nn.Module:
        """Build what stands on the joined vector and gives logits.

        Args:
            build: from the number of features to a head.
        """
        return build(self.features)


@dataclass(frozen=True, kw_only=True)
class JointFusion(ABC):
    """The settings of what joins the features; one of your own is a subclass, a dataclass too."""

    @property
    def reads_tokens(self) -> bool:
        """Whether it reads the parts' vectors of tokens, and not only one vector each."""
        return False

    @abstractmethod
    def build(self, parts: Mapping[str, Widths]) -> FusionModule:
        """Build the module.

        Args:
            parts: name → how wide its vectors are, in the order of the names.
        """
