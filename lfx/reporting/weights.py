"""What a fusion found, in a few words."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def member_shares(document: Mapping[str, Any]) -> dict[str, float]:
    """Give numbers to put into a table: what each member weighs.

    Args:
        document: the content of `weights.json`.

    Returns:
        `MEMBER` → share, for weights per sample averaged over all samples; `MEMBER.CLASS` → weight
        for weights per class; nothing for a classifier's coefficients.
    """
    members, weights = document["members"], document["weights"]
    if document["per"] == "member":
        total = sum(weights)
        return {name: own / total for name, own in zip(members, weights, strict=True)}
    if document["per"] == "sample":
        return {name: statistics.fmean(own) for name, own in zip(members, weights, strict=True)}
    if document["per"] == "class":
        return {
            f"{name}.{kind}": weight
            for name, own in zip(members, weights, strict=True)
            for kind, weight in zip(document["classes"], own, strict=True)
        }
    return {}


def told_weights(document: Mapping[str, Any]) -> str:
    """Say in one line what `weights.json` holds."""
    shares = member_shares(document)
    if not shares:
        return f"coefficients of {document['scheme']}, in weights.json"
    told = ", ".join(f"{name} {share:.4f}" for name, share in shares.items())
    return f"{told} (mean over samples)" if document["per"] == "sample" else told


def told_calibrations(document: Mapping[str, Any]) -> list[str]:
    """Say, one line a member, what `weights.json` holds of calibration; nothing without one."""
    calibration = document.get("calibration", {"kind": "none", "members": {}})
    lines = []
    for name, one in calibration["members"].items():
        if one["nll_after"] is None:
            what = "left as it is: too few samples for folds"
        else:
            losses = f"log-loss {one['nll_before']:.5f} -> {one['nll_after']:.5f} in cross-fitting"
            what = f"{'kept' if one['kept'] else 'left as it is'}: {losses}"
        if one["kept"] and calibration["kind"] == "temperature":
            what += f", temperature {1 / one['scale'][0]:.3f}"
        lines.append(f"calibration of {name} {what}")
    return lines


def told_search(document: Mapping[str, Any]) -> str:
    """Say in one line how good and how sharp the optimum of a search is."""
    search = document["search"]
    best = f"best {search['metric']} on the fit split: {search['score']:.4f}"
    if "interval" in search:
        low, high = search["interval"]
        name = search["weight_of"]
        return f"{best}, for weights of {name} in {low:.4f}..{high:.4f} (exact)"
    return f"{best}, at {search['points_as_good']} of {search['points']} weightings"
