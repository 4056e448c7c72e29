# The verbs of this repository; `make help` lists them. Each works alone on a fresh clone: it makes .venv first.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
# The first of these that is there and supported; `make PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help conformance matrix test check bench docs clean

help: ## list these verbs
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22
	@echo 'ARGS="..." is passed on: make conformance ARGS="net/half_open/*", make test ARGS="-k tcp"'

conformance: $(READY) ## hold nodesock against real Node.js, every case; report in build/conformance/
	$(BIN)/python -m conformance run $(ARGS)

matrix: $(READY) ## four lines of Node, and nodesock, Bun and Deno against the newest 24; report in build/matrix/
	$(BIN)/python -m conformance run --node 24,22,20,26 --subject python,bun,deno --output build/matrix $(ARGS)

test: $(READY) ## the tests of nodesock, of the harness and of the build
	$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## lint, types and import rules
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -q tests/test_layering.py

bench: $(READY) ## CPU time per echoed message and per text encoding, nodesock and Node beside it; 1 if Node echoes with less
	$(BIN)/python -m bench.echo
	$(BIN)/python -m bench.udp_echo
	$(BIN)/python -m bench.encodings

docs: $(READY) ## the API reference, into build/docs/
	$(BIN)/python docs/reference.py build/docs

clean: ## remove .venv and all that was built
	rm -rf $(VENV) build dist impl/build impl/dist impl/nodesock/_pyuv impl/*.egg-info .tox .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): pyproject.toml impl/pyproject.toml impl/setup.py $(wildcard impl/build_tools/*.*)
	@test -n "$(PYTHON)" || { echo "nodesock needs Python 3.11, 3.12 or 3.13 on the PATH (or: make PYTHON=/path/to/python ...)" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ./impl --editable '.[python,dev]'
	@touch $@
