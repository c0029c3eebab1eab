from __future__ import annotations

import pytest
from hydra.errors import ConfigCompositionException
from omegaconf import OmegaConf

from lfx.command.typed import as_typed
from lfx.runtime.errors import ConfigError
from lfx.runtime.plain import config_hash, plain

IMPOSSIBLE = [
    ("encoder=tiny_text", "encoder=tiny_text reads text, but modality=image needs .* reads image;"),
    ("encoder.trainable=nothing", "would train a classifier on random features"),
    ("encoder.trainable_blocks=0", "encoder.trainable_blocks must be at least 1, got 0"),
    ("encoder.weights.source=hub", "weights.source=hub needs encoder.weights.hub_id"),
    ("encoder.weights.source=path", "weights.source=path needs encoder.weights.path"),
    ("encoder.weights.source=package", "weights.source=package needs encoder.weights.inside"),
    ("encoder.image_size=8", "encoder.image_size must be at least 16, got 8"),
    ("encoder.mean=[0.5]", r"encoder.mean must be of length 3, got \[0.5\]"),
    ("encoder.std=[0.5,0,0.5]", r"encoder.std\[1\] must be above 0, got 0.0"),
    ("data.split=file", "data.split=file needs data.split_file=FILE"),
    ("data.split_file=a.csv", "data.split_file is only read with data.split=file, not grouped"),
    ("data.split_seed=-1", "data.split_seed must be at least 0 .* got -1"),
    ("figures.formats=[pdf]", "figures.formats: allowed are .* and always png; got pdf"),
    ("figures.width=1", "figures.width must be at least 2 and at most 20, got 1.0"),
    ("seed=-1", "^seed must be at least 0 and below 4294967296, got -1"),
    ("seed=4294967296", "^seed must be .* got 4294967296"),
    ("data.folds=1", "data.folds must be at least 2, got 1"),
    ("data.fold=0", "data.fold is only read with data.folds"),
    ("paraphrases.file=a.jsonl", "paraphrases are of texts; the modality reads image"),
    ("paraphrases.share=0.5", "only read with paraphrases.file=FILE"),
    ("data.source.pairs=10", "data.source.pairs must be at least 100 and at most 100000, got 10"),
    ("head.l2=-1", "^head.l2 must be at least 0, got -1"),
    ("head.dropout=1", "head.dropout must be at least 0 and below 1, got 1"),
    (
        "training.objective.label_smoothing=1",
        "label_smoothing must be at least 0 and below 1, got 1",
    ),
    ("training.schedule.warmup=1.5", "warmup must be at least 0 and at most 1, got 1.5"),
    ("training.optimizer.learning_rate=0", "learning_rate must be above 0, got 0"),
    ("training.optimizer.weight_decay=-1", "weight_decay must be at least 0, got -1"),
    ("training.optimizer.clip_norm=0", "clip_norm must be above 0, got 0"),
    ("modality.augmentation.flip=2", "augmentation.flip must be at least 0 and at most 1, got 2"),
    ("modality.augmentation.zoom=1", "augmentation.zoom must be at least 0 and below 1, got 1"),
    ("modality.augmentation.rotation=181", "rotation must be at least 0 and at most 180, got 181"),
    ("trainer.batch_size=0", "trainer.batch_size must be at least 1, got 0"),
    ("trainer.max_epochs=0", "trainer.max_epochs must be at least 1, got 0"),
    ("trainer.threads=0", "trainer.threads must be at least 1 and at most 256, got 0"),
    ("trainer.threads=100000", "trainer.threads must be at least 1 and at most 256, got 100000"),
    ("trainer.workers=-1", "trainer.workers must be at least 0 and at most 256, got -1"),
    ("trainer.workers=100000", "trainer.workers must be at least 0 and at most 256, got 100000"),
    ("trainer.min_delta=-1", "trainer.min_delta must be at least 0, got -1"),
    ("artifacts.splits=[test]", "artifacts.splits: .* always val; got test"),
    ("artifacts.splits=[val,dev]", "artifacts.splits: some of train, val, test"),
    ("artifacts.splits=[val,test,val]", "each once, and always val; got val, test, val"),
    ("training.optimizer.weight_decay=nan", "weight_decay: a finite number is needed, got nan"),
    ("training.optimizer.learning_rate=inf", "learning_rate: a finite number is needed, got inf"),
    ("trainer.min_delta=nan", "trainer.min_delta: a finite number is needed, got nan"),
    ("encoder.mean=[0.5,nan,0.5]", "encoder.mean: a finite number is needed, got nan"),
    ("encoder.std=[0.5,inf,0.5]", "encoder.std: a finite number is needed, got inf"),
    ("name=a/b", "name becomes a file's name: .* got 'a/b'"),
    ("name=.hidden", "name becomes a file's name"),
    ("name='..'", "name becomes a file's name"),
    ("name=-rf", "name becomes a file's name"),
    ("name='a\rb'", r"name becomes a file's name: .* got 'a\\rb'"),
    ("name='a\x1b[2J'", r"name becomes a file's name: .* got 'a\\x1b\[2J'"),
    ("name='a\u202eb'", r"name becomes a file's name: .* got 'a\\u202eb'"),
    ("name='a '", "name becomes a file's name"),
    ("name='a.'", "name becomes a file's name"),
    ("name=NUL", "NUL is reserved on Windows"),
    ("name=com1.txt", r"com1\.txt is reserved on Windows"),
    ("data.name='a\tb'", "data.name becomes a file's name"),
    ("name=", "name becomes a file's name: .* got ''"),
    ("data.name=a/b", "data.name becomes a file's name: .* got 'a/b'"),
]

CONTRASTIVE = [
    (
        "training.phase_1.batch_size=7 training.phase_1.samples_per_class=4",
        "fewer than two classes",
    ),
    ("training.phase_1.samples_per_class=0", "samples_per_class must be at least 1, got 0"),
    (
        "training.phase_1.samples_per_class=4 training.phase_1.balanced=false",
        "samples_per_class is only read with training.phase_1.balanced=true",
    ),
    ("training.phase_1.views=0", "training.phase_1.views must be at least 1, got 0"),
    ("training.phase_1.max_epochs=0", "training.phase_1.max_epochs must be at least 1, got 0"),
    ("training.phase_1.min_delta=-1", "training.phase_1.min_delta must be at least 0, got -1"),
    ("training.phase_1.optimizer.head_learning_rate=0", "^training.phase_1.*_rate must be above 0"),
    (
        "training.phase_1.schedule.warmup=2",
        "training.phase_1.schedule.warmup must be at least 0 and at most 1",
    ),
    (
        "training.phase_2.optimizer.learning_rate=0",
        "^training.phase_2.optimizer.learning_rate must",
    ),
    ("training.phase_2.objective.label_smoothing=1", "^training.phase_2.objective.label_smoothing"),
    ("training.phase_2.patience=0", "training.phase_2.patience must be at least 1, got 0"),
    ("head.dropout=1", "head.dropout must be at least 0 and below 1, got 1"),
    ("head=mlp head.hidden=0", "^head.hidden must be at least 1, got 0"),
    ("trainer.limit_train_batches=0", "trainer.limit_train_batches must be at least 1, got 0"),
    ("head.l2=-1", "head.l2 must be at least 0, got -1"),
    ("training.phase_2.n_views=0", "training.phase_2.n_views must be at least 1, got 0"),
    ("training.projection.width=0", "training.projection.width must be at least 1, got 0"),
    (
        "training.projection.hidden=[8,0]",
        r"^training.projection.hidden\[1\] must be at least 1, got 0",
    ),
    ("training.diagnostics.neighbours=0", "neighbours must be at least 1, got 0"),
    ("loss=supcon loss.temperature=0", "^loss.temperature must be above 0, got 0"),
    ("loss=npair_tfa loss.temperature=-1", "^loss.temperature must be above 0, got -1"),
    ("loss=ntxent loss.temperature=nan", "loss.temperature: a finite number is needed, got nan"),
    ("loss=triplet loss.margin=0", "^loss.margin must be above 0 and at most 2, got 0"),
    (
        "loss=cross_entropy loss.label_smoothing=1",
        "^loss.label_smoothing must be .* below 1",
    ),
    ("loss=combined loss.weight=1.5", "^loss.weight must be at least 0 and at most 1, got 1.5"),
    ("loss=combined loss.weight_end=-0.1", "^loss.weight_end must be at least 0 .* got -0.1"),
    (
        "loss=combined loss@loss.first=supcon loss.first.temperature=0",
        "^loss.first.temperature must be above 0, got 0",
    ),
    ("~loss", "training=contrastive needs a loss; .* loss=npair"),
    ("phase=3", "^phase is both, 1, 2, got 3"),
    (
        "phase=2",
        "phase=2 needs the encoder of a phase 1: phase_1_ckpt=RUN/checkpoints/",
    ),
    ("phase_1_ckpt=a.ckpt", "phase_1_ckpt is only read with phase=2, not with phase=both"),
    ("encoder.trainable=nothing encoder.weights.source=hub encoder.weights.hub_id=a", "leaves it"),
    ("encoder=tiny_text", "encoder=tiny_text reads text, but modality=image needs"),
]


@pytest.mark.parametrize(("overrides", "message"), CONTRASTIVE, ids=[one for one, _ in CONTRASTIVE])
def test_what_is_impossible_in_two_phases_stops_the_run(typed, overrides, message):
    with pytest.raises(ConfigError, match=message):
        typed("train", "modality=image_contrastive", *overrides.split())


def test_a_text_keeps_some_tokens(typed):
    with pytest.raises(ConfigError, match="token_drop must be at least 0 and below 1, got 1"):
        typed("train", "modality=text", "modality.augmentation.token_drop=1")


@pytest.mark.parametrize("given", ["loss=supcon", "phase=1", "phase_1_ckpt=a.ckpt"])
def test_one_phase_has_no_settings_of_two(typed, given):
    key = given.split("=")[0]
    with pytest.raises(
        ConfigError, match=f"^{key} is for training in two phases: training=contrastive"
    ):
        typed("train", "modality=text", given)


@pytest.mark.parametrize(("override", "message"), IMPOSSIBLE, ids=[one for one, _ in IMPOSSIBLE])
def test_what_is_impossible_stops_the_run(typed, override, message):
    with pytest.raises(ConfigError, match=message):
        typed("train", override)


LOWEST = [
    "seed=0",
    "data.split_seed=0",
    "data.source.pairs=100",
    "encoder.trainable_blocks=1",
    "head.dropout=0",
    "training.objective.label_smoothing=0",
    "training.schedule.warmup=0",
    "training.optimizer.weight_decay=0",
    "training.optimizer.clip_norm=null",
    "trainer.batch_size=1",
    "trainer.max_epochs=1",
    "trainer.patience=1",
    "trainer.threads=1",
    "trainer.workers=0",
    "trainer.min_delta=0",
    "artifacts.splits=[val]",
]
OF_IMAGES = [
    "encoder.image_size=16",
    *(f"modality.augmentation.{name}=0" for name in ("flip", "rotation", "translation", "zoom")),
]
OF_TEXTS = ["modality=text", "encoder.max_length=8", "encoder.vocabulary=300"]
HIGHEST = [
    "seed=4294967295",
    "data.split_seed=4294967295",
    "training.schedule.warmup=1",
    "modality.augmentation.flip=1",
    "modality.augmentation.translation=1",
    "modality.augmentation.rotation=180",
    "artifacts.splits=[train,val,test]",
]


def test_the_limits_themselves_are_allowed(typed):
    for overrides in (LOWEST + OF_IMAGES, LOWEST + OF_TEXTS, HIGHEST):
        typed("train", *overrides)
    typed("predict", "ckpt=a", "batch_size=1")


def test_an_unread_key_behind_hydras_plus_is_refused(typed):
    unread = "trainer.bogus: there is no such setting with trainer=default; `--help` lists all"
    for sign in ("+", "++"):
        with pytest.raises(ConfigError, match=f"^{unread}$"):
            typed("train", f"{sign}trainer.bogus=1")
    with pytest.raises(ConfigError, match=r"^fusion.weights: there is no such setting"):
        typed("fuse", "fusion=minimizing_loss", "++fusion.weights.text=0.9")
    typed("fuse", "fusion=weighted", "++fusion.weights.text=0.9", "++members.third=a.parquet")


def test_a_split_column_needs_the_split_that_reads_it(typed):
    table = ("data=table", "data.root=a", "data.source.file=b.csv", "data.source.split=part")
    with pytest.raises(ConfigError, match=r"^data.source.split is only read with data.split=file"):
        typed("train", *table)
    typed("train", *table, "data.split=file")


def test_a_list_of_classes_names_some(typed):
    table = ("data=table", "data.root=a", "data.source.file=b.csv", "data.source.classes=[]")
    with pytest.raises(ConfigError, match=r"data.source.classes must be of length 1 or more"):
        typed("train", *table)


def test_a_name_has_a_length_that_files_can_have(typed):
    with pytest.raises(ConfigError, match=r"^name becomes a file's name: at most 100 bytes"):
        typed("train", f"name={'x' * 101}")


def test_text_encoders_have_limits_too(typed):
    overrides = ("encoder.max_length=2", "encoder.vocabulary=10", "encoder.model_type=null")
    with pytest.raises(ConfigError, match=r"encoder.max_length") as caught:
        typed("train", "modality=text", *overrides)
    assert "encoder.vocabulary must be at least 300, got 10" in str(caught.value)
    with pytest.raises(ConfigError, match=r"needs encoder.model_type, for example bert"):
        typed("train", "modality=text", "encoder.model_type=null")


def test_several_problems_make_one_message(typed):
    with pytest.raises(ConfigError, match="seed must be") as caught:
        typed("train", "seed=-1", "trainer.patience=0", "encoder.image_size=1", "name=a/b")
    assert len(str(caught.value).splitlines()) == 4


def test_a_missing_root_is_named_once_and_beside_other_problems(typed):
    with pytest.raises(ConfigError, match=r"^data.root is required: data.root=VALUE$"):
        typed("train", "data=mvsa_single")
    with pytest.raises(ConfigError, match=r"data.root is required") as caught:
        typed("train", "data=table", "trainer.max_epochs=0")
    assert str(caught.value).splitlines() == [
        "data.root is required: data.root=VALUE",
        "data.source.file is required: data.source.file=VALUE",
        "trainer.max_epochs must be at least 1, got 0",
    ]
    with pytest.raises(ConfigError, match=r"data.root is required") as caught:
        typed("train", "data=mvsa_single", "trainer.min_delta=nan")
    assert str(caught.value).splitlines() == [
        "data.root is required: data.root=VALUE",
        "trainer.min_delta: a finite number is needed, got nan",
    ]


def test_predict_needs_a_checkpoint_and_fuse_members(typed):
    with pytest.raises(ConfigError, match="ckpt is required: ckpt=VALUE"):
        typed("predict")
    with pytest.raises(ConfigError, match="batch_size must be at least 1, got 0"):
        typed("predict", "ckpt=a", "batch_size=0")
    with pytest.raises(ConfigError, match=r"data\.fold is for training"):
        typed("augment", "data.folds=4", "data.fold=1")
    with pytest.raises(ConfigError, match=r"data\.folds is for training"):
        typed("predict", "ckpt=a", "data.folds=4")
    with pytest.raises(ConfigError, match=r"there are no members; .*members\.NAME=PATH"):
        typed("fuse", "~members.image", "~members.text")


def test_a_tables_own_split_column_serves_as_split_file(typed):
    table = ("data=table", "data.root=a", "data.source.file=b.csv", "data.split=file")
    with pytest.raises(ConfigError, match=r"data.split=file needs"):
        typed("train", *table, "data.source.split=null")
    typed("train", *table)
    typed("train", *table, "data.source.split=part")
    with pytest.raises(ConfigError, match=r"source\.split is only read with data\.split=file"):
        typed("train", *table[:3], "data.source.split=part")
    typed("train", *table, "data.split_file=c.csv")


@pytest.mark.parametrize(
    "override",
    ["trainer.max_epochs=abc", "trainer.max_epochs=1.5", "epochs=3", "data.split=halves"],
)
def test_unknown_keys_and_wrong_types_do_not_compose(composed, override):
    with pytest.raises(ConfigCompositionException, match=override.split("=")[0]):
        composed("train", override)


def test_a_broken_interpolation_names_its_key(composed, roots):
    config = composed("train", "name=${nothing.here}")
    with pytest.raises(ConfigError, match=r"nothing.here"):
        as_typed(config, roots["train"])


def test_as_typed_leaves_its_argument_alone(composed, roots):
    config = composed("fuse", "data=mvsa_single")
    before = OmegaConf.to_container(config)
    as_typed(config, roots["fuse"])
    assert OmegaConf.to_container(config) == before


def test_plain_holds_nothing_but_plain_values(typed):
    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                assert type(key) is str
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        else:
            assert node is None or type(node) in {str, int, float, bool}

    values = plain(typed("train"))
    walk(values)
    assert values["data"]["split"] == "grouped"


def test_the_hash_follows_the_settings(typed):
    assert config_hash(typed("train")) == config_hash(typed("train"))
    assert config_hash(typed("train")) != config_hash(typed("train", "seed=1"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("missing=[0.5]", "missing= needs the data: data=NAME"),
        ("missing=[0.5,2] data=demo", r"missing\[1\] must be at least 0 and at most 1, got 2"),
        ("missing=[0.5] data=demo levels=true", "missing= is a report of its own"),
        ("levels=true over_seeds=true", "levels=true is a table of its own"),
        ("levels=true reference=paper", "levels=true is a table of its own"),
        ("levels=true run=a", "over_seeds, reference=, levels and missing= compare many"),
    ],
)
def test_reports_that_exclude_each_other(typed, given, message):
    with pytest.raises(ConfigError, match=message):
        typed("report", *given.split())


def test_a_report_on_missing_content_reads_all_of_the_data(typed):
    assert typed("report", "missing=[0.5]", "data=demo").data.source.pairs == 900
    assert typed("report", "levels=true", "data=demo").data == "demo"
