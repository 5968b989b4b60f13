# The chores of this repository. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := .venv-extras
EXTRAS_TESTED := anthropic,inspect,daytona
EXTRAS_RUNNER := pytest pytest-asyncio hypothesis
ENVS := $(patsubst %/pyproject.toml,%,$(wildcard envs/*/pyproject.toml))
MANIFESTS := pyproject.toml constraints.txt $(wildcard envs/*/pyproject.toml)
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check
PIP := $(BIN)/python $(PIP_INSTALL) --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest

.PHONY: demo test test-deep test-extras test-peer lint types peer-env bench constraints clean

demo: $(VENV)/.demo
	$(BIN)/python -m RLVE_Gym.demo
	$(BIN)/python -m reasoning_gym_env.demo

test: $(VENV)/.test lint types
	$(PYTEST) -n auto --dist worksteal -m "not deep"

test-deep: $(VENV)/.test
	$(PYTEST) -n auto --dist worksteal -m deep

# Extras whose libraries do not go together with the pinned ones, in an environment of their own.
test-extras: $(EXTRAS)/.test
	$(EXTRAS)/bin/python -m pytest tests/core/evals tests/core/test_llm_client.py tests/core/client/test_daytona.py

test-peer: peer-env
	$(PYTEST) -m peer

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy src envs benchmarks

# The public package in an environment of its own, for the tests and benchmarks that play against it.
peer-env: $(VENV)/.test
	$(BIN)/python benchmarks/peer_env.py

bench: $(VENV)/.test peer-env
	$(BIN)/python benchmarks/run.py

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "$(PYTHON) is no Python 3.11 or newer: name one, as in  make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.demo: $(BIN)/python $(MANIFESTS)
	$(PIP) --editable . --editable envs/RLVE_Gym --editable envs/reasoning_gym_env
	touch $@

$(VENV)/.test: $(BIN)/python $(MANIFESTS)
	$(PIP) --editable ".[dev]" $(foreach env,$(ENVS),--editable $(env))
	touch $@ $(VENV)/.demo

$(EXTRAS)/.test: pyproject.toml constraints-extras.txt
	$(PYTHON) -m venv $(EXTRAS)
	$(EXTRAS)/bin/python $(PIP_INSTALL) --constraint constraints-extras.txt --editable ".[$(EXTRAS_TESTED)]" $(EXTRAS_RUNNER)
	touch $@

# After raising a version: write down what the tests have just passed with.
constraints: $(VENV)/.test $(EXTRAS)/.test
	$(BIN)/python scripts/constraints.py constraints.txt "openenv[dev]" $(patsubst envs/%,openenv-%,$(ENVS))
	$(EXTRAS)/bin/python scripts/constraints.py constraints-extras.txt "openenv[$(EXTRAS_TESTED)]" $(EXTRAS_RUNNER)

clean:
	rm -rf $(VENV) $(EXTRAS) .venv-peer .mypy_cache .ruff_cache .pytest_cache .hypothesis
