# From a fresh clone with Python 3.11 to 3.13 and make: `make demo`, `make test`. No system packages.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PYTHONDONTWRITEBYTECODE := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check lock benchmarks clean help

help:
	@echo "make demo   dub a sample clip from Hindi to Tamil, from nothing"
	@echo "make test   the test-suite          make check   lint, types, architecture"
	@echo "make lock   renew requirements*.lock    make benchmarks   the tables of benchmarks/"

$(VENV)/.base: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
	  { echo "dub needs Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/dub-checkout.pth"
	@printf '#!%s\nfrom cli import main\n\nmain()\n' "$(CURDIR)/$(BIN)/python" > $(BIN)/dub && chmod +x $(BIN)/dub
	@touch $@

$(VENV)/.dev: $(VENV)/.base requirements-dev.lock
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-dev.lock
	@touch $@

demo: $(VENV)/.base
	@$(BIN)/python examples/demo.py demo

test: $(VENV)/.dev
	$(BIN)/python -m pytest

check: $(VENV)/.dev
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m ruff check .
	$(BIN)/python -m mypy
	$(BIN)/lint-imports

lock: $(VENV)/.dev
	$(BIN)/python -m uv pip compile pyproject.toml --universal --generate-hashes --no-annotate --no-header --python-version 3.11 -q -o requirements.lock
	$(BIN)/python -m uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-annotate --no-header --python-version 3.11 -q -o requirements-dev.lock

benchmarks: $(VENV)/.dev
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) demo dist build .mypy_cache .ruff_cache .pytest_cache
