from __future__ import annotations

import pytest

from lfx.command.typed import first_line
from lfx.runtime.errors import ConfigError


def test_settings_that_lead_back_to_themselves_are_named(typed):
    circle = ["trainer.patience=${trainer.max_epochs}", "trainer.max_epochs=${trainer.patience}"]
    with pytest.raises(ConfigError, match="refers to itself") as caught:
        typed("train", "modality=text", "seed=${seed}", *circle)
    keys = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert sorted(keys) == ["seed", "trainer.max_epochs", "trainer.patience"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("It is refused because it\nallows too\nmuch. More of it.\nfull_key: a.b", None),
        ("It has no key\n    full_key: a.b\n    object_type=dict", "a.b: It has no key"),
        ("mismatched input\nSee https://hydra.cc for details", "mismatched input"),
        ("Error in a call:\nvalue is bad\nfull_key: a.b", "a.b: Error in a call:"),
    ],
)
def test_a_wrapped_sentence_is_given_whole(message, expected):
    whole = "a.b: It is refused because it allows too much. More of it."
    assert first_line(ValueError(message)) == (expected or whole)
