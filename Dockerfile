# The image that every step of a Kubeflow run uses. docs/kubeflow.md has the commands that build and push it.
# Not slim: two packages need a C compiler.
FROM python:3.10-bookworm AS packages
COPY ["requirements.lock", "requirements-uv.lock", "pyproject.toml", "/"]
# Only those packages of the lock that a run needs.
RUN python -m pip install --no-cache-dir --require-hashes -r /requirements-uv.lock \
 && python -m venv --without-pip /venv \
 && uv pip install --python /venv/bin/python --no-cache --require-hashes --compile-bytecode \
    -c /requirements.lock -r /pyproject.toml --extra kubeflow
# --build-arg GPU=1 adds CUDA's libraries, some 2 GB.
ARG GPU
RUN [ -z "$GPU" ] || uv pip install --python /venv/bin/python --no-cache -c /requirements.lock 'tensorflow[and-cuda]==2.15.1'
# The packages' C headers and own tests, some 0.3 GB.
RUN find /venv/lib -depth -type d '(' -name include -o -name tests ')' -exec rm -r {} +

FROM python:3.10-slim-bookworm
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
USER 10001:10001
WORKDIR /app
