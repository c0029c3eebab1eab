# Everything a developer types. `make help` explains every target.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests run in as many processes as there are processors, four at the most, with a thread each.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(4, os.cpu_count() or 1))')
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --no-loadscope-reorder

.DEFAULT_GOAL := help
.PHONY: help setup demo quick test check matrix campaign lint types docs bench paper paper-light clean

help:  ## Explain every target
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY)  ## Make a virtual environment in .venv with the exact tested versions

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint constraints.txt --editable ".[dev,offline,audio,html,dashboards,places365,tensorboard,translation,joblib,submitit,docs]"
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

# Without Hypothesis, pictures, what trains, and what composes or fuses over and over.
QUICK := stages campaign plugins convert modalities models training runs test_documents.py \
	test_doctests.py data/test_folds.py data/test_demo.py evaluation/test_intervals.py \
	paraphrasing/test_translation.py \
	$(addprefix reporting/test_,pictures.py errors_report.py embeddings_report.py damaged_runs.py) \
	$(addprefix command/test_,sweep.py compose.py composer.py problems.py explain.py launchers.py \
	settings_file.py defaults.py) \
	$(addprefix fusion/test_,fuse.py pipeline.py leaks.py)
quick: lint types  ## Run lint, types and the tests of seconds: the inner loop, under a minute
	$(PYTEST) -q -m "not slow and not hypothesis" $(addprefix --ignore=tests/,$(QUICK))

matrix: setup  ## Test the lowest allowed versions, and Python 3.12 and 3.13 where they are
	$(BIN)/python .ci/matrix

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

docs: setup  ## Build the site into docs/_build; a broken link or reference is an error
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build

bench: setup  ## Measure training, contrast, fusion and sweeps against plain loops
	$(BIN)/python benchmarks/train.py
	$(BIN)/python benchmarks/contrastive.py
	$(BIN)/python benchmarks/fusion.py
	$(BIN)/python benchmarks/schemes.py
	$(BIN)/python benchmarks/sweep.py
	$(BIN)/python benchmarks/growth.py

# Of the paper's study: the data, VGG16's weights, seeds with blanks between them, and whatever else
# `lfx.study` takes, such as ARGS=arguments.train.trainer.device=cuda:1.
DATA ?=
PLACES365 ?=
SEEDS ?= 0
ARGS ?=
COMMA := ,
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)
LIST_OF_SEEDS = 'seeds=[$(subst $(SPACE),$(COMMA),$(strip $(SEEDS)))]'

paper: setup  ## Run the paper's study: DATA=/path/to/MVSA_Single PLACES365=FILE.safetensors (or none)
	@test -n "$(PLACES365)" || { echo "VGG16's weights: make paper PLACES365=FILE.safetensors DATA=…;" \
		"python -m lfx.convert.places365 makes the file, PLACES365=none leaves VGG16 out" >&2; exit 2; }
	$(BIN)/python -m lfx.study study=paper "data.root='$(DATA)'" $(LIST_OF_SEEDS) \
		$(if $(filter none,$(PLACES365)),'leave_out=[vgg16]',"arguments.vgg16.encoder.weights.path='$(PLACES365)'") $(ARGS)

paper-light: setup  ## The same with small encoders, on a CPU and without a hub: DATA=/path/to/MVSA_Single
	$(BIN)/python -m lfx.study study=paper_light "data.root='$(DATA)'" $(LIST_OF_SEEDS) $(ARGS)

clean:  ## Remove caches and builds; runs in outputs/ and .venv/ stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
