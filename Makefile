# make run    set up where needed, then the main job       (ARGS="--model bow_sparse" passes flags on)
# make audit  known advisories of the locked packages (needs uv and the network)
# make test   set up where needed, then the whole test suite (ARGS="-k tokens" passes flags on; the long ones are apart:
#             ARGS="-m kill -n 0", ARGS="-m bench -n 0")
# make bench  set up where needed, then measure the speed     (ARGS="stages --repeats 1" for a piece of it)
# make notebooks    set up where needed, then JupyterLab on notebooks/   (OUTPUT_DIR=... reads another output directory)
# make tensorboard  set up where needed, then TensorBoard on all models of OUTPUT_DIR
OUTPUT_DIR ?= output
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
	uv pip compile pyproject.toml --extra test --extra kubeflow --python-version 3.10 --generate-hashes --no-header --no-emit-index-url -q -o requirements.lock

# Known advisories of the locked packages; fails where a package could not be looked up.
audit:
	uvx pip-audit --strict --disable-pip --require-hashes -r requirements.lock

clean:
	rm -rf .venv .uv output
