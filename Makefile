# Everything goes through .venv, which `make setup` makes from the pinned constraints. Only make and Python are needed.

VENV ?= .venv
WORKERS ?= 2
DEMO_FLAGS ?=

BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PYTHONS := $(PYTHON) python3.11 python3.12 python3.13 python3

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lint types

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(INSTALLED) ## make .venv from the pinned constraints
	@:

demo: $(INSTALLED) ## train on made-up alphabets, recognise what was never seen, then draw (DEMO_FLAGS='--quick --no-serve')
	@$(BIN)/gemel demo $(DEMO_FLAGS)

test: $(INSTALLED) ## the quick tests
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS)

test-all: $(INSTALLED) ## the slow ones too; real data are looked for in GEMEL_DATA
	@OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) -m ""

lint: $(INSTALLED) ## ruff: rules and format
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: $(INSTALLED) ## mypy, strict
	@$(BIN)/mypy

# The first Python of 3.11 or newer; what is said goes to standard error, so that --json stays alone on standard output.
$(INSTALLED): pyproject.toml constraints.txt
	@set -e; for python in $(PYTHONS) ""; do \
	  if [ -z "$$python" ]; then echo "error: no Python 3.11 or newer; install it, or name it: make PYTHON=/path/to/python3" >&2; exit 1; fi; \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then break; fi; \
	done; \
	$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
	  echo "making $(VENV) with $$("$$python" --version); the packages are some hundred megabytes" >&2; \
	  "$$python" -m venv $(VENV) >&2; }; \
	$(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt -e '.[dev,metric,parquet,pretrained,efficientnet,postgres,serve]' >&2
	@touch $@
