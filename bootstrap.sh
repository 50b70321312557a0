#!/bin/sh
# Makes .venv: Python 3.10, exactly the packages of requirements.lock, and the project itself as an editable install.
# Does nothing when all of that is in place. PYTHON=/path/to/python3.10 names the interpreter; without it, one is looked
# for, then fetched.
set -eu
cd "$(dirname "$0")"

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Nothing but .venv and .uv may change, so what could name another target, or other packages, is dropped: variables and
# configuration files of uv, pip, venv and Python. What says where packages come from is kept.
clear_settings() {
    for name in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)=.*/\1/p'); do
        case $name in
            *INDEX* | *FIND_LINKS | *TRUSTED_HOST | *INSECURE_HOST | *CERT | *TLS | *SYSTEM_CERTS | *KEYRING* | *PROXY | \
                *CACHE* | *TIMEOUT | *RETRIES | *MIRROR | UV_OFFLINE | UV_LINK_MODE | UV_CONCURRENT_* | \
                UV_PYTHON_DOWNLOADS | UV_PYTHON_INSTALL_DIR) ;;
            UV_* | PIP_* | PYTHON?* | VIRTUAL_ENV | __PYVENV_LAUNCHER__) unset "$name" ;;
        esac
    done
    export UV_NO_CONFIG=1 PIP_CONFIG_FILE=/dev/null
}

is_310() { "$1" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1; }

find_310() {
    if [ -n "${PYTHON:-}" ]; then
        is_310 "$PYTHON" || fail "PYTHON=$PYTHON is not a Python 3.10; name one, or leave PYTHON out."
        echo "$PYTHON"; return
    fi
    for candidate in "$(command -v python3.10)" "$(command -v python3)" "$(command -v python)" \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.10*/bin/python3.10 /usr/bin/python3.10 /usr/local/bin/python3.10 \
        /opt/homebrew/bin/python3.10 "${CONDA_PREFIX:-/nonexistent}/bin/python3.10"; do
        if [ -x "$candidate" ] && is_310 "$candidate"; then echo "$candidate"; return; fi
    done
}

# uv installs the lock in half a minute where pip needs many; it comes from the PATH, or into .uv from a locked file.
find_uv() {
    if command -v uv >/dev/null 2>&1; then command -v uv; return; fi
    if ! .uv/bin/uv --version >/dev/null 2>&1; then
        host=${1:-$(command -v python3 || true)}
        [ -n "$host" ] || fail "no Python found; install Python 3.10 and run this again."
        say "installing the installer (uv) into .uv"
        rm -rf .uv
        { "$host" -m venv .uv &&
            .uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock; } >&2 ||
            fail "could not install uv: check the network and that $host has venv and pip (Debian: apt install python3-venv), or install uv yourself."
    fi
    echo .uv/bin/uv
}

# What the packages and the scripts of .venv depend on. The scripts name this directory, so a checkout that was moved or
# copied needs an environment of its own.
packages_key() { pwd -P; cat requirements.lock; }

packages_installed() {
    packages_key | cmp -s - .venv/installed.packages &&
        .venv/bin/python -c 'import sys, pip, importlib.metadata as m; m.version("tfx"); assert sys.version_info[:2] == (3, 10)' 2>/dev/null
}

project_installed() {
    cmp -s pyproject.toml .venv/installed.project &&
        .venv/bin/python -Ic 'import importlib.metadata as m; m.version("sentiment-pipeline")' 2>/dev/null
}

install_packages() {
    say "making .venv with ${python:-a fetched Python 3.10}"
    "$uv" venv -q --clear --python "${python:-3.10}" .venv ||
        fail "no Python 3.10 here and none could be fetched; install one (pyenv install 3.10, or uv python install 3.10) and run this again, or name it: make run PYTHON=/path/to/python3.10"
    say "installing $(grep -c '==' requirements.lock) locked packages (half a minute with a warm cache, some minutes without)"
    "$uv" pip sync -q --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock ||
        fail "the packages could not be installed (see above); run this again once the network, or the C compiler that some of them need, is there. Configuration files of uv and pip are not read: name an index in UV_DEFAULT_INDEX."
    packages_key > .venv/installed.packages
}

# After the packages, because `uv pip sync` removes what the lock does not name. It is built with their setuptools.
install_project() {
    say "installing the project (editable)"
    "$uv" pip install -q --python .venv/bin/python --offline --no-deps --no-build-isolation -e . ||
        fail "the project could not be installed (see above): check [build-system] and [tool.setuptools] in pyproject.toml."
    cp pyproject.toml .venv/installed.project
}

clear_settings
HOME=${HOME:-$PWD}
# A .venv that is a link belongs to another checkout: it must not be made anew from here.
if [ -L .venv ]; then
    tail -n +2 .venv/installed.packages 2>/dev/null | cmp -s - requirements.lock && exit 0
    fail ".venv is a link to $(readlink .venv), which has other packages than requirements.lock: run make setup there, or remove the link."
fi
if packages_installed; then
    project_installed && exit 0
    uv=$(find_uv .venv/bin/python)
else
    python=$(find_310)
    uv=$(find_uv "$python")
    [ -n "$python" ] || say "no Python 3.10 on this machine: fetching one"
    install_packages
fi
install_project
say "done"
