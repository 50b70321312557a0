# syntax=docker/dockerfile:1
# The image that every step of a Kubeflow run uses. docs/kubeflow.md has the commands that build and push it.
# --build-arg BUILD_DIGEST=@sha256:... and BASE_DIGEST=@sha256:... fix the base images, which change under their tags:
#   docker buildx imagetools inspect python:3.10-bookworm --format '{{.Manifest.Digest}}'
#   docker buildx imagetools inspect python:3.10-slim-bookworm --format '{{.Manifest.Digest}}'
ARG BUILD_DIGEST=
ARG BASE_DIGEST=

# Not slim: two packages need a C compiler.
FROM python:3.10-bookworm${BUILD_DIGEST} AS packages
COPY ["requirements.lock", "requirements-uv.lock", "requirements-gpu.lock", "requirements-s3.lock", "pyproject.toml", "/"]
ENV UV_LINK_MODE=copy
# Only those packages of the lock that a run needs. A second build takes them from the cache of the first.
RUN --mount=type=cache,target=/root/.cache/uv \
    python -m pip install --no-cache-dir --require-hashes -r /requirements-uv.lock \
 && python -m venv --without-pip /venv \
 && uv pip install --python /venv/bin/python --require-hashes --compile-bytecode \
    -c /requirements.lock -r /pyproject.toml --extra kubeflow \
 && uv pip install --python /venv/bin/python --require-hashes --compile-bytecode --no-deps -r /requirements-s3.lock
# --build-arg GPU=1 adds CUDA's libraries, some 2 GB.
ARG GPU
RUN --mount=type=cache,target=/root/.cache/uv \
    [ -z "$GPU" ] || uv pip install --python /venv/bin/python --require-hashes --no-deps -r /requirements-gpu.lock
# The packages' C headers and own tests, some 0.3 GB.
RUN find /venv/lib -depth -type d '(' -name include -o -name tests ')' -exec rm -r {} +

FROM python:3.10-slim-bookworm${BASE_DIGEST}
LABEL org.opencontainers.image.title="sentiment-pipeline" \
      org.opencontainers.image.description="The steps of a TFX pipeline for sentiment models, and the model server" \
      org.opencontainers.image.licenses="Apache-2.0"
# Steps call `python`, import the project from wherever they run, and need neither root nor a home.
ENV PATH=/venv/bin:/usr/local/bin:/usr/bin:/bin PYTHONPATH=/app PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=2 HOME=/tmp
COPY --from=packages /venv /venv
COPY ["compat", "/app/compat"]
COPY ["components", "/app/components"]
COPY ["models", "/app/models"]
COPY ["pipeline", "/app/pipeline"]
COPY ["serving", "/app/serving"]
COPY ["local_runner.py", "kubeflow_runner.py", "predict.py", "requirements.lock", "/app/"]
RUN python -m compileall -q /app
# --build-arg CODE_COMMIT=... is recorded with every model; after all that takes time, because it changes often.
ARG CODE_COMMIT=unknown
ENV CODE_COMMIT=$CODE_COMMIT
LABEL org.opencontainers.image.revision=$CODE_COMMIT
# Of a container that runs the model server on its default port; others are healthy as long as they run.
HEALTHCHECK --start-period=60s \
  CMD ! grep -qa serving.server /proc/1/cmdline \
  || python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/healthz', timeout=9)"
USER 10001:10001
WORKDIR /app
