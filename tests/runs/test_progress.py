"""What is resumed from: numbers that fit, and nothing else of what a file says."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest
import torch

from lfx.runs.checkpoint_file import write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.progress import fitting_optimizer_state, lightning_state
from lfx.runtime.errors import CheckpointError
from lfx.training.context import Resuming

STOPPING = "Stopping{'monitor': 'val/loss', 'mode': 'min'}"
KEEPING = "KeepCheckpoints"


def test_a_run_goes_on_where_it_stood(interrupted):
    run, carry_on = interrupted
    before = read_checkpoint(run / "checkpoints/last.ckpt").progress
    outcome, _ = carry_on(epochs=3)
    after = read_checkpoint(run / "checkpoints/last.ckpt").progress
    assert outcome.best == run / "checkpoints/best.ckpt"
    assert (before["epoch"], after["epoch"]) == (0, 2)
    assert after["global_step"] == 3 * before["global_step"] > 0


def test_what_had_ended_is_not_trained_on(interrupted):
    run, carry_on = interrupted
    before = (run / "checkpoints/last.ckpt").read_bytes()
    outcome, model = carry_on(epochs=1)
    assert (run / "checkpoints/last.ckpt").read_bytes() == before
    weights = read_checkpoint(outcome.best).weights
    assert all(torch.equal(weights[key], one) for key, one in model.state_dict().items())


PROGRESS = [
    ("loops", None),
    ("loops|fit_loop", []),
    ("loops|fit_loop|epoch_progress|current|completed", 10**18),
    ("loops|fit_loop|epoch_progress|current|completed", -(10**18)),
    ("loops|fit_loop|epoch_progress|current|completed", True),
    ("loops|fit_loop|epoch_progress", 3),
    ("loops|fit_loop|epoch_loop.batch_progress|is_last_batch", 1),
    ("callbacks", None),
    (f"callbacks|{KEEPING}|best_score", "none"),
    (f"callbacks|{STOPPING}|wait_count", 1.5),
    (f"callbacks|{STOPPING}|best_score", [1]),
    ("lr_schedulers", []),
    ("lr_schedulers", [{"last_epoch": "1"}]),
    ("optimizer_states", []),
    ("optimizer_states", [{}]),
    ("optimizer_states", [{"state": {0: {}}, "param_groups": [{"params": [0]}]}]),
    ("state_dict|head.bias", torch.zeros(4)),
]


@pytest.mark.slow
def test_progress_that_does_not_fit_ends_in_a_message(interrupted, put):
    run, carry_on = interrupted
    file = run / "checkpoints/last.ckpt"
    whole = file.read_bytes()
    for path, value in PROGRESS:
        content = torch.load(file, weights_only=True)
        put(content, path, value)
        write_content(file, content)
        with pytest.raises(CheckpointError, match=re.escape("cannot be resumed from:")):
            carry_on()
        file.write_bytes(whole)


def test_paths_in_a_checkpoint_delete_nothing(interrupted, tmp_path):
    """Lightning's own callback would remove the files that its state names."""
    run, carry_on = interrupted
    letter, old = tmp_path / "home/precious/letter.txt", tmp_path / "home/old.ckpt"
    letter.parent.mkdir(parents=True)
    for file in (letter, old):
        file.write_text("keep")
    for victim in (letter.parent, old):
        content = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
        best = torch.tensor(content["callbacks"][KEEPING]["best_score"])
        paths = {
            "best_model_score": best + 9,
            "best_model_path": str(victim),
            "dirpath": str(run / "checkpoints"),
            "best_k_models": {str(victim): best + 9},
            "kth_best_model_path": str(victim),
            "last_model_path": str(old),
        }
        content["callbacks"]["ModelCheckpoint{'monitor': 'val/loss', 'mode': 'min'}"] = paths
        content["callbacks"][KEEPING] |= {"folder": str(victim)} | paths
        write_content(run / "checkpoints/last.ckpt", content)
        outcome, _ = carry_on()
        assert outcome.best == run / "checkpoints/best.ckpt"
        assert letter.read_text() == old.read_text() == "keep"
    left = sorted(path.name for path in (run / "checkpoints").iterdir())
    assert left == ["best.ckpt", "last.ckpt"]


def test_methods_cannot_be_replaced_by_a_state(interrupted):
    run, _ = interrupted
    file = run / "checkpoints/last.ckpt"
    content = torch.load(file, weights_only=True)
    content["loops"]["fit_loop"]["epoch_progress"]["current"]["reset"] = 1
    content["loops"]["fit_loop"]["state_dict"]["combined_loader"] = [1]
    content["lr_schedulers"][0]["optimizer"] = content["lr_schedulers"][0]["step"] = 1
    write_content(file, content)
    found = read_checkpoint(file)
    loops = torch.load(file, weights_only=True)["loops"]["fit_loop"]
    loops["epoch_progress"]["current"].pop("reset")
    loops["state_dict"].clear()
    expected = Resuming(STOPPING, 3, loops, 3, dict(found.weights))
    state = lightning_state(found, expected, KEEPING)
    assert state["loops"]["fit_loop"] == loops
    assert set(state["lr_schedulers"][0]) == {"last_epoch", "_step_count", "_last_lr", "lr_lambdas"}
    assert set(state["callbacks"]) == {STOPPING, KEEPING}
    assert state["callbacks"][STOPPING]["patience"] == 3


def stepped(kind, **options):
    """Give an optimizer that has made a step, on a layer of two inputs and two outputs."""
    torch.manual_seed(0)
    layer = torch.nn.Linear(2, 2)
    optimizer = kind(layer.parameters(), lr=0.1, **options)
    for _ in range(2):
        optimizer.zero_grad()
        layer(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()
    return layer, optimizer


def test_adamw_takes_statistics_and_rates_alone():
    _, optimizer = stepped(torch.optim.AdamW)
    state = optimizer.state_dict()
    state["param_groups"][0] |= {"lr": 0.05, "maximize": True, "surprise": "x", "weight_decay": 7}
    state["state"][0] |= {"surprise": torch.zeros(2)}
    taken = fitting_optimizer_state(optimizer, state)
    assert taken["param_groups"][0]["lr"] == 0.05
    assert not taken["param_groups"][0]["maximize"]
    assert taken["param_groups"][0]["weight_decay"] == 0.01
    assert "surprise" not in taken["param_groups"][0]
    assert set(taken["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
    state["state"][0]["exp_avg"] = torch.zeros(3, 3)
    with pytest.raises(CheckpointError, match="state of parameter 0 does not fit"):
        fitting_optimizer_state(optimizer, state)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("exp_avg", torch.tensor(0.0)),  # one number would be broadcast
        ("exp_avg_sq", torch.tensor(0.0)),
        ("exp_avg", torch.zeros(2, 2, dtype=torch.long)),
        ("exp_avg", None),
        ("step", torch.zeros(2, 2)),
        ("step", 3),
    ],
)
def test_adamws_statistics_have_the_shapes_that_it_gives_them(key, value):
    _, optimizer = stepped(torch.optim.AdamW)
    state = optimizer.state_dict()
    state["state"][0][key] = value
    with pytest.raises(CheckpointError, match="state of parameter 0 does not fit"):
        fitting_optimizer_state(optimizer, state)


OTHERS = [
    (torch.optim.SGD, {"momentum": 0.9}),
    (torch.optim.SGD, {}),
    (torch.optim.RMSprop, {"momentum": 0.5}),
    (torch.optim.NAdam, {}),
]


@pytest.mark.parametrize(("kind", "options"), OTHERS, ids=["momentum", "plain", "rmsprop", "nadam"])
def test_any_other_optimizer_goes_on_as_if_it_had_never_stopped(kind, options):
    layer, whole = stepped(kind, **options)
    other = torch.nn.Linear(2, 2)
    other.load_state_dict(layer.state_dict())
    resumed = kind(other.parameters(), lr=0.7, **options)
    resumed.register_load_state_dict_pre_hook(fitting_optimizer_state)
    resumed.load_state_dict(deepcopy(whole.state_dict()))
    for one, optimizer in ((layer, whole), (other, resumed)):
        optimizer.zero_grad()
        one(torch.ones(1, 2)).square().sum().backward()
        optimizer.step()
    assert all(map(torch.equal, layer.parameters(), other.parameters()))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("momentum_buffer", torch.zeros(3, 3)),
        ("momentum_buffer", "path/of/a/file"),
        ("momentum_buffer", torch.zeros(2, 2).to_sparse()),
        (7, torch.zeros(2, 2)),
    ],
)
def test_of_any_other_optimizer_tensors_that_fit_are_taken_alone(key, value):
    _, optimizer = stepped(torch.optim.SGD, momentum=0.9)
    state = optimizer.state_dict()
    state["state"][0][key] = value
    with pytest.raises(CheckpointError, match="state of parameter 0 does not fit"):
        fitting_optimizer_state(optimizer, state)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"param_groups": []}, "param_groups is .*, allowed: 1 groups"),
        ({"param_groups": [{"params": [0], "lr": 0.1}]}, "param_groups are of other sizes"),
        ({"param_groups": [{"params": [0, 1], "lr": float("nan")}]}, "allowed: 1 groups"),
        ({"state": [1]}, "state is .*, allowed: numbers of each parameter"),
        ({"state": {2: {}}}, "state of parameter 2 does not fit"),
    ],
)
def test_the_state_of_another_model_is_refused(change, message):
    _, optimizer = stepped(torch.optim.SGD, momentum=0.9)
    with pytest.raises(CheckpointError, match=message):
        fitting_optimizer_state(optimizer, optimizer.state_dict() | change)
