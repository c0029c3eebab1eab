"""What is composed quickly is what Hydra composes: node by node, and byte by byte once written."""

from __future__ import annotations

import itertools
import os
import pickle
from pathlib import Path

import pytest
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import Container, OmegaConf

MASTER = ["hydra.sweep.dir=sweep", "hydra.mode=MULTIRUN"]

# Groups, values, deletions, additions, interpolations, and keys that only some choices have.
FUSE = [
    ["fusion=mean"],
    ["fusion=weighted", "++fusion.weights={text: 0.3}"],
    ["fusion=weighted", "++fusion.weights.text=0.7", "seed=3"],
    ["fusion=weighted", "++fusion.weights.text=0.2", "seed=3"],
    ["fusion=detection_rate", "fusion.alpha=none"],
    ["fusion=detection_rate", "fusion.alpha=prior", "name='${data.name}-${fusion.alpha}'"],
    ["~members.image", "+members.third=a.parquet", "++members.text='b=1.parquet'"],
    ["++members={image: c.parquet}", "data=mvsa_single", "data.root=/some/where"],
    ["seed=4", "logger=csv", "fit_split=val"],
    ["fit_split=test", "allow_leaky_fit=true", "name='a, b'"],
    [],
]
TRAIN = [
    ["modality=image", "seed=1"],
    ["modality=image_contrastive", "loss=supcon", "loss.temperature=0.2"],
    ["modality=text_contrastive", "loss=combined", "loss@loss.first=supcon"],
    ["experiment=contrastive_ablation", "seed=2", "trainer.max_epochs=3"],
    ["data.split=random", "data.source.pairs=50", "~logger"],
    ["+trainer.more.settings=[1,2]", "++seed=9"],
]
REFUSED = [
    ["epochs=3"],
    ["fusion=guess"],
    ["seed=two"],
    ["fusion=mean", "fusion.weights.text=0.5"],
    ["~members.nobody"],
    ["~fusion=mean"],
    ["+seed=3"],
    ["++fusion=mean"],
    ["fusion=null"],
    ["seed@here=3"],
    ["allow_leaky_fit=maybe"],
    ["seed=1,2"],
    ["a=/b/w=0.1"],
]


def differences(ours, theirs, key="root"):
    """Name every node in which two configs differ: keys, values, types, flags, caches."""
    if type(ours) is not type(theirs) or vars(ours._metadata) != vars(theirs._metadata):
        return [key]
    if not isinstance(ours, Container) or not isinstance(ours._content, dict | list):
        return [key] if ours._value() != theirs._value() else []
    mine, other = (
        dict(enumerate(node._content)) if isinstance(node._content, list) else node._content
        for node in (ours, theirs)
    )
    if list(mine) != list(other):
        return [key]
    found = [f"{key}.{name}'s parent" for name in mine if mine[name]._parent is not ours]
    return found + [
        where for name in mine for where in differences(mine[name], other[name], f"{key}.{name}")
    ]


def master_of(loader, stage, *overrides):
    master = loader.load_configuration(stage, [*MASTER, *overrides], RunMode.MULTIRUN)
    assert master.hydra.sweep.dir
    assert master.hydra.run.dir
    return master


@pytest.mark.parametrize(
    ("stage", "job"),
    [("fuse", job) for job in FUSE] + [("train", job) for job in TRAIN],
    ids=lambda part: part if isinstance(part, str) else " ".join(part) or "nothing",
)
def test_a_job_is_what_hydra_makes_of_it(loader, composer, stage, job):
    master = master_of(loader, stage)
    theirs = loader.load_sweep_config(master, job)
    for _ in range(2):  # once from the files, once from memory
        ours = composer.load_sweep_config(master, job)
        assert differences(ours, theirs) == []
        assert OmegaConf.to_yaml(ours) == OmegaConf.to_yaml(theirs)
        assert ours.hydra.run.dir == theirs.hydra.run.dir
        # `${now:}` and `${lfx.run_id:}` have been asked once, and every job agrees.
        assert Path(ours.hydra.run.dir).name == Path(master.hydra.run.dir).name


def test_jobs_do_not_change_each_other(loader, composer):
    master = master_of(loader, "fuse")
    for job in itertools.chain(FUSE, reversed(FUSE)):
        ours = composer.load_sweep_config(master, job)
        assert differences(ours, loader.load_sweep_config(master, job)) == []
        ours.seed = 1000
        ours.hydra.job.name = "changed"
        ours.members.text = "changed"


def test_hydras_own_settings_are_part_of_the_choices(loader, composer, tmp_path, monkeypatch):
    (tmp_path / "fusion").mkdir()
    (tmp_path / "fusion" / "own.yaml").write_text(
        "_target_: lfx.fusion.schemes.grid.Grid\nsteps: 3\n"
    )
    monkeypatch.setenv("LFX_TEST", "one")
    own = [
        f"hydra.searchpath=['file://{tmp_path}']",
        "hydra.job.env_copy=[LFX_TEST]",
        "hydra.job.config.override_dirname.exclude_keys=[seed]",
        "hydra.job.config.override_dirname.kv_sep='-'",
    ]
    master = master_of(loader, "fuse", *own)
    for job in (["fusion=own", "seed=3"], ["logger=csv"], ["fusion=own", "seed=4", "name=x"]):
        ours = composer.load_sweep_config(master, job)
        assert differences(ours, loader.load_sweep_config(master, job)) == []
    assert ours.hydra.job.override_dirname == "fusion-own,name-x"
    monkeypatch.setenv("LFX_TEST", "two")
    ours = composer.load_sweep_config(master, ["fusion=own", "name=x"])
    assert ours.hydra.job.env_set.LFX_TEST == "two"
    # A folder that only this master knows is not looked through for another one.
    with pytest.raises(HydraException, match="fusion/own"):
        composer.load_sweep_config(master_of(loader, "fuse"), ["fusion=own"])


def test_the_working_directory_is_the_one_of_now(loader, composer, tmp_path, monkeypatch):
    master = master_of(loader, "fuse")
    composer.load_sweep_config(master, ["seed=1"])
    monkeypatch.chdir(tmp_path)
    assert composer.load_sweep_config(master, ["seed=1"]).hydra.runtime.cwd == str(tmp_path)


@pytest.mark.parametrize("job", REFUSED, ids=" ".join)
def test_what_hydra_refuses_is_refused_in_its_words(loader, composer, job):
    master = master_of(loader, "fuse")
    with pytest.raises((HydraException, ValueError), match=r"\S") as theirs:
        loader.load_sweep_config(master, job)
    for _ in range(2):
        with pytest.raises(type(theirs.value), match=r"\S") as ours:
            composer.load_sweep_config(master, job)
        assert str(ours.value) == str(theirs.value)
        assert str(ours.value.__cause__) == str(theirs.value.__cause__)


def test_files_are_read_once_per_set_of_choices(loader, composer, monkeypatch):
    master = master_of(loader, "fuse")
    read = []
    original = type(composer)._compose_config_from_defaults_list

    def counted(self, defaults, repo):
        read.append(defaults)
        return original(self, defaults=defaults, repo=repo)

    monkeypatch.setattr(type(composer), "_compose_config_from_defaults_list", counted)
    for seed in range(5):
        for scheme in ("mean", "detection_rate"):
            composer.load_sweep_config(master, [f"fusion={scheme}", f"seed={seed}"])
    assert len(read) == 2


def test_memory_is_bounded(loader, composer, monkeypatch):
    monkeypatch.setattr("lfx.command.composer._MOST", 2)
    master = master_of(loader, "fuse")
    for scheme in ("mean", "weighted", "detection_rate", "mean"):
        config = composer.load_sweep_config(master, [f"fusion={scheme}"])
        assert config.fusion.name == scheme
        assert len(composer._composed) <= 2


def test_a_composer_travels_to_a_worker(loader, composer):
    master = master_of(loader, "fuse")
    theirs = loader.load_sweep_config(master, ["seed=3"])
    composer.load_sweep_config(master, ["seed=1"])
    there = pickle.loads(pickle.dumps(composer))  # noqa: S301
    assert differences(there.load_sweep_config(master, ["seed=3"]), theirs) == []
    assert there.load_sweep_config(master, ["fusion=mean"]).fusion.name == "mean"


def test_hydras_section_as_a_whole_is_left_to_hydra(loader, composer):
    master = master_of(loader, "fuse")
    job = ["hydra={job: {name: other}}", "seed=3"]
    theirs = loader.load_sweep_config(master, job)
    assert differences(composer.load_sweep_config(master, job), theirs) == []
    assert theirs.hydra.job.name == "other"
    assert os.environ.get("LFX_TEST") is None
