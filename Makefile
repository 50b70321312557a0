# All targets but lock, audit and clean set up .venv first, where needed. ARGS="..." passes flags on.
#
# make run          run the pipeline                            ARGS="--model cnn"
# make test         run the whole test suite                    ARGS="-k tokens", ARGS="-m kill -n 0", ARGS="-m bench -n 0"
# make test-fast    run the tests that start no pipeline run, server or browser
# make engines      fetch the programs of others that --beam and test-engines run, into a cache   ARGS="kubernetes flink" for parts
# make test-engines run these tests: other programs read our packages and manifests, and run the pipeline; skips what is not there
# make lint         check style (ruff) and types (mypy)
# make bench        measure the speed                           ARGS="stages --repeats 1" for a part of it
# make notebooks    start JupyterLab on notebooks/              OUTPUT_DIR=... reads another output directory
# make tensorboard  start TensorBoard on all models of OUTPUT_DIR
# make setup        only set up
# make lock         resolve pyproject.toml anew, keeping the pinned versions where they fit; needs uv and the network
# make audit        look up known vulnerabilities of the locked packages; needs uv and the network
# make clean        remove .venv and .uv; runs and pushed models are kept
# make prune        list what no pushed version and no latest run of OUTPUT_DIR needs    ARGS=--yes deletes it
# make clean-runs   remove the runs and pushed models of OUTPUT_DIR, after a question
OUTPUT_DIR ?= output
UV := $(shell command -v uv || echo .uv/bin/uv)
COMPILE := $(UV) pip compile -q --python-version 3.10 --generate-hashes --no-emit-index-url --custom-compile-command 'make lock'
.PHONY: run test test-fast engines test-engines lint bench setup lock audit clean prune clean-runs notebooks tensorboard

run: setup
	.venv/bin/python local_runner.py $(ARGS)

test: setup
	.venv/bin/python -m pytest $(ARGS)

test-fast: setup
	.venv/bin/python -m pytest -m "not slow and not kill and not bench and not engines" $(ARGS)

engines: setup
	.venv/bin/python -m tools.engines $(ARGS)

test-engines: setup
	.venv/bin/python -m pytest -m engines -n 0 tests/engines $(ARGS)

lint: setup
	.venv/bin/ruff check
	.venv/bin/mypy

bench: setup
	.venv/bin/python -m benchmarks $(ARGS)

notebooks: setup
	OUTPUT_DIR="$(abspath $(OUTPUT_DIR))" .venv/bin/jupyter lab --notebook-dir notebooks $(ARGS)

tensorboard: setup
	.venv/bin/python -m pipeline.tensorboard --output-dir "$(OUTPUT_DIR)" $(ARGS)

setup:
	@PYTHON="$(PYTHON)" ./bootstrap.sh

lock:
	$(COMPILE) pyproject.toml --extra kubeflow --extra notebooks --extra test --extra dev -o requirements.lock
	echo uv | $(COMPILE) - -o requirements-uv.lock
	.venv/bin/python -c "import importlib.metadata as m; print(*(each.partition(';')[0] for each in \
	  m.requires('tensorflow') if 'and-cuda' in each), sep='\n')" | $(COMPILE) --no-deps --no-annotate - -o requirements-gpu.lock
	echo boto3==1.42.97 | $(COMPILE) -c requirements.lock --no-annotate - -o requirements-s3.lock
	$(COMPILE) tools/engines.in -o tools/engines.lock

# Fails where a package could not be looked up.
audit:
	$(UV) tool run pip-audit --strict --disable-pip --require-hashes -r requirements.lock -r requirements-uv.lock

clean:
	rm -rf .venv .uv

prune: setup
	.venv/bin/python -m pipeline.local.prune --output-dir "$(OUTPUT_DIR)" $(ARGS)

clean-runs: setup
	.venv/bin/python -m pipeline.local.remove_runs --output-dir "$(OUTPUT_DIR)"
