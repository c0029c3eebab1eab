# Everything a developer types. `make help` explains every target.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests run in as many processes as there are processors, four at the most, with a thread each.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(4, os.cpu_count() or 1))')
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo test check campaign lint types bench paper paper-light study study-of-a-seed same-data clean

help:  ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make a virtual environment in .venv with the exact tested versions

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[dev,offline,places365,tensorboard,translation,joblib,submitit]"
	@touch $@

demo: setup  ## Run the main job on embedded data: train image, train text, fuse, print the table
	$(BIN)/python -m lfx.train modality=image
	$(BIN)/python -m lfx.train modality=text
	$(BIN)/python -m lfx.fuse -m fusion=mean,detection_rate,minimizing_loss
	$(BIN)/python -m lfx.report data=demo

test: lint types  ## Run everything that CI runs: lint, types, all tests
	$(PYTEST)

check: lint types  ## Run lint, types and the fast tests
	$(PYTEST) -m "not slow"

# Of the moments at which runs are killed, and of their signals.
CAMPAIGN_SEED ?= 0
campaign: setup  ## Attack lfx: bad inputs, hostile files, kills, runs started together (25 to 40 minutes)
	OMP_NUM_THREADS=1 PYTHONPATH=$(CURDIR):$(CURDIR)/tests:$(CURDIR)/tests/stages $(BIN)/python -m campaign --seed $(CAMPAIGN_SEED) \
		--output benchmarks/results/campaign_2_cores.json

lint: setup  ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## Check types, strictly
	$(BIN)/mypy

bench: setup  ## Measure training, contrast, fusion and sweeps against plain loops
	$(BIN)/python benchmarks/train.py
	$(BIN)/python benchmarks/contrastive.py
	$(BIN)/python benchmarks/fusion.py
	$(BIN)/python benchmarks/schemes.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/growth.py

# Of the paper's study: the data, VGG16's weights, seeds (each draws its own split as well), settings
# for every training, and settings for whatever reads the data.
DATA ?=
PLACES365 ?=
SEEDS ?= 0
VARIANT ?= paper
ARGS ?=
DATA_ARGS ?=

paper: setup  ## Run the paper's study: DATA=/path/to/MVSA_Single PLACES365=FILE.safetensors (or none)
	@test -n "$(PLACES365)" || { echo "VGG16's weights: make paper PLACES365=FILE.safetensors DATA=…;" \
		"python -m lfx.encoders.places365 makes the file, PLACES365=none leaves VGG16 out" >&2; exit 2; }
	@$(MAKE) --no-print-directory study STUDY=paper \
		MODELS="$(if $(filter none,$(PLACES365)),,vgg16) resnet50 resnet50_contrastive roberta"

paper-light: setup  ## The same with small encoders, on a CPU and without a hub: DATA=/path/to/MVSA_Single
	@$(MAKE) --no-print-directory study STUDY=paper_light MODELS="image_folds image image_contrastive text"

study:
	@test -d "$(DATA)" || { echo "the data, a folder: DATA=/path/to/MVSA_Single" >&2; exit 2; }
	@for seed in $(SEEDS); do $(MAKE) --no-print-directory study-of-a-seed SEED=$$seed || exit; done
	$(BIN)/python -m lfx.report reference=$(STUDY) runs=outputs/studies/$(STUDY) hydra.run.dir=outputs/studies/$(STUDY)/report

# Each step leaves a mark when it is done; a study that was interrupted goes on where it was. All that
# is trained, translated and fused stays in the study's own folder, out of other runs' way.
AT = $(OF_SEED)_$(SEED)
OF_SEED = outputs/studies/$(STUDY)/seed
ROOT := $(if $(DATA),$(shell cd "$(DATA)" 2>/dev/null && pwd -P))
READ = "data.root='$(ROOT)'" $(DATA_ARGS)
PUBLISH = artifacts.dir=$(AT)/artifacts
EXTRA_vgg16 = "encoder.weights.path='$(PLACES365)'"
# As Hydra reads it: settings that are written alike are told apart by their seed alone.
EXTRA_roberta = 'paraphrases.file=$(OF_SEED)_$${seed}/paraphrases.jsonl'
EXTRA_text = $(EXTRA_roberta)
SCHEMES := detection_rate minimizing_loss

study-of-a-seed: $(SCHEMES:%=$(AT)/%.done)
	$(BIN)/python -m lfx.report run=$(AT)/minimizing_loss data=mvsa_single $(READ) hydra.run.dir=$(AT)/report

# Not to mix the results of different data or settings in one table; these change no result.
export BEGUN_WITH = $(ROOT) $(VARIANT) $(filter-out trainer.device=% trainer.progress=% logger=%,$(ARGS)) $(DATA_ARGS)
$(AT)/data:
	@mkdir -p $(AT) && printenv BEGUN_WITH > $@

same-data: $(AT)/data
	@test "$$(cat $(AT)/data)" = "$$BEGUN_WITH" || { echo "$(AT) was begun with:" \
		"$$(cat $(AT)/data); remove it to begin anew" >&2; exit 2; }

$(AT)/back_translation.done: conf/experiment/$(STUDY)/back_translation.yaml | same-data
	$(BIN)/python -m lfx.augment experiment=$(STUDY)/back_translation seed=$(SEED) $(READ) file=$(AT)/paraphrases.jsonl hydra.run.dir=$(AT)/back_translation
	@touch $@

$(AT)/roberta.done $(AT)/text.done: $(AT)/back_translation.done
$(MODELS:%=$(AT)/%.done): $(AT)/%.done: conf/experiment/$(STUDY)/%.yaml | same-data
	$(BIN)/python -m lfx.train experiment=$(STUDY)/$* variant=$(VARIANT) seed=$(SEED) $(READ) $(PUBLISH) ckpt=auto hydra.run.dir=$(AT)/$* $(EXTRA_$*) $(ARGS)
	@touch $@

$(SCHEMES:%=$(AT)/%.done): $(AT)/%.done: conf/experiment/$(STUDY)/%.yaml $(MODELS:%=$(AT)/%.done)
	$(BIN)/python -m lfx.fuse experiment=$(STUDY)/$* variant=$(VARIANT) seed=$(SEED) $(PUBLISH) hydra.run.dir=$(AT)/$*
	@touch $@

clean:  ## Remove caches and builds; runs in outputs/ and .venv/ stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
