# `make` or `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# The first of these that is Python 3.11 or 3.12; `make PYTHON=… setup` names another.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null \
	&& echo $$p && break; done)
BIN := .venv/pipeline/bin
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup up down demo test test-compose lint bench images clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## build the two Python environments from the lock files
	@test -n "$(PYTHON)" || { echo "setup: no Python 3.11 or 3.12 found; install one, or make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@$(PYTHON) sipas/local/bootstrap.py

up: setup ## start the servers and print addresses and logins
	@$(BIN)/sipas up

down: ## stop the servers; data stays
	@test -x $(BIN)/sipas && $(BIN)/sipas down || echo "Nothing runs: the environments are not built."

demo: setup ## the main job on simulated data: from files and HTTP to the dashboard
	@$(BIN)/sipas demo

test: setup ## all tests, on servers of their own in a temporary folder
	@$(BIN)/python -m tests.prepare
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

test-compose: setup ## the containers, as docs/operator.md says: needs a Docker engine and half an hour
	@$(BIN)/python -m tests.prepare
	@$(BIN)/python -m pytest -s tests/compose/containers.py

lint: setup ## ruff, sqlfluff, yamllint, secret scan
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/yamllint --strict .
	@git ls-files -z -- ':!requirements/*.lock' ':!.secrets.baseline' | xargs -0 $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models dbt_project/tests dbt_project/macros

bench: setup ## times against pandas, COPY and DuckDB, and 1,000 bad weeks of one-stop systems
	@$(BIN)/python -m bench surveys
	@$(BIN)/python -m bench dossiers
	@$(BIN)/python -m bench dossier-builds
	@$(BIN)/python -m bench charts
	@$(BIN)/python -m bench traces
	@$(BIN)/python -m bench faults

images: setup ## screenshots of the running demo into docs/images
	@$(BIN)/python -m docs.make_images
