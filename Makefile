# make run    set up where needed, then the main job       (ARGS="--model bow_sparse" passes flags on)
# make audit  known advisories of the locked packages (needs uv and the network)
# make test   set up where needed, then the whole test suite (ARGS="-k tokens" passes flags on; the long ones are apart:
#             ARGS="-m kill -n 0", ARGS="-m bench -n 0")
# make bench  set up where needed, then measure the speed     (ARGS="stages --repeats 1" for a piece of it)
# make notebooks    set up where needed, then JupyterLab on notebooks/   (OUTPUT_DIR=... reads another output directory)
# make tensorboard  set up where needed, then TensorBoard on all models of OUTPUT_DIR
OUTPUT_DIR ?= output
UV := $(shell command -v uv || echo .uv/bin/uv)
COMPILE := $(UV) pip compile -q --python-version 3.10 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'
.PHONY: run test bench setup lock audit clean notebooks tensorboard

run: setup
	.venv/bin/python local_runner.py $(ARGS)

test: setup
	.venv/bin/python -m pytest $(ARGS)

bench: setup
	.venv/bin/python -m benchmarks $(ARGS)

notebooks: setup
	OUTPUT_DIR="$(abspath $(OUTPUT_DIR))" .venv/bin/jupyter lab --notebook-dir notebooks $(ARGS)

tensorboard: setup
	.venv/bin/python -m pipeline.tensorboard --output-dir "$(OUTPUT_DIR)" $(ARGS)

setup:
	@PYTHON="$(PYTHON)" ./bootstrap.sh

# After an edit of pyproject.toml: resolve anew. The hashes are what `make run` installs.
lock:
	$(COMPILE) pyproject.toml --extra kubeflow --extra notebooks --extra test -o requirements.lock
	echo uv | $(COMPILE) - -o requirements-uv.lock

# Known advisories of the locked packages; fails where a package could not be looked up.
audit:
	$(UV) tool run pip-audit --strict --disable-pip --require-hashes -r requirements.lock -r requirements-uv.lock

clean:
	rm -rf .venv .uv output
