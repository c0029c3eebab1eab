"""Folders whose names hold signs that Hydra reads."""

from __future__ import annotations

from campaign.case import Case, either, refused
from campaign.material import TEXT
from campaign.paths.placing import SAME, case


def _roots() -> list[Case]:
    cases = []
    names = {
        "spaces": "my own data",
        "unicode": "Дáta 数据",
        "equals": "w=0.5",
        "commas": "a,b",
        "brackets": "a(b)[c]{d}",
        "hash": "a#b",
        "quote": "it's",
        "percent": "100%",
        "dollar": "$HOME",
        "leading_dash": "-data",
        "emoji": "data🙂",
        "backslash": "a\\b",
        "star": "a*b",
    }
    for what, folder in names.items():
        move = lambda work, folder=folder: (work / "data").rename(work / folder)
        said = folder.replace("'", "\\'")
        on = ("data=table", "data.name=plain", "data.source.file=plain.jsonl")
        cases.append(case(f"quoted_{what}", (*TEXT, *on, f"data.root='{said}'"), SAME, move))
        if what in {"equals", "commas", "brackets", "hash", "quote"}:
            hint = refused(r"quot|'data.root|\"data.root")
            cases.append(
                case(f"bare_{what}", (*TEXT, *on, f"data.root={folder}"), either(SAME, hint), move)
            )
    return cases


CASES = [*_roots()]
