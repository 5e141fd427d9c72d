# Two commands do all the set-up on a fresh machine with Python 3.11 or newer: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-full sdk browser trackers check bench bench-score bench-report bench-gpu
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo "make demo    the main job: three baselines on the built-in benchmark, scored (no GPU, network or key needed)"
	@echo "make test    the tests: every behaviour once"
	@echo "make test-full  the rest of them: whole cross products, random schedules, kills at every step"
	@echo "make sdk     the fake services of the tests, driven by the vendors' own packages"
	@echo "make browser  the report's page in headless Chromium (apt-get install chromium)"
	@echo "make trackers  Weights & Biases and Trackio told of a run by their own packages (TRACKERS=mlflow: MLflow, 1 GB)"
	@echo "make check   linter, format check and types"
	@echo "make bench   what the harness costs per clip, beside a bare encode"
	@echo "make bench-score  the scorer beside a plain reference, at 540p and 4K (half an hour)"
	@echo "make bench-report  what the report over 10 models x 198 clips costs (a few minutes)"
	@echo "make bench-gpu  the same beside a bare pipeline call, with full-size random weights (needs a GPU)"

# The stamp changes with what is installed from, so an old environment is brought up to date by itself.
$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

# The models' own packages are large: only what runs or checks them needs them.
$(VENV)/.installed-local: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,local,vertex,data,figures,terminal]'
	touch $@

demo: $(VENV)/.installed
	$(BIN)/python -m runners.generate -m model=freeze,extrapolate,real_take benchmark=demo

# What tests of a file share is made once: a file stays in one process, and long ones come first (tests/conftest.py).
TWO := -n 2 --dist loadfile --no-loadscope-reorder

test: $(VENV)/.installed-local
	$(BIN)/python -m pytest $(TWO) -m 'not full'

test-full: $(VENV)/.installed-local
	$(BIN)/python -m pytest $(TWO) -m full

# In an environment of their own: the vendors' packages want other versions of what the harness uses.
.venv-sdk/.installed: pyproject.toml constraints.txt tests/api/sdk/requirements.txt
	test -x .venv-sdk/bin/python || $(PYTHON) -m venv .venv-sdk
	.venv-sdk/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	.venv-sdk/bin/python -m pip install --quiet --disable-pip-version-check -r tests/api/sdk/requirements.txt
	touch $@

sdk: .venv-sdk/.installed
	.venv-sdk/bin/python -m pytest tests/api/sdk

# Here a missing browser is a failure; make test skips these tests.
.venv-browser/.installed: pyproject.toml constraints.txt tests/page/browser/requirements.txt
	test -x .venv-browser/bin/python || $(PYTHON) -m venv .venv-browser
	.venv-browser/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	.venv-browser/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -r tests/page/browser/requirements.txt
	touch $@

browser: .venv-browser/.installed
	BROWSER_TESTS=required .venv-browser/bin/python -m pytest tests/page/browser

# Without constraints.txt, which would have pip go back to trackers of years ago.
TRACKERS := wandb,trackio
.venv-trackers/.installed-$(TRACKERS): pyproject.toml
	test -x .venv-trackers/bin/python || $(PYTHON) -m venv .venv-trackers
	.venv-trackers/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev,$(TRACKERS)]'
	touch $@

trackers: .venv-trackers/.installed-$(TRACKERS)
	.venv-trackers/bin/python -m pytest tests/sharing/real

check: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed
	$(BIN)/python -m tests.bench

bench-score: $(VENV)/.installed
	$(BIN)/python -m tests.bench_score

bench-report: $(VENV)/.installed
	$(BIN)/python -m tests.bench_page

bench-gpu: $(VENV)/.installed-local
	$(BIN)/python -m tests.bench_gpu
