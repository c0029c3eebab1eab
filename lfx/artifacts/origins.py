"""Whether members' metadata say that they belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.metadata import Metadata


def metadata_problems(origins: Mapping[str, Metadata]) -> list[str]:
    """Find differences between the classes and data sets of members.

    Data fingerprints of different schemas cannot be compared.

    Args:
        origins: member → metadata.
    """
    values_by_field: list[tuple[str, dict[str, object]]] = [
        ("classes", {name: each.classes for name, each in origins.items()})
    ]
    for part in names_by_schema(origins).values():
        fingerprints: dict[str, object] = {name: origins[name].data_fingerprint for name in part}
        values_by_field.append(("data fingerprints", fingerprints))
    problems = []
    for field, values in values_by_field:
        if len(set(values.values())) > 1:
            listed = "; ".join(f"{name} has {value!r}" for name, value in values.items())
            problems.append(f"{field} differ: {listed}")
    return problems


def names_by_schema(origins: Mapping[str, Metadata]) -> dict[int, list[str]]:
    """Return the members whose data fingerprints can be compared: schema → names."""
    names: dict[int, list[str]] = {}
    for name, origin in origins.items():
        names.setdefault(origin.fingerprint_schema, []).append(name)
    return dict(sorted(names.items()))


def member_warnings(origins: Mapping[str, Metadata]) -> list[str]:
    """Return warnings about members that can be joined, but are probably a mistake.

    Args:
        origins: member → metadata.
    """
    warnings = []
    names_by_run: dict[tuple[str, ...], list[str]] = {}
    for name, origin in origins.items():
        run = (origin.name, origin.config_hash, origin.created, str(origin.seed))
        names_by_run.setdefault(run, []).append(name)
    warnings += [
        f"members {' and '.join(names)} are the same run, which counts {len(names)} times"
        for names in names_by_run.values()
        if len(names) > 1
    ]
    if len({origin.seed for origin in origins.values()}) > 1:
        seeds = ", ".join(f"{name} {origin.seed}" for name, origin in origins.items())
        warnings.append(f"members were trained with different seeds: {seeds}")
    by_schema = names_by_schema(origins)
    if len(by_schema) > 1:
        listed = "; ".join(
            f"schema {schema}: {', '.join(names)}" for schema, names in by_schema.items()
        )
        warnings.append(
            f"members have data fingerprints of different schemas ({listed}), which cannot be "
            "compared: these members were compared by ids, labels and groups, on the samples that "
            "they share, only"
        )
    return warnings + _columns_in_two_states(origins)


def _columns_in_two_states(origins: Mapping[str, Metadata]) -> list[str]:
    """Return a warning for each column that members have read with different contents."""
    warnings = []
    for column in sorted({column for origin in origins.values() for column in origin.columns}):
        readers: dict[frozenset[str], list[str]] = {}
        for name, origin in origins.items():
            if column in origin.columns:
                states = frozenset(origin.columns[column].split("+"))  # of a fusion, several
                readers.setdefault(states, []).append(name)
        if len(readers) > 1:
            listed = "; ".join(", ".join(names) for names in readers.values())
            warnings.append(
                f"members have read column {column} with different contents: {listed}. If the "
                "column has been mended since, train those that read it before again"
            )
    return warnings
