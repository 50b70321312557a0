# Beam's worker on Dataflow: the pipeline's image with the launcher that Dataflow calls. docs/scale.md builds it.
ARG IMAGE
FROM apache/beam_python3.10_sdk:2.62.0 AS beam
# hadolint ignore=DL3006
FROM ${IMAGE}
COPY --from=beam /opt/apache/beam /opt/apache/beam
# Or else the launcher makes a new environment, which sees nothing of /venv.
ENV RUN_PYTHON_SDK_IN_DEFAULT_ENVIRONMENT=1
# The folders that Dataflow mounts are root's.
# hadolint ignore=DL3002
USER root
ENTRYPOINT ["/opt/apache/beam/boot"]
