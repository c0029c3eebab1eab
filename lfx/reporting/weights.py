"""Describe a fusion's weights, calibrations and search in a line each."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def member_shares(document: Mapping[str, Any]) -> dict[str, float]:
    """Return the members' weights as numbers for a table.

    Args:
        document: the content of `weights.json`.

    Returns:
        `MEMBER` → share; weights per sample are averaged over all samples. `MEMBER.CLASS` → weight
        for weights per class. Empty for a classifier's coefficients.
    """
    if document["per"] not in {"member", "sample", "class"}:
        return {}
    weights = dict(zip(document["members"], document["weights"], strict=True))
    if document["per"] == "member":
        total = sum(weights.values())
        return {name: weight / total for name, weight in weights.items()}
    if document["per"] == "sample":
        return {name: statistics.fmean(row) for name, row in weights.items()}
    return {
        f"{name}.{label}": weight
        for name, row in weights.items()
        for label, weight in zip(document["classes"], row, strict=True)
    }


def describe_weights(document: Mapping[str, Any]) -> str:
    """Return the weights of `weights.json` in one line."""
    shares = member_shares(document)
    if not shares:
        return f"coefficients of {document['scheme']}, in weights.json"
    listed = ", ".join(f"{name} {share:.4f}" for name, share in shares.items())
    return f"{listed} (mean over samples)" if document["per"] == "sample" else listed


def describe_calibrations(document: Mapping[str, Any]) -> list[str]:
    """Return the calibrations of `weights.json`, one line per member; empty without calibration."""
    section = document.get("calibration", {"kind": "none", "members": {}})
    lines = []
    for name, calibration in section["members"].items():
        before, after, kept = (calibration[key] for key in ("nll_before", "nll_after", "kept"))
        if after is None:
            text = "not kept: too few samples for folds"
        else:
            losses = f"log-loss {before:.5f} -> {after:.5f} in cross-fitting"
            text = f"{'kept' if kept else 'not kept'}: {losses}"
        if kept and section["kind"] == "temperature":
            text += f", temperature {1 / calibration['scale'][0]:.3f}"
        lines.append(f"calibration of {name} {text}")
    return lines


def describe_search(document: Mapping[str, Any]) -> str:
    """Return the score and the width of a search's optimum in one line."""
    search = document["search"]
    best = f"best {search['metric']} on the fit split: {search['score']:.4f}"
    if "interval" in search:
        low, high = search["interval"]
        name = search["weight_of"]
        return f"{best}, for weights of {name} in {low:.4f}..{high:.4f} (exact)"
    return f"{best}, at {search['points_as_good']} of {search['points']} weightings"
