from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files of slow tests: at the end, one would keep a single process waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, not item.path.match("test_paper_*.py")))


@pytest.fixture(scope="session")
def mvsa_root() -> Path:
    """The development part of MVSA-Single; tests that need it are skipped where it is not."""
    root = Path(__file__).resolve().parents[1] / "../shared/mvsa_single"
    if not root.is_dir():
        pytest.skip("the real tweets are not on this machine")
    return root.resolve()


@pytest.fixture(scope="session")
def configured(tmp_path_factory):
    """Compose the settings of a training run on little data, as the command line does."""
    from hydra import compose, initialize_config_dir

    from lfx.command.entry import register
    from lfx.command.roots.train import TrainConfig
    from lfx.command.typed import as_typed
    from lfx.runtime.locate import config_folder

    register()
    root = tmp_path_factory.mktemp("demo")
    short = ("data.source.pairs=150", "trainer.max_epochs=2", "trainer.progress=false")
    folders = (
        f"data.root={root}/data",
        f"data.cache_dir={root}/cache",
        f"artifacts.dir={root}/artifacts",
        "trainer.device=cpu",
        "trainer.precision=fp32",
        "logger=none",
    )

    def compose_settings(*overrides):
        with initialize_config_dir(str(config_folder()), version_base="1.3"):
            config = compose("train", overrides=[*short, *folders, *overrides])
        return as_typed(config, TrainConfig)

    return compose_settings


@pytest.fixture(scope="session")
def table(configured):
    """The samples of `configured`, in a random split."""
    from dataclasses import replace

    from lfx.data.dataset import Dataset
    from lfx.runtime.build import build

    return replace(build(configured().data, "data", Dataset), split="random").labelled()


@pytest.fixture(scope="session")
def lacking(table):
    """The samples of `table`, some of which lack the text and others the image."""
    from dataclasses import replace

    numbers = np.arange(len(table))
    without = {"text": numbers % 5 == 1, "image": numbers % 7 == 2}
    # One sample without both would be none of a joint model.
    without["image"] &= ~without["text"]
    columns = {name: table.columns[name].without(gone) for name, gone in without.items()}
    return replace(table, columns=columns)


@pytest.fixture
def planned(tmp_path):
    """Build a training run's parts from its settings; it reports nothing."""
    from dataclasses import replace

    from lfx.command.job import Job
    from lfx.train import build_plan

    def plan(config, folder=None):
        built = build_plan(config, Job(folder or tmp_path, (), None))
        return replace(built, report=lambda _trained: None)

    return plan


@pytest.fixture
def begun(planned, table, tmp_path):
    """Build a run up to its first step: its plan, its model, and where it is trained."""
    from lfx.runs.checkpoints import RunCheckpoints
    from lfx.runs.provenance import provenance_of
    from lfx.runs.training_run import build_classifier, checkpoint_record
    from lfx.runtime.seeding import seed_all
    from lfx.training.context import RunContext

    def begin(config, run=tmp_path, samples=table, resumed=None, phase_1=None):
        plan = planned(config)
        seed_all(plan.seed)
        model = build_classifier(plan, samples, phase_1)
        columns = plan.modality.fingerprints(samples, tmp_path)
        provenance = provenance_of(plan.shaping, plan.name, plan.seed, samples, None, columns)
        context = RunContext(
            samples,
            plan.modality,
            plan.request.trainer.compute(),
            run,
            plan.dataset.cache,
            RunCheckpoints(run, checkpoint_record(plan, model, provenance), resumed),
        )
        return plan, model, context

    return begin


@pytest.fixture
def make_classifier():
    """Build a small classifier of images with random weights; its dropout is a half."""
    import torch

    from lfx.modalities.image.encoder import ImageEncoder
    from lfx.models.classifier import Classifier, Optimization
    from lfx.models.heads import LinearHead
    from lfx.models.optimization import AdamW, Schedule

    def build(head=None, kind=Classifier, optimization=None, **options):
        torch.manual_seed(0)
        encoder = ImageEncoder(
            architecture="test_resnet",
            architecture_args={},
            image_size=32,
            resize="squash",
            mean=[0.5] * 3,
            std=[0.25] * 3,
        )
        return kind(
            encoder,
            head or LinearHead(dropout=0.5),
            classes=("bad", "so", "good"),
            optimization=optimization or Optimization(AdamW(), Schedule()),
            **options,
        )

    return build


@pytest.fixture
def image_batch():
    """Four images with labels, as a loader gives them."""
    import torch

    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (4, 3, 32, 32), generator=generator, dtype=torch.uint8)
    return {"image": images, "label": torch.tensor([0, 1, 2, 2]), "position": torch.arange(4)}


def picture(seed, size=(20, 16)):
    pixels = np.random.default_rng(seed).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.fixture(scope="session")
def draw():
    """Draw a noisy picture, another one for each seed."""
    return picture
