"""Demo data of two kinds that samples may lack: a digit seen (scikit-learn's pictures) and heard.

The pictures are real: 1,797 handwritten digits of 8 x 8 pixels, the test part of UCI's "Optical
Recognition of Handwritten Digits". The sounds are generated.
"""

from __future__ import annotations

import csv
import logging
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.published import publish_once
from lfx.data.sources.digit_sounds import SAMPLING_RATE, say
from lfx.data.sources.table import TableSource
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from lfx.data.reading import Reading

log = logging.getLogger(__name__)

# Increase it when other data would be generated, so that old folders are not used.
_VERSION = 1
_SEED = 8128
# Share of samples without a picture, and of samples without a sound; none lacks both.
_LACKING = 0.1
_TABLE = "digits.csv"


@checked
@dataclass(frozen=True)
class DemoAvSource:
    """Generates the data on first use, then reads them like any table.

    Attributes:
        root: the folder of the data. If it holds data of another version of lfx, they are generated
            into `<root>_v<version>`.
    """

    root: str

    def read(self) -> Reading:
        """Read all samples; generate them first if they do not exist.

        Raises:
            DataError: the folder holds other data.
        """
        root = Path(self.root).expanduser()
        published = publish_once(
            [root, root.with_name(f"{root.name}_v{_VERSION}")],
            {"version": _VERSION, "digits": 10},
            _generate,
        )
        if published != root:
            log.info(
                "%s holds other demo data and is not changed; these are in %s", root, published
            )
        return TableSource(str(published), _TABLE).read()


def _generate(root: Path) -> None:
    from PIL import Image
    from sklearn.datasets import load_digits

    chance = np.random.default_rng(_SEED)
    digits = load_digits()
    log.info("generating %d digits, seen and heard, into %s", len(digits.target), root.parent)
    (root / "images").mkdir()
    (root / "sounds").mkdir()
    with (root / _TABLE).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["id", "image", "audio", "label"])
        for number, (picture, label) in enumerate(zip(digits.images, digits.target, strict=True)):
            image, audio = f"images/{number}.png", f"sounds/{number}.wav"
            drawn = chance.random()
            waveform = say(int(label), chance)
            if drawn < _LACKING:
                image = ""
            else:
                pixels = np.round(picture * (255 / 16)).astype(np.uint8)
                Image.fromarray(pixels).save(root / image)
            if _LACKING <= drawn < 2 * _LACKING:
                audio = ""
            else:
                _write(root / audio, waveform.astype("<i2").tobytes())
            rows.writerow([number, image, audio, label])


def _write(path: Path, samples: bytes) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLING_RATE)
        file.writeframes(samples)
