"""What a run says of its state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign.run_folders.changing import case, edited_json

if TYPE_CHECKING:
    from campaign.case import Case


def _statuses() -> list[Case]:
    junk: list[tuple[str, str, Any]] = [
        ("pid_text", "pid", "x"),
        ("pid_huge", "pid", 10**20),
        ("pid_negative", "pid", -1),
        ("pid_list", "pid", [1]),
        ("started_never", "started", "yesterday"),
        ("started_number", "started", 5),
        ("started_list", "started", [1]),
        ("started_no_zone", "started", "2024-01-01T00:00:00"),
        ("started_year_9999", "started", "9999-12-31T23:59:59+00:00"),
        ("stage_unknown", "stage", "rule"),
        ("stage_list", "stage", ["train"]),
        ("state_list", "state", ["completed"]),
        ("state_unknown", "state", "fine"),
        ("host_list", "host", [1]),
        ("host_escape", "host", "\x1b[2J"),
        ("overrides_text", "overrides", "seed=1"),
        ("overrides_numbers", "overrides", [1, 2]),
        ("overrides_none", "overrides", None),
        ("overrides_escape", "overrides", ["\x1b[2J=\x1b[3J", "<script>=1"]),
        ("resumed_by_list", "resumed_by", ["x"]),
        ("settings_list", "settings", [1]),
        ("objective_text", "objective", "good"),
        ("more", "evil", 1),
    ]
    return [
        *(
            case(
                f"status_{name}",
                edited_json(
                    "status.json",
                    lambda content, key=key, value=value: content.update({key: value}),
                ),
            )
            for name, key, value in junk
        ),
        case("status_empty", lambda run: (run / "status.json").write_text("")),
        case("status_list", lambda run: (run / "status.json").write_text("[]")),
        case("status_deep", lambda run: (run / "status.json").write_text("[" * 100_000)),
        case("status_binary", lambda run: (run / "status.json").write_bytes(b"\xff\xfe\0" * 99)),
        case("status_gone", lambda run: (run / "status.json").unlink()),
    ]


CASES = [*_statuses()]
