"""Paired differences of models and fusions of one study, with intervals: docs/results.md.

    python benchmarks/levels.py outputs/studies/fusion_levels_mvsa_single --against text

The test samples of all seeds are taken together. A resample draws groups (near duplicates belong
together), each with all of its samples in all seeds, since seeds share most of the data.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from lfx.artifacts.parquet import read_predictions

RESAMPLES = 10_000


def read_answers(study: Path, split: str) -> dict[str, dict[tuple[str, str], tuple[str, bool]]]:
    """Return, of each model, whether it is right about (seed, sample), and the sample's group."""
    answers: dict[str, dict[tuple[str, str], tuple[str, bool]]] = {}
    for file in sorted(study.glob("seed_*/*/predictions.parquet")):
        seed, name = file.parts[-3:-1]
        rows = read_predictions(file)
        rows = rows.select(rows.rows(split) & (rows.label >= 0))
        right = rows.logits.argmax(axis=1) == rows.label
        answers.setdefault(name, {}).update(
            {
                (seed, sample): (group, bool(one))
                for sample, group, one in zip(rows.sample_id, rows.group, right, strict=True)
            }
        )
    return answers


def difference(
    one: dict[tuple[str, str], tuple[str, bool]], other: dict[tuple[str, str], tuple[str, bool]]
) -> tuple[int, float, float, float]:
    """Return n, the difference of accuracy on the samples that both have, and its 95 % interval."""
    shared = sorted(set(one) & set(other))
    _, groups = np.unique([one[key][0] for key in shared], return_inverse=True)
    gained = np.array([int(one[key][1]) - int(other[key][1]) for key in shared])
    sums, sizes = np.bincount(groups, weights=gained), np.bincount(groups)
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=RESAMPLES)
    low, high = np.quantile((drawn @ sums) / (drawn @ sizes), [0.025, 0.975])
    return len(shared), float(gained.mean()), float(low), float(high)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study", type=Path)
    parser.add_argument("--against", default="text")
    parser.add_argument("--other", type=Path, help="a study whose models of the same name are less")
    parser.add_argument("--split", default="test")
    chosen = parser.parse_args()
    answers = read_answers(chosen.study, chosen.split)
    other = None if chosen.other is None else read_answers(chosen.other, chosen.split)
    against = "itself" if other is not None else chosen.against
    print(f"| | n | accuracy | difference from {against} | 95 % interval |\n| --- |{' ---: |' * 4}")
    for name, own in answers.items():
        compared = answers[chosen.against] if other is None else other.get(name, {})
        if compared:
            count, mean, low, high = difference(own, compared)
            accuracy = np.mean([right for key, (_, right) in own.items() if key in compared])
            interval = f"[{low:+.3f}, {high:+.3f}]"
            print(f"| {name} | {count} | {accuracy:.3f} | {mean:+.3f} | {interval} |")


if __name__ == "__main__":
    main()
