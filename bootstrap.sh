#!/bin/sh
# Makes .venv: Python 3.10 and exactly the packages of requirements.lock. Does nothing when that is already so.
# PYTHON=/path/to/python3.10 names the interpreter; without it one is looked for, then fetched.
set -eu
cd "$(dirname "$0")"

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

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
        { "$host" -m venv .uv && .uv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock; } >&2 ||
            fail "could not install uv: check the network and that $host has venv and pip (Debian: apt install python3-venv), or install uv yourself."
    fi
    echo .uv/bin/uv
}

HOME=${HOME:-$PWD}
stamp=.venv/installed.lock
if cmp -s requirements.lock "$stamp" &&
    .venv/bin/python -c 'import sys, pip, importlib.metadata as m; m.version("tfx"); assert sys.version_info[:2] == (3, 10)' 2>/dev/null; then
    exit 0
fi

python=$(find_310)
uv=$(find_uv "$python")
[ -n "$python" ] || say "no Python 3.10 on this machine: fetching one"
say "making .venv with ${python:-a fetched Python 3.10}"
"$uv" venv -q --clear --python "${python:-3.10}" .venv ||
    fail "no Python 3.10 here and none could be fetched; install one (pyenv install 3.10, or uv python install 3.10) and run this again, or name it: make run PYTHON=/path/to/python3.10"
say "installing $(grep -c '==' requirements.lock) locked packages (half a minute with a warm cache, some minutes without)"
VIRTUAL_ENV="$PWD/.venv" "$uv" pip sync -q --require-hashes --compile-bytecode requirements.lock ||
    fail "the packages could not be installed (see above); run this again once the network, or the C compiler that some of them need, is there."
cp requirements.lock "$stamp"
say "done"
