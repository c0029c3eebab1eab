"""Files that are damaged, or no artifacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from campaign import pickles
from campaign.case import Case, Kind, either, right

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

from campaign.artifacts.changing import NO, case, same_mean


def _files() -> list[Case]:
    content = lambda make: lambda file, work: file.write_bytes(make(file, work))

    def flipped(share: float) -> Callable[[Path, Path], object]:
        def change(file: Path, _work: Path) -> None:
            data = bytearray(file.read_bytes())
            data[int(share * (len(data) - 1))] ^= 0x10
            file.write_bytes(data)

        return change

    return [
        case("empty", content(lambda _file, _work: b"")),
        case("text", content(lambda _file, _work: b"no artifact")),
        case("magic_alone", content(lambda _file, _work: b"PAR1PAR1")),
        case("footer_huge", content(lambda _file, _work: b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1")),
        *(
            case(
                f"cut_at_{share:g}",
                content(
                    lambda file, _work, share=share: file.read_bytes()[
                        : int(share * file.stat().st_size)
                    ]
                ),
            )
            for share in (0.2, 0.9, 0.999)
        ),
        *(
            case(f"flipped_at_{share:g}", flipped(share), either(NO, right(same_mean)))
            for share in (0.02, 0.2, 0.35, 0.5, 0.7, 0.9, 0.97)
        ),
        case("folder", lambda file, _work: (file.unlink(), file.mkdir())),
        case("missing", lambda file, _work: file.unlink()),
        case("csv", content(lambda _file, _work: b"sample_id,logits\n1,2\n")),
        case(
            "feather",
            lambda file, _work: (
                pa.feather.write_feather(pq.read_table(file), str(file))
                if hasattr(pa, "feather")
                else file.write_bytes(b"ARROW1")
            ),
        ),
        case("pickle", content(lambda _file, work: pickles.plain_pickle(work))),
        case("link_to_itself", lambda file, _work: (file.unlink(), file.symlink_to(file.name))),
        case(
            "compressed_otherwise",
            lambda file, _work: pq.write_table(pq.read_table(file), file, compression="zstd"),
            right(same_mean),
            Kind.bad_input,
        ),
        case(
            "many_row_groups",
            lambda file, _work: pq.write_table(pq.read_table(file), file, row_group_size=3),
            right(same_mean),
            Kind.bad_input,
        ),
    ]


CASES = [*_files()]
