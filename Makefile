# Everything a developer types. `make help` explains every target.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Tests run in as many processes as there are processors, four at the most, with a thread each.
JOBS ?= $(shell $(PYTHON) -c 'import os; print(min(4, os.cpu_count() or 1))')
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types bench clean

help:  ## Explain every target
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

clean:  ## Remove caches and builds; runs in outputs/ and .venv/ stay
	rm -rf build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
