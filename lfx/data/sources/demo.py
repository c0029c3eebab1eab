"""Demo data: generated tweets with images, in the official MVSA folder layout.

Each modality alone is informative but noisy, the text more than the image, and the two complement
each other. Classes are as unbalanced as in the real data.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from annotated_types import Interval

from lfx.data.published import publish_once
from lfx.data.sources.mvsa import CLASSES, LABEL_FILE, MvsaSource
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from PIL.Image import Image

    from lfx.data.reading import Reading

log = logging.getLogger(__name__)

# Increase it when other data would be generated, so that old folders are not used.
_VERSION = 1
_SEED = 20240
_SIDE = 64

# Shares of negative, neutral and positive.
_SHARES = (0.3, 0.1, 0.6)
# Shares of texts that show their sample's class, of images that do if the text shows a class, and
# of images that do if it shows none.
_TEXT_CLEAR, _IMAGE_CLEAR, _IMAGE_CLEAR_ALONE = 0.76, 0.4, 0.8
# Share of texts, and of images, that show another class.
_MISLEADING = 0.04
# Share of tweets that are followed by a retweet with the same image.
_RETWEETED = 0.03
# Shares of tweets with a mention and with a link.
_MENTIONING, _LINKING = 0.3, 0.5

_WORDS = {
    "negative": "awful sad angry broken lost delayed crying terrible hate ruined".split(),
    "neutral": "update report schedule meeting notice list agenda minutes survey version".split(),
    "positive": "happy love great smile sunny win thanks beautiful best friends".split(),
}
_FILLERS = (
    "today the station people morning we street photo just from city here with this some around "
    "before week train lunch game coffee house road team day night walk market"
).split()
_TAGS = "#daily #pic #city #now #weekend #life #news #me".split()
_COLOURS = {"negative": (60, 70, 120), "neutral": (135, 135, 135), "positive": (240, 200, 90)}


@checked
@dataclass(frozen=True)
class DemoSource:
    """Generates the data on first use, then reads them like any MVSA folder.

    Runs that start together share the data that the first one generates. Existing data are never
    replaced, since another run may be reading them: data of other settings get another folder.

    Attributes:
        root: the folder of the data. If it holds another number of pairs, they are generated into
            `<root>_<pairs>` (or `<root>_<pairs>_v<version>` if that is of another version of lfx).
        pairs: number of image-text pairs.
    """

    root: str
    pairs: Annotated[int, Interval(ge=100, le=100_000)] = 900

    def read(self) -> Reading:
        """Read all pairs; generate them first if they do not exist.

        Raises:
            DataError: the folder holds other data.
        """
        root = Path(self.root).expanduser()
        suffixes = ("", f"_{self.pairs}", f"_{self.pairs}_v{_VERSION}")
        published = publish_once(
            [root.with_name(f"{root.name}{suffix}") for suffix in suffixes],
            {"version": _VERSION, "pairs": self.pairs},
            lambda folder: _generate(folder, self.pairs),
        )
        if published != root:
            log.info(
                "%s holds demo data of other settings and is not changed; %d pairs are in %s",
                *(root, self.pairs, published),
            )
        return MvsaSource(str(published)).read()


def _generate(root: Path, pairs: int) -> None:
    chance = np.random.default_rng(_SEED)
    (root / "data").mkdir()
    rows = ["ID\ttext,image"]
    number = 0
    while number < pairs:
        label = CLASSES[chance.choice(len(CLASSES), p=_SHARES)]
        shown_text = _shown(chance, label, _TEXT_CLEAR)
        clear = _IMAGE_CLEAR_ALONE if shown_text is None else _IMAGE_CLEAR
        shown_image = _shown(chance, label, clear)
        text = _tweet(chance, shown_text)
        image = _picture(chance, shown_image)
        # A text or image without a class is annotated as neutral, as in the real data.
        sides = [label if shown == label else "neutral" for shown in (shown_text, shown_image)]
        if label not in sides:
            sides = [label, label]
        copies = [text]
        if chance.random() < _RETWEETED:
            copies.append(f"RT @user{chance.integers(100)}: {text}")
        for copy in copies[: pairs - number]:
            number += 1
            (root / "data" / f"{number}.txt").write_text(copy + "\n", encoding="utf-8")
            image.save(root / "data" / f"{number}.jpg", quality=90)
            rows.append(f"{number}\t{','.join(sides)}")
    (root / LABEL_FILE).write_text("\n".join(rows) + "\n", encoding="utf-8")


def _shown(chance: np.random.Generator, label: str, clear: float) -> str | None:
    """Draw the class that a modality shows: its sample's, rarely another, else none."""
    draw = chance.random()
    if draw < _MISLEADING:
        return str(chance.choice([name for name in CLASSES if name != label]))
    return label if draw < _MISLEADING + clear else None


def _tweet(chance: np.random.Generator, shown: str | None) -> str:
    words = chance.choice(_FILLERS, size=chance.integers(5, 11)).tolist()
    if shown is not None:
        for word in chance.choice(_WORDS[shown], size=chance.integers(3, 5), replace=False):
            words.insert(chance.integers(len(words) + 1), str(word))
    if chance.random() < _MENTIONING:
        words.insert(0, f"@user{chance.integers(100)}")
    words += chance.choice(_TAGS, size=chance.integers(3), replace=False).tolist()
    if chance.random() < _LINKING:
        words.append(f"http://t.co/{''.join(chance.choice(list('abcdefghij'), size=6))}")
    return " ".join(words)


def _picture(chance: np.random.Generator, shown: str | None) -> Image:
    """Draw a noisy image: a disc on a bright ground, streaks on a dark one, or a board."""
    from PIL import Image, ImageDraw

    ground = np.full(3, 120.0) if shown is None else 0.5 * np.array(_COLOURS[shown]) + 60
    tint = chance.normal(0, 22, size=3)
    pixels = ground + tint + chance.normal(0, 28, size=(_SIDE, _SIDE, 3))
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(4):  # clutter, on every picture
        x, y = chance.integers(0, _SIDE, size=2).tolist()
        colour = tuple(chance.integers(40, 220, size=3).tolist())
        draw.rectangle((x, y, x + 9, y + 7), fill=colour)
    x, y = chance.integers(8, 36, size=2).tolist()
    if shown == "positive":
        draw.ellipse((x, y, x + 22, y + 22), fill=(245, 215, 90), outline=(255, 250, 200), width=2)
    elif shown == "negative":
        for shift in range(0, 40, 8):
            draw.line((x + shift - 8, y - 6, x + shift - 18, y + 30), fill=(30, 35, 80), width=2)
    elif shown == "neutral":
        draw.rectangle((x, y, x + 24, y + 18), outline=(40, 40, 40), width=2)
        for line in range(4, 18, 4):
            draw.line((x + 4, y + line, x + 20, y + line), fill=(60, 60, 60))
    return image
