# Everything a person or a machine does here. Needs Python 3.11 or newer and make; the rest is installed into .venv.
# Options: HISTORY=export.csv and MAPPING=map.yaml for `demo`, ARGS="-k gate" for `check`, `test` and `soak`,
# PYTHON=python3.12 for `setup`.

BIN := .venv/bin
READY := .venv/ready
CODE := src tests $(wildcard bench) tools
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: setup demo check test lint docs bench soak clean help

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1@\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F@ '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(READY)  ## Make .venv from the hashed lock, with the project in it

# The stamp is younger than all it was made from, so a second `make` installs nothing.
$(READY): pyproject.toml requirements/dev.txt requirements/uv.txt tools/setup.sh
	@PYTHON="$(PYTHON)" tools/setup.sh
	@touch $@

demo: $(READY)  ## Show the engine on a made-up sales year, or on the export named by HISTORY=
	@$(BIN)/pipeline-engine demo $(if $(HISTORY),--history "$(HISTORY)") $(if $(MAPPING),--mapping "$(MAPPING)")

lint: $(READY)  ## Style, types, the ladder, docstrings
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports --no-logo
	@$(BIN)/interrogate --quiet src tests || { $(BIN)/interrogate -vv src tests | grep MISSED; exit 1; }

check: lint  ## The quick part of the tests, at most two minutes
	$(PYTEST) -n 2 -m "not slow and not soak" $(ARGS)

test: $(READY)  ## The whole suite, with a real PostgreSQL
	$(PYTEST) -n 2 -m "not soak" $(ARGS)

soak: $(READY)  ## The long tests
	$(PYTEST) -m soak $(ARGS)

docs: $(READY)  ## Make docs/reference anew from the code
	$(BIN)/python -m tools.reference

bench: $(READY)  ## Measure side by side against peers and physical limits
	$(BIN)/python -m bench

clean:  ## Remove what was made: .venv, caches, builds, demo/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist demo
	find src tests $(wildcard bench) tools -name __pycache__ -type d -prune -exec rm -rf {} +
