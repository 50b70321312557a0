"""The pipeline: its DAG, its settings, local and Kubeflow runs, and what runs have left."""
