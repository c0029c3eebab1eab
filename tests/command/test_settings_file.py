from __future__ import annotations

import pytest
from hydra.errors import HydraException

from lfx.command.entry import register
from lfx.command.messages import explain

HEADER = "# @package _global_\n"
ALIASES = "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 10)}]\n"
    for old, new in zip("abcdef", "bcdefg", strict=True)
)


@pytest.fixture
def explained(tmp_path):
    """Explain what is wrong with a file of a user's own folder of configs."""
    register()

    def build(text, group="experiment", *arguments):
        (tmp_path / group).mkdir(exist_ok=True)
        (tmp_path / group / "mine.yaml").write_bytes(text.encode("latin-1"))
        given = [f"--config-dir={tmp_path}", f"{group}=mine", *arguments]
        return explain(HydraException("what Hydra said"), "train", given)

    return build


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("data:\n\tname: x\n", r"line 3: found character '\t' that cannot start any token"),
        ("name: a\nname: b\n", "line 3: found duplicate key name"),
        ("data: [1, 2\n", "line 3: expected ',' or ']'"),
        ("name: !!python/object/apply:os.system [ls]\n", "line 2: could not determine"),
        ("name: *x\n", "line 2: found undefined alias 'x'"),
        ("name: a\0\n", "the character 0x0 at 27"),
        ("name: \xe9\n", "can't decode byte 0xe9"),
        ("- a\n- b\n", "it holds a list; settings are written KEY: VALUE"),
        ("5\n", "Invalid loaded object type: int"),
        ("defaults: mine\n", "defaults must be a list"),
        (f"a: &a [{'x, ' * 10}]\n{ALIASES}", "stand for more than 100000 values"),
        ("a: &a\n  b: *a\n", "stand for more than 100000 values"),
        (f"data: {'{a: ' * 3000}1{'}' * 3000}\n", "nested more than 40 levels deep"),
        (f"data: {'{a: ' * 60}1{'}' * 60}\n", "nested more than 40 levels deep"),
        (f"data:\n  {'- ' * 500}1\n", "nested more than 40 levels deep"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(explained, tmp_path, text, phrase):
    told = explained(HEADER + text)
    assert told.startswith(f"experiment=mine: {tmp_path}/experiment/mine.yaml")
    assert phrase in told
    assert len(told.splitlines()) == 1


def test_aliases_of_a_usual_file_are_read(explained):
    text = "trainer:\n  max_epochs: &few 2\n  patience: *few\n"
    assert explained(HEADER + text) == "what Hydra said"


def test_a_groups_file_that_cannot_be_read_beside_another_mistake(explained):
    first, second = explained("a: [1\n", "modality", "epochs=3").splitlines()
    assert first.startswith("modality=mine: ")
    assert "modality/mine.yaml, line 2: expected ',' or ']'" in first
    assert second.startswith("epochs=3: there is no such setting")


def test_defaults_that_lead_back_to_themselves(explained, tmp_path):
    circle = "these defaults form a cycle"
    told = explained(f"{HEADER}defaults: [/experiment/mine]\n")
    assert told == f"experiment=mine: experiment/mine -> experiment/mine: {circle}"
    other = tmp_path / "experiment" / "other.yaml"
    other.write_text(f"{HEADER}defaults: [/experiment/mine]\n")
    told = explained(f"{HEADER}defaults: [/experiment/other]\n")
    between = "experiment/mine -> experiment/other -> experiment/mine"
    assert told == f"experiment=mine: {between}: {circle}"


@pytest.mark.parametrize("text", ["name: x\n", ""])
def test_an_experiment_without_its_first_line(explained, text):
    told = "'experiment/mine': the first line of an experiment has to be `# @package _global_`"
    assert explained(text) == f"experiment=mine: {told}"


def test_a_byte_order_mark_is_named_and_not_the_header_behind_it(explained):
    told = explained(f"\ufeff{HEADER}seed: 5\n".encode().decode("latin-1"))
    assert "mine.yaml: it begins with a byte-order mark" in told
    assert "first line" not in told
