# Everything a checkout needs. `make` alone lists the targets.
# Needs Python 3.11 or newer with its venv module, and nothing else.

VENV    ?= .venv
LOCK    := requirements
BIN     := $(VENV)/bin
PYTHON  ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
             $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP     := $(BIN)/python -m pip --disable-pip-version-check -qq
INSTALL := $(PIP) install --no-deps --require-hashes
PROOFS  ?= 1
UV      := $(BIN)/python -m uv
PYTEST  := $(BIN)/python -m pytest
COMPILE := compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
           --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade)

DEMO    := 'Give city and country of the Eiffel Tower as JSON.' --lane smollm2 --lane qwen \
           --check json --check contains:Paris --check max_words:40 --abort --session none

.DEFAULT_GOAL := help
.PHONY: help run demo test test-long check format docs lock models tools dist clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run models ## Set up, fetch the two embedded models once, open the screen
	@$(BIN)/workbench

demo: $(VENV)/.run models ## The main job without a screen: one prompt, two local models, three checks
	@$(BIN)/workbench send $(DEMO) || test $$? = 1 # 1: a check failed, which is what it shows

test: $(VENV)/.dev models tools ## Run the tests (PROOFS=0: without the tools exports are proven with)
	@WORKBENCH_PROOFS=$(PROOFS) $(PYTEST) -rs -m "not long"

test-long: $(VENV)/.dev models tools ## Run the slow tests too
	@WORKBENCH_PROOFS=$(PROOFS) $(PYTEST) -rs

tools: $(VENV)/.run ## Install the tools that exports are proven with (once per user; about 2 GB)
	@test $(PROOFS) = 0 || $(BIN)/python -m workbench.api.tools || \
	  echo "Not every tool could be installed; what needs it is left out and named." >&2

check: $(VENV)/.dev ## Lint, format, types, import contracts, documentation
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(PYTEST) tests/hygiene

format: $(VENV)/.dev ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: $(VENV)/.dev ## Write docs/reference.md and docs/checks.md from the program
	@$(BIN)/python -m tests.hygiene.reference
	@$(BIN)/python -m workbench.checks.reference > docs/checks.md

models: $(VENV)/.run ## Fetch the weights of the embedded models (once per user)
	@if $(BIN)/python -c 'import xllamacpp' 2>/dev/null; then $(BIN)/workbench models pull; fi

lock: $(BIN)/python ## Pin what pyproject.toml asks for (UPGRADE=1: the newest of everything)
	@$(UV) --version >/dev/null 2>&1 || $(PIP) install uv
	@$(UV) pip $(COMPILE) pyproject.toml --group build -o $(LOCK)/run.txt
	@$(UV) pip $(COMPILE) --group dev -c $(LOCK)/run.txt -o $(LOCK)/dev.txt
	@printf 'xllamacpp\n' | $(UV) pip $(COMPILE) - -o $(LOCK)/local.txt

dist: $(VENV)/.run ## Build the wheel into dist/
	@rm -rf dist
	@$(PIP) wheel --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist

clean: ## Remove the environment, caches and builds (not the fetched models)
	@rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { \
	  echo "Workbench needs Python 3.11 or newer, and none was found. Install one, or: make PYTHON=/path/to/python3" >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python lacks its venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	  exit 1; }
	@echo "creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.run: $(LOCK)/run.txt $(LOCK)/local.txt pyproject.toml | $(BIN)/python
	@echo "installing what Workbench needs"
	@$(INSTALL) -r $(LOCK)/run.txt
	@$(INSTALL) -r $(LOCK)/local.txt 2>$(VENV)/local.log || \
	  echo "No llama.cpp for this machine: the embedded models are off, everything else works ($(VENV)/local.log says why)." >&2
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(LOCK)/dev.txt $(VENV)/.run
	@echo "installing what the tests and checks need"
	@$(INSTALL) -r $(LOCK)/dev.txt
	@touch $@
