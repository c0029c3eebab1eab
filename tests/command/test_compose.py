from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf, read_write

from lfx.command.typed import as_typed
from lfx.runtime.locate import config_folder
from lfx.studies.steps import plan_steps

if TYPE_CHECKING:
    from pathlib import Path

# Which stages offer a group, and what an option needs beside it.
STAGES = {
    "augmenter": ("augment",),
    "calibration": ("fuse", "compare"),
    "data": ("train", "augment", "predict", "fuse", "compare", "report"),
    "encoder": ("train",),
    "fusion": ("fuse", "compare"),
    "head": ("train",),
    "joint": ("train",),
    "logger": ("train", "fuse", "compare", "report", "study"),
    "loss": ("train",),
    "modality": ("train",),
    "reference": ("report",),
    "trainer": ("train",),
    "training": ("train",),
    "study": ("study",),
}
REQUIRED = {
    "predict": ["ckpt=best.ckpt"],
    "data/mvsa_multiple": ["data.root=folder"],
    "data/mvsa_single": ["data.root=folder"],
    "encoder/vgg16_places365": ["encoder.weights.path=vgg16_places365.safetensors"],
    "training/classical": ["modality=text", "encoder=ngrams"],
    "training/cross_modal": ["modality=joint"],
    "data/table": ["data.root=folder", "data.source.file=tweets.csv"],
}
FILES = sorted(path.relative_to(config_folder()) for path in config_folder().rglob("*.yaml"))
HYDRA = [file for file in FILES if file.parts[0] == "hydra"]
EXPERIMENTS = [file for file in FILES if file.parts[0] == "experiment"]
OPTIONS = [file for file in FILES if len(file.parts) == 2 and file not in EXPERIMENTS]
STUDIES = sorted((config_folder() / "study").glob("*.yaml"))
PAIRS = [(file, stage) for file in OPTIONS for stage in STAGES.get(file.parts[0], ())]


def commands(file):
    """The commands that an experiment opens with: stage and overrides."""
    name = file.relative_to("experiment").with_suffix("")
    lines = (config_folder() / file).read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"#   python -m lfx\.(\w+) (.*)", line) for line in lines]
    own = [(one[1], one[2].split()) for one in found if one]
    return [(stage, words) for stage, words in own if f"experiment={name}" in words]


def needed(stage, file):
    overrides = [*REQUIRED.get(stage, []), f"{file.parent}={file.stem}"]
    overrides += REQUIRED.get(str(file.with_suffix("")), [])
    if file.parts[0] == "encoder":
        target = OmegaConf.load(config_folder() / file)._target_
        overrides.insert(0, f"modality={target.split('.')[2]}")
    if file.parts[0] == "joint":
        overrides.insert(0, "modality=joint")
    if file.parts[0] == "loss":
        overrides.append("modality=image_contrastive")
    return overrides


def test_every_file_is_found_and_composed_somewhere(roots):
    assert len(FILES) > 20
    stages = [file for file in FILES if len(file.parts) == 1]
    assert {file.stem for file in stages} == set(roots)
    assert {file.parts[0] for file in OPTIONS} == set(STAGES)
    assert len(EXPERIMENTS) > 10
    others = len(EXPERIMENTS) + len(HYDRA)
    assert len(stages) + len(OPTIONS) + others == len(FILES)


@pytest.mark.parametrize(
    "stage", ["train", "augment", "predict", "fuse", "compare", "report", "study"]
)
def test_a_root_composes_and_resolves(composed, typed, stage):
    typed(stage, *REQUIRED.get(stage, []))

    whole = composed(stage, *REQUIRED.get(stage, []), hydra=True)
    HydraConfig.instance().set_config(whole)
    assert whole.hydra.job.name == stage
    # What Hydra itself fills in when a job starts.
    with read_write(whole.hydra):
        whole.hydra.runtime.output_dir, whole.hydra.job.num, whole.hydra.job.id = "folder", 0, "0"
    for section in ("run", "sweep", "job_logging", "help"):
        OmegaConf.to_container(whole.hydra[section], resolve=True, throw_on_missing=True)


@pytest.mark.parametrize(("file", "stage"), PAIRS, ids=str)
def test_an_option_composes_with_its_stages(typed, file: Path, stage: str):
    config = typed(stage, *needed(stage, file))
    group = file.parts[0]
    chosen = getattr(config, group)
    if group in getattr(config, "by_name", ()):
        assert chosen == file.stem
    elif group == "modality":
        assert config.name == file.stem
        assert chosen.name == file.stem.partition("_")[0]
    elif group == "study":  # one that takes several data sets is named after both
        assert chosen.name.startswith(file.stem)
    else:
        assert chosen.name == file.stem


@pytest.mark.parametrize("file", EXPERIMENTS, ids=str)
def test_an_experiment_composes_by_the_commands_that_it_opens_with(composed, roots, file: Path):
    assert commands(file)
    for stage, words in commands(file):
        first = [word.partition(",")[0] for word in words]  # of what is swept
        params = composed(stage, *first, hydra=True).hydra.sweeper.params or {}
        job = [f"{key}={str(value).partition(',')[0]}" for key, value in params.items()]
        as_typed(composed(stage, *job, *first), roots[stage])


@pytest.mark.parametrize("file", EXPERIMENTS, ids=str)
def test_an_experiment_of_the_paper_says_what_it_is_of(file: Path):
    text = (config_folder() / file).read_text(encoding="utf-8")
    if file.parts[1] == "paper" and "back_translation" not in file.name:
        assert re.search(r"report(s|ed) an?\s+(#\s+)?accuracy of 0\.\d+|5\.3 %", text)
        assert re.search(r"sections? [IV]+", text)


@pytest.mark.parametrize("kind", ["paper", "paper_light"])
def test_a_study_has_the_published_codes_forms(typed, kind: str):
    name = "resnet50_contrastive" if kind == "paper" else "image_contrastive"
    studies = [typed("study", f"study={one}").study for one in (kind, f"{kind}_published_code")]
    assert list(studies[0].steps) == list(studies[1].steps)
    text, code = (typed("train", *one.steps[name].settings, "data.root=folder") for one in studies)
    assert (text.loss._target_, code.loss._target_) == (
        "lfx.losses.npair.NPair",
        "lfx.losses.npair.NPairTfa",
    )
    shapes = [(one.training.projection.width, one.training.projection.relu) for one in (text, code)]
    assert shapes == [(64, False), (128, True)]
    heads = [(one.head.name, one.head.l2) for one in (text, code)]
    assert heads == [("linear", 0.0), ("mlp", 0.01)]
    assert code.head.hidden == 256
    forms = [typed("fuse", *one.steps["minimizing_loss"].settings).fusion.form for one in studies]
    assert [form.name for form in forms] == ["paper", "published_code"]


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
def test_each_step_of_a_study_composes(typed, file: Path):
    config = typed("study", f"study={file.stem}", "++data.root=folder")
    own = {"vgg16": ["encoder.weights.path=file"]}
    for step in plan_steps(config):
        composed_step = [one for one in step.settings if not one.startswith("hydra.")]
        typed(step.command, *composed_step, *own.get(step.name, []))
    assert len(plan_steps(config)) == len(config.study.steps) + 1


def test_the_papers_experiments_have_the_papers_settings(typed):
    of = {
        name: typed("train", f"experiment=paper/{name}", "data.root=folder", *more)
        for name, *more in (
            ("vgg16", "encoder.weights.path=file"),
            ("resnet50",),
            ("resnet50_contrastive",),
            ("roberta",),
        )
    }
    for config in of.values():
        assert config.data.split.name == "random"
        assert config.trainer.batch_size == 16
        assert config.artifacts.dir == "outputs/artifacts/mvsa_single/paper/seed_0"
    assert of["vgg16"].data.folds == 4
    assert {of[name].encoder.image_size for name in of if name != "roberta"} == {224}
    assert of["vgg16"].training.optimizer.head_learning_rate == 1e-3
    assert of["vgg16"].training.optimizer.weight_decay == 0
    for name in ("resnet50", "roberta"):
        assert of[name].training.optimizer.learning_rate == 2e-5
        assert of[name].trainer.min_delta == 1e-4
    assert of["resnet50"].head.l2 > 0
    assert of["roberta"].paraphrases.file == "outputs/paraphrases/mvsa_single/paper_seed_0.jsonl"
    made = typed("augment", "experiment=paper/back_translation", "data.root=folder")
    assert (made.share, made.file) == (0.15, of["roberta"].paraphrases.file)
    assert made.data == of["roberta"].data
    other = typed("train", "experiment=paper/resnet50", "data.root=folder", "seed=3")
    assert other.data.split_seed == 3
    assert of["roberta"].encoder.cleaning.lower


@pytest.mark.parametrize("file", HYDRA, ids=str)
def test_a_hydra_option_is_what_every_stage_uses_or_can_use(composed, roots, file: Path):
    group, option = str(file.parent), file.stem
    for stage in roots:
        asked = [] if option == "lfx" else [f"{group}={option}"]
        whole = composed(stage, *REQUIRED.get(stage, []), *asked, hydra=True)
        assert whole.hydra.runtime.choices[group] == option
    assert option == "lfx" or group == "hydra/launcher"


@pytest.mark.parametrize("file", FILES, ids=str)
def test_a_file_opens_with_what_it_is(file: Path):
    first = (config_folder() / file).read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("#") or file.parts[:2] == ("hydra", "help")


def test_the_recipe_of_the_encoder_is_what_modality_and_trainer_take(typed):
    config = typed("train", "modality=text", "encoder=twitter_roberta")
    recipe = config.encoder.recipe
    assert config.training.optimizer.learning_rate == recipe.learning_rate == 2e-5
    assert config.trainer.batch_size == recipe.batch_size == 16
    assert typed("train", "trainer.batch_size=5").trainer.batch_size == 5


def test_name_and_folders_follow_the_choices(typed):
    config = typed("train", "modality=text")
    assert (config.name, config.encoder.name) == ("text", "tiny_text")
    assert config.artifacts.dir == "outputs/artifacts/demo"
    # Fusion takes the data set's name only, so its root need not be given.
    fused = typed("fuse", "data=mvsa_single")
    assert fused.members["text"] == "outputs/artifacts/mvsa_single/text.parquet"


@pytest.mark.parametrize("modality", ["image_contrastive", "text_contrastive"])
def test_phases_follow_trainer_and_recipe_unless_told(typed, modality: str):
    config = typed("train", f"modality={modality}", "trainer.max_epochs=3")
    recipe = config.encoder.recipe
    assert config.training.phase_1.max_epochs == 3
    assert config.training.phase_1.batch_size == recipe.batch_size
    assert config.training.phase_1.optimizer.learning_rate == recipe.learning_rate
    assert config.training.phase_2.max_epochs == 100
    assert config.head.dropout == recipe.dropout
    own = typed("train", f"modality={modality}", "training.phase_1.max_epochs=7")
    assert (own.training.phase_1.max_epochs, own.trainer.max_epochs) == (7, recipe.max_epochs)


def test_any_two_losses_combine(typed):
    choices = ("loss=combined", "loss@loss.first=supcon", "loss@loss.second=triplet")
    config = typed("train", "modality=text_contrastive", *choices, "loss.first.temperature=0.3")
    assert config.loss.first._target_ == "lfx.losses.softmax.SupCon"
    assert config.loss.first.temperature == 0.3
    assert config.loss.second._target_ == "lfx.losses.triplet.Triplet"


def test_the_ablation_is_a_multirun_over_modalities_and_seeds(composed):
    whole = composed("train", "experiment=contrastive_ablation", "seed=2", hydra=True)
    assert str(whole.hydra.mode) == "RunMode.MULTIRUN"
    assert whole.hydra.sweeper.params.modality == "image,image_contrastive"
    assert whole.data.split_seed == 2
    assert whole.artifacts.dir.endswith("demo/contrastive_ablation/seed_2")
    one, other = (
        composed("train", "experiment=contrastive_ablation", f"modality={name}")
        for name in ("image", "image_contrastive")
    )
    assert one.encoder == other.encoder
    assert one.trainer == other.trainer
    assert one.modality.augmentation == other.modality.augmentation
    assert other.training.phase_1.max_epochs == one.trainer.max_epochs
