"""A run's checkpoints as training sees them: kept, forgotten, and read again."""

from __future__ import annotations

import math

import pytest
import torch

from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.checkpoint_io import CheckpointFiles
from lfx.runs.checkpoints import RunCheckpoints, read_checkpoint
from lfx.runs.files import copy_checkpoints, newest_of, phase_folder, require_own, run_of
from lfx.runs.keep import KeepCheckpoints
from lfx.runs.tensors import is_dense, misfits, tensor_problems
from lfx.runtime.errors import CheckpointError
from lfx.training.context import Resuming


def test_each_phase_has_its_own_folder(tmp_path):
    checkpoints = RunCheckpoints(tmp_path, {})
    assert checkpoints.best(None) == checkpoints.best(2) == tmp_path / "checkpoints/best.ckpt"
    assert checkpoints.best(1) == tmp_path / "checkpoints/phase_1/best.ckpt"
    assert phase_folder(tmp_path, 1) == tmp_path / "checkpoints/phase_1"
    for file in (checkpoints.best(1), checkpoints.best(2)):
        assert run_of(file) == tmp_path


def test_what_is_written_has_the_record_and_the_phase(make_classifier, content_of, tmp_path):
    content = content_of(make_classifier())
    checkpoints = RunCheckpoints(tmp_path, content["lfx"])
    for phase in (None, 1):
        checkpoints.keep(phase, "val/loss")
        file = checkpoints.best(phase)
        checkpoints.plugin().save_checkpoint({"state_dict": content["state_dict"]}, file)
        found = read_checkpoint(file)
        assert found.phase == phase
        assert found.classes == ("bad", "so", "good")
        assert found.provenance.plain() == content["lfx"]["provenance"]
        assert found.parts["head"].plain() == content["lfx"]["head"]
    weights = checkpoints.best_weights(1)
    assert torch.equal(weights["head.bias"], content["state_dict"]["head.bias"])


def test_files_are_written_only_where_checkpoints_are_kept(tmp_path):
    with pytest.raises(RuntimeError, match="keep a phase's checkpoints first"):
        RunCheckpoints(tmp_path, {}).plugin()


def test_lightning_reads_what_was_checked_and_removes_nothing(tmp_path):
    files = CheckpointFiles({}, lambda: 0.0)
    with pytest.raises(RuntimeError, match="from which nothing resumes here"):
        files.load_checkpoint(tmp_path / "strange.ckpt")
    files.progress = {"epoch": 1}
    assert files.load_checkpoint(tmp_path / "strange.ckpt") == {"epoch": 1}
    with pytest.raises(RuntimeError, match=r"Lightning wants to remove .*strange\.ckpt"):
        files.remove_checkpoint(tmp_path / "strange.ckpt")


def test_a_phase_is_forgotten_alone(tmp_path):
    checkpoints = RunCheckpoints(tmp_path, {})
    for phase in (1, 2):
        for name in ("best.ckpt", "last.ckpt", "mine.ckpt"):
            write_content(phase_folder(tmp_path, phase) / name, {})
    checkpoints.forget(2)
    left = {str(file.relative_to(tmp_path)) for file in tmp_path.rglob("*.ckpt")}
    assert left == {
        "checkpoints/mine.ckpt",
        "checkpoints/phase_1/best.ckpt",
        "checkpoints/phase_1/last.ckpt",
        "checkpoints/phase_1/mine.ckpt",
    }
    checkpoints.forget(2)


def test_only_the_phase_that_was_interrupted_is_resumed(leave_unfinished, tmp_path):
    leave_unfinished(tmp_path, "1", {}, phase=1)
    resumed = read_checkpoint(newest_of(tmp_path))
    nothing = Resuming("Stopping", 3, {}, 3, {})
    assert RunCheckpoints(tmp_path, {}).resumed_phase() is None
    assert RunCheckpoints(tmp_path, {}).resume(1, nothing) is None
    checkpoints = RunCheckpoints(tmp_path, {}, resumed)
    assert checkpoints.resumed_phase() == 1
    assert checkpoints.resume(2, nothing) is None


def test_an_encoder_gets_its_weights_of_phase_1(make_classifier, content_of, tmp_path):
    checkpoints = RunCheckpoints(tmp_path, {})
    content = content_of(make_classifier())
    content["lfx"]["phase"] = 1
    write_content(checkpoints.best(1), content)
    encoder = make_classifier().encoder
    for parameter in encoder.parameters():
        parameter.data.zero_()
    checkpoints.load_encoder(encoder)
    for name, value in encoder.state_dict().items():
        assert torch.equal(value, content["state_dict"][f"encoder.{name}"])
    with pytest.raises(CheckpointError, match=r"is of another encoder:\n  - weight is missing"):
        checkpoints.load_encoder(torch.nn.Linear(2, 2))


def test_a_folder_that_leads_elsewhere_is_refused(tmp_path):
    run, outside = tmp_path / "run", tmp_path / "outside"
    run.mkdir()
    outside.mkdir()
    require_own(run)
    (tmp_path / "link").symlink_to(run)
    require_own(tmp_path / "link")  # the folder itself may be a link: the user named it
    (run / "checkpoints").mkdir()
    (run / "checkpoints/phase_1").symlink_to(outside)
    for use in (
        lambda: RunCheckpoints(run, {}).keep(2, "val/loss"),
        lambda: RunCheckpoints(run, {}).forget(1),
    ):
        with pytest.raises(CheckpointError, match=r"phase_1 is a link to .*outside, outside of"):
            use()


def test_a_copy_is_whole_or_absent_and_ends_with_the_newest(tmp_path):
    (tmp_path / "from").mkdir()
    for name in ("best.ckpt", "last.ckpt", "surprise"):
        (tmp_path / "from" / name).write_text(name)
    copy_checkpoints(tmp_path / "from", tmp_path / "to")
    assert sorted(file.name for file in (tmp_path / "to").iterdir()) == ["best.ckpt", "last.ckpt"]
    (tmp_path / "to/last.ckpt").write_text("newer")
    copy_checkpoints(tmp_path / "to", tmp_path / "to")
    assert (tmp_path / "to/last.ckpt").read_text() == "newer"


class Written:
    """Takes the place of a trainer: it has metrics, and notes what is saved."""

    def __init__(self):
        self.callback_metrics, self.saved = {}, []

    def save_checkpoint(self, file, *, weights_only):
        self.saved.append((file.name, weights_only))


def test_the_best_is_replaced_by_a_better_one_alone(tmp_path):
    keep, trainer = KeepCheckpoints(tmp_path, "val/loss"), Written()
    scores = []
    for loss in (math.nan, 0.5, 0.7, 0.5, 0.4):
        trainer.callback_metrics = {"val/loss": torch.tensor(loss)}
        keep.on_train_epoch_end(trainer, None)
        scores.append(keep.best_score)
    best = [("best.ckpt", True)]
    last = [("last.ckpt", False)]
    assert trainer.saved == [*best, *last, *best, *last, *last, *last, *best, *last]
    assert scores == pytest.approx([math.inf, 0.5, 0.5, 0.5, 0.4])
    again = KeepCheckpoints(tmp_path, "val/loss")
    again.load_state_dict(keep.state_dict())
    assert again.best_score == pytest.approx(0.4)


def test_a_file_of_tensors_and_plain_values_comes_back(tmp_path):
    content = {"weights": torch.arange(3.0), "note": {"a": [1, None, "ä"]}}
    write_content(tmp_path / "deep/one.ckpt", content)
    found = read_content(tmp_path / "deep/one.ckpt")
    assert torch.equal(found.pop("weights"), content.pop("weights"))
    assert found == content
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["one.ckpt"]
    with pytest.raises(ValueError, match="Is a directory"):
        read_content(tmp_path / "deep")


@pytest.mark.parametrize(
    ("value", "dense"),
    [
        (torch.zeros(2), True),
        (torch.nn.Parameter(torch.zeros(2)), True),
        (torch.zeros(2).to_sparse(), False),
        (torch.zeros(2, device="meta"), False),
        ([0.0], False),
    ],
)
def test_a_tensor_lies_in_memory(value, dense):
    assert is_dense(value) is dense
    assert bool(tensor_problems({"a": value})) is not dense


def test_tensors_that_share_their_numbers_may_not_claim_many_more():
    tied = torch.zeros(100)
    assert tensor_problems({"a": tied, "b": tied}) == []
    (problem,) = tensor_problems({"a": torch.zeros(1).expand(10**6)})
    assert problem == "its tensors claim 4000000 bytes, and the file has 4"


def test_misfits_are_named():
    ours = {"a": torch.zeros(2), "b": torch.zeros(2), "c": torch.zeros(2)}
    theirs = {"a": torch.zeros(3), "b": torch.zeros(2, dtype=torch.long), "d": torch.zeros(2)}
    assert misfits(theirs, ours) == [
        "c is missing",
        "'d' is not known here",
        "a is float32 (3,), allowed: float32 (2,)",
        "b is int64 (2,), allowed: float32 (2,)",
    ]
    assert misfits(ours, ours) == []
