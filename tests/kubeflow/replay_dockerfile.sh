#!/usr/bin/env bash
# Does what the Dockerfile's RUN lines do, in a clean directory and without Docker, with PYTHON (3.10) as the image's:
#   PYTHON=python3.10 tests/kubeflow/replay_dockerfile.sh DIRECTORY
# Then compiles a package from there, as the image's user would see the project: nothing else is on the path.
set -euo pipefail
project=$(cd "$(dirname "$0")/../.." && pwd)
root=$(mkdir -p "$1" && cd "$1" && pwd)
[ -z "$(ls -A "$root")" ] || { echo "$root is not empty" >&2; exit 2; }
cp "$project"/{requirements.lock,requirements-uv.lock,requirements-s3.lock,pyproject.toml} "$root"
"${PYTHON:-python3.10}" -m venv "$root/pip"
"$root/pip/bin/python" -m pip install -q --no-cache-dir --require-hashes -r "$root/requirements-uv.lock"
"${PYTHON:-python3.10}" -m venv --without-pip "$root/venv"
"$root/pip/bin/uv" pip install -q --python "$root/venv/bin/python" --no-cache --require-hashes --compile-bytecode \
  -c "$root/requirements.lock" -r "$root/pyproject.toml" --extra kubeflow
"$root/pip/bin/uv" pip install -q --python "$root/venv/bin/python" --no-cache --require-hashes --compile-bytecode \
  --no-deps -r "$root/requirements-s3.lock"
find "$root/venv/lib" -depth -type d '(' -name include -o -name tests ')' -exec rm -r {} +
mkdir "$root/app"
cp -r "$project"/{compat,components,models,pipeline,serving,local_runner.py,kubeflow_runner.py,predict.py,requirements.lock} "$root/app"
find "$root/app" -name __pycache__ -prune -exec rm -r {} +
"$root/venv/bin/python" -m compileall -q "$root/app"
du -sh "$root/venv" "$root/app"
cd "$root/app"
env -i PATH="$root/venv/bin:/usr/bin:/bin" PYTHONPATH="$root/app" HOME=/tmp TF_CPP_MIN_LOG_LEVEL=2 \
  python kubeflow_runner.py compile --engine v1 --output "$root/package.yaml"
