# What you can ask of this project: `make help` lists it. Nothing here needs more than Python 3.11 and make.

PYTHON ?= python3
BIN    := .venv/bin

# The environment is made again when the lock, the project file or the folder it stands in has changed.
KEY    := $(shell { cat requirements-dev.lock pyproject.toml; echo "$(CURDIR)"; } | sha256sum | cut -c1-16)
READY  := .venv/.ready-$(KEY)

LOCK   := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
          --no-header --no-annotate --quiet --upgrade

# Tests wait more than they work: on a small machine two of them share a processor.
AT_ONCE := $(shell n=$$(getconf _NPROCESSORS_ONLN); if [ $$n -gt 4 ]; then echo $$n; else echo $$((2 * n)); fi)

# Where Python is told not to keep what it compiled, every command would compile all it loads again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test cover test-system chaos reliability check fix lock audit docs migration clean browser

help: ## List what you can ask for
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Make the environment in .venv from the lock; quick when nothing changed
	@:

$(READY):
	@PYTHON="$(PYTHON)" .ci/setup
	@rm -f .venv/.ready-* && touch $@

run: setup ## Start Bode with demo data: one process, nothing else needed
	@$(BIN)/bode run

test: setup browser check ## Check the code and run every test that needs no root
	@$(BIN)/pytest --numprocesses $(AT_ONCE)

cover: setup browser ## Run the same tests and show which lines none of them reached
	@$(BIN)/pytest --numprocesses logical --cov --cov-report=term --cov-report=html

test-system: setup ## Run the tests that need Debian packages or root (installs the packages)
	@.ci/packages
	@$(BIN)/pytest --numprocesses logical tests/system

chaos: setup ## Break things at random while an issue goes out: make chaos seed=7 rounds=20
	@$(BIN)/python -m tests.faults.chaos --seed $(or $(seed),1) --rounds $(or $(rounds),4)

reliability: setup ## Run the fault table and write what came of it into docs/reliability.md (as root: all of it)
	@$(BIN)/python -m tests.faults.table

check: setup ## Format, lint, types, directions, templates, spelling: everything but the tests
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/djlint --quiet --lint templates
	@$(BIN)/codespell

fix: setup ## Repair what can be repaired by itself
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: setup ## Choose versions anew and write both lock files (hashes only, no addresses)
	@$(LOCK) --overrides .ci/overrides --output-file requirements.lock
	@$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

audit: setup ## Look for known weaknesses in what we depend on (needs the network; says so if it has none)
	@.ci/audit

docs: setup ## Write the pages of the documentation that are made from the code
	@$(BIN)/python docs/make.py

migration: setup ## Write a migration from the models: make migration name="subscribers get a language"
	@test -n "$(name)" || { echo 'Say what changes: make migration name="subscribers get a language"' >&2; exit 2; }
	@$(BIN)/python .ci/migration "$(name)"

browser: setup
	@$(BIN)/python -m tests.browser

clean: ## Remove what can be made again
	rm -rf .venv .cache .coverage .coverage.* htmlcov dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
