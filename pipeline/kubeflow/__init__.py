"""Packages for Kubeflow Pipelines and Vertex AI: command line, compilation, settings, submission, steps."""
