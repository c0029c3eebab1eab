from __future__ import annotations

import pytest

from lfx.command.variant import require_variant_read
from lfx.runtime.errors import ConfigError


def test_a_variant_that_is_read_passes(caplog):
    caplog.set_level("INFO")
    require_variant_read({})
    require_variant_read({"variant": "paper", "experiment": None})
    experiment = "paper/minimizing_loss"
    require_variant_read(
        {
            "variant": "published_code",
            "experiment": experiment,
            "variant/minimizing_loss@_global_": "published_code",
        }
    )
    assert not caplog.messages


def test_an_experiment_with_one_form_says_so(caplog):
    caplog.set_level("INFO")
    require_variant_read({"variant": "published_code", "experiment": "paper/vgg16"})
    assert caplog.messages == [
        "variant=published_code: paper/vgg16 is the same in the paper's text and its code"
    ]


@pytest.mark.parametrize("experiment", [None, "contrastive_ablation"])
def test_a_variant_that_nothing_reads_is_refused(experiment):
    with pytest.raises(ConfigError, match="form of the paper's experiments"):
        require_variant_read({"variant": "published_code", "experiment": experiment})
