#!/bin/sh
# Makes .venv with everything in the lock and the project itself, editable. `make setup` runs it when something changed.
# uv installs where it can be had and reaches a registry; pip does where not. PYTHON=… names an interpreter.
set -eu
cd "$(dirname "$0")/.."

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        if "$candidate" -c "$new_enough" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

fail() {
    echo "setup: $1" >&2
    exit 1
}

if ! .venv/bin/python -c "$new_enough" >/dev/null 2>&1; then
    python=$(find_python)
    [ -n "$python" ] || fail "no Python 3.11 or newer among: ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; name one with PYTHON=…"
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
        fail "\`$python\` cannot make virtual environments; on Debian install the package python3-venv"
    rm -rf .venv
    "$python" -m venv .venv
fi

export PIP_DISABLE_PIP_VERSION_CHECK=1
install() {
    "$@" --quiet --require-hashes -r requirements/dev.txt && "$@" --quiet --no-deps --no-build-isolation -e .
}

echo "setup: installing what requirements/dev.txt names into .venv"
if ! .venv/bin/python -m pip install --quiet --require-hashes -r requirements/uv.txt 2>.venv/uv.log; then
    echo "setup: uv is not to be had here (.venv/uv.log says why); pip does it alone"
elif install .venv/bin/uv pip install --python .venv/bin/python; then
    exit 0
else
    echo "setup: uv could not install (above); trying with pip"
fi
install .venv/bin/python -m pip install || fail "the packages could not be installed; the lines above say why"
