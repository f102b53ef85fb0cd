#!/bin/sh
# Writes the two locks anew from pyproject.toml. Needs `make setup` first; give `--upgrade` to take newer releases.
# The locks name versions and hashes only: which registry serves them is the machine's own affair.
set -eu
cd "$(dirname "$0")/.."

lock() {
    .venv/bin/uv pip compile --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
        --quiet "$@"
}

lock pyproject.toml --extra service --group dev --output-file requirements/dev.txt
echo uv | lock - --output-file requirements/uv.txt
