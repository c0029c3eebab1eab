"""The sentence that a fusion ends in: whether it beats the best member, and what n could show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

ALPHA = 0.05
_LEAST_SHOWN = 0.001


def verdict_sentences(name: str, document: Mapping[str, Any]) -> list[str]:
    """Return a verdict in words.

    Args:
        name: the fusion's name.
        document: the content of `verdict.json`.

    Returns:
        A sentence on all samples of the split, one on those without near duplicates in what was
        fitted on, where there are any, and one on what so many samples could show.

    Example:
        >>> compared = {"samples": 451, "groups": 451, "difference": 0.0155}
        >>> compared |= {"interval": [0.003, 0.028], "corrected": 7, "corrupted": 0}
        >>> compared |= {"p": 0.0156, "detectable": 0.0144}
        >>> document = {"split": "test", "against": "text", "chosen_on": "val", "all": compared}
        >>> first, power = verdict_sentences("learned", document)
        >>> first.partition(":")[0]
        'learned is better than text, the best member on val'
        >>> power
        'with 80 % power this n would have shown a difference of 0.014'
    """
    of_all = document["all"]
    split, against = document["split"], document["against"]
    best = f"the best member on {document['chosen_on']}"
    sentences = [f"{name} {_relation(of_all)} {against}, {best}: {_numbers(of_all, split)}"]
    if "unseen" in document:
        of_unseen = document["unseen"]
        sentences.append(
            f"unseen samples alone: {name} {_relation(of_unseen)} {against}: "
            f"{_numbers(of_unseen, split)}"
        )
    return [*sentences, _power(of_all)]


def p_value(p: float) -> str:
    """Return a p-value for people, such as `p = 0.016` or `p < 0.001`."""
    if p < _LEAST_SHOWN:
        return f"p < {_LEAST_SHOWN}"
    return f"p = {p:.2g}"


def _relation(compared: Mapping[str, Any]) -> str:
    if compared["p"] > ALPHA:
        return "cannot be told apart from"
    return "is better than" if compared["difference"] > 0 else "is worse than"


def _numbers(compared: Mapping[str, Any], split: str) -> str:
    low, high = compared["interval"]
    count = f"n = {compared['samples']}"
    if compared["groups"] < compared["samples"]:
        count += f", {compared['groups']} groups"
    return (
        f"{compared['difference']:+.3f} [{low:+.3f}, {high:+.3f}] accuracy on {split} ({count}), "
        f"{compared['corrected']} corrected : {compared['corrupted']} corrupted "
        f"(McNemar {p_value(compared['p'])})"
    )


def _power(compared: Mapping[str, Any]) -> str:
    if compared["corrected"] + compared["corrupted"] == 0:
        return "both are right about the same samples"
    if compared["detectable"] is None:
        return (
            "so few samples are predicted differently that no difference could have been shown "
            "with 80 % power"
        )
    return f"with 80 % power this n would have shown a difference of {compared['detectable']:.3f}"
