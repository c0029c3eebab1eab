"""Audio: recordings resampled once into a cache, and augmented while a model is trained."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.column import FileColumn
from lfx.modalities.audio.augmentation import AudioAugmentation
from lfx.modalities.audio.facts import is_recording, recording_facts
from lfx.modalities.audio.recordings import (
    cached_waveforms,
    describe_unreadable,
    inspect_recordings,
)
from lfx.modalities.audio.waveforms import inspect_recording
from lfx.modalities.modality import NO_EPOCH, Inputs, Modality
from lfx.runtime.checked import checked
from lfx.runtime.errors import DataError, name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    from torch import Tensor

    from lfx.data.checked_sequences import Sequences
    from lfx.data.column import Column
    from lfx.data.samples import SampleTable
    from lfx.modalities.audio.encoder import AudioEncoder, FrontEnd
    from lfx.modalities.facts import Facts

log = logging.getLogger(__name__)

# Files of a column of another name that are looked at.
_LOOKED_AT = 16
# A larger share of recordings that are cut is a warning.
_MANY = 0.05


@checked
class AudioModality(Modality):
    """Audio.

    Args:
        column: The column that holds the recordings.
        augmentation: Random changes of the training waveforms.
    """

    reads = "audio"
    kinds = (FileColumn,)

    def __init__(
        self, column: str = "audio", augmentation: AudioAugmentation = AudioAugmentation()
    ) -> None:
        super().__init__(column)
        self.augmentation = augmentation
        self._logged: set[tuple[int, int]] = set()

    @property
    def augments(self) -> bool:
        """Whether training recordings are changed at random."""
        return self.augmentation.changes

    @classmethod
    def recognises(cls, name: str, column: Column) -> bool:
        """Return whether a column is called audio, or any of its first files is a recording."""
        return isinstance(column, FileColumn) and (
            name == cls.reads or any(map(is_recording, column.first(_LOOKED_AT)))
        )

    def facts(self, table: SampleTable, rows: Sequence[int], cache_dir: Path) -> Facts:
        """Return durations, sampling rates, channels and formats."""
        column: FileColumn = self.read(table)
        return recording_facts(dict(zip(rows, column.files(rows, cache_dir), strict=True)))

    def content(self, table: SampleTable, rows: Sequence[int]) -> Sequence[Any]:
        """Return the recordings' files, or what a table holds of them."""
        column: FileColumn = self.read(table)
        return [column[row] for row in rows]

    def problems_of(
        self, table: SampleTable, rows: Sequence[int], cache_dir: Path
    ) -> dict[int, str]:
        """Decode every recording once; later runs read the results."""
        problems = super().problems_of(table, rows, cache_dir)
        column: FileColumn = self.read(table)
        rows = [row for row in rows if row not in problems]
        digests = column.digests(cache_dir)
        paths = dict(zip(rows, column.files(rows, cache_dir), strict=True))
        found = inspect_recordings(
            {str(digests[row]): paths[row] for row in rows if digests[row] is not None}, cache_dir
        )
        for row in rows:
            digest = digests[row]
            problem = _unreadable(paths[row]) if digest is None else found[digest]
            if problem is not None:
                where = "in its cell" if column.is_embedded(row) else shorten(paths[row].name)
                problems[row] = f"{problem} ({where})"
        return problems

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: AudioEncoder,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Read waveforms from the cache; the first run decodes and resamples into it."""
        column: FileColumn = self.read(table)
        digests = column.digests(cache_dir)
        # All recordings that can be opened, so that train, validation and test share one cache.
        readable = [row for row, digest in enumerate(digests) if digest is not None]
        files = column.files(readable, cache_dir)
        by_digest = {str(digests[row]): file for row, file in zip(readable, files, strict=True)}
        cached = cached_waveforms(by_digest, encoder.sampling_rate, encoder.max_seconds, cache_dir)
        places = np.array([cached.places[str(digests[row])] for row in rows], dtype=np.int64)
        lengths = np.diff(cached.sequences.starts)[places].tolist()
        _require_samples(table, rows, lengths)
        longest = round(encoder.max_seconds * encoder.sampling_rate)
        self._log_cut(sum(length >= longest for length in lengths), len(rows), encoder.max_seconds)
        collate = AudioCollate(
            cached.sequences,
            places,
            rows,
            encoder.front_end,
            longest,
            self.augmentation,
            seed,
        )
        return Inputs(collate, lengths)

    def _log_cut(self, cut: int, recordings: int, max_seconds: float) -> None:
        """Log how many recordings the model does not read to their end, once for the same ones."""
        if cut and (cut, recordings) not in self._logged:
            self._logged.add((cut, recordings))
            log.log(
                logging.WARNING if cut >= _MANY * recordings else logging.INFO,
                "%d of %d recordings (%.1f %%) last %g seconds or more, of which the model reads "
                "the first %g (%s.max_seconds, in training)",
                *(cut, recordings, 100 * cut / recordings, max_seconds, max_seconds),
                self.encoder_section,
            )


class AudioCollate:
    """Reads a batch of waveforms from the cache, and turns it into what the encoder reads.

    Args:
        sequences: all waveforms, mapped from a file.
        places: (samples,) which of them are meant.
        rows: (samples,) each one's position in the data.
        front_end: of the encoder.
        longest: samples of a waveform at the most.
        augmentation: changes training waveforms.
        seed: of the augmentation; None: none.
    """

    def __init__(
        self,
        sequences: Sequences,
        places: Sequence[int] | npt.NDArray[np.int64],
        rows: Sequence[int],
        front_end: FrontEnd,
        longest: int,
        augmentation: AudioAugmentation,
        seed: int | None = None,
    ) -> None:
        self.sequences = sequences
        self.places = places
        self.rows = rows
        self.front_end = front_end
        self.longest = longest
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return the front end's tensors, (views * batch, …) each."""
        batch = [self.sequences[int(self.places[position])] for position in positions] * views
        if self.seed is not None and epoch != NO_EPOCH:
            for index, waveform in enumerate(batch):
                view, place = divmod(index, len(positions))
                drawn_by = (self.seed, epoch, int(self.rows[positions[place]]), view)
                batch[index] = self.augmentation(waveform, *drawn_by)[: self.longest]
        return self.front_end(batch)


def _unreadable(file: Path) -> str:
    """Return why a file has no digest: it is empty or cannot be opened."""
    try:
        return inspect_recording(file) or "the file could not be read; start again"
    except OSError as error:
        return describe_unreadable(error)


def _require_samples(table: SampleTable, rows: Sequence[int], lengths: Sequence[int]) -> None:
    """Refuse recordings without a waveform, which `problems` names beforehand."""
    empty = [table.ids[row] for row, length in zip(rows, lengths, strict=True) if not length]
    if empty:
        raise DataError(
            f"{len(empty)} recordings cannot be decoded: {name_some(empty)}; start again"
        )
