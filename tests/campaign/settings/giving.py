"""A case of a command with settings that make no sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.case import Case, Kind, refused

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.material import Material


def settings_case(
    family: str, stage: str, base: tuple[str, ...], entry: tuple[str, str], *, members: bool = False
) -> Case:
    """Make a case that has to be told, by the name of the setting, before anything is done.

    Args:
        family: part of its name.
        stage: the command.
        base: settings that make sense.
        entry: the settings that make none, in place of those of the same names, and what the
            message has to say.
        members: whether there are members to fuse.
    """
    given, phrase = entry
    added = (given,) if any(one in given for one in ("'", "a b")) else tuple(given.split())
    chosen = {one.partition("=")[0] for one in added}
    kept = tuple(one for one in base if one.partition("=")[0] not in chosen)

    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        if members:
            material.put_trained(work)

    name = f"settings/{family}/{given.encode('unicode_escape').decode()[:70]}"
    return Case(name, Kind.bad_input, stage, (*kept, *added), refused(phrase), prepare)
