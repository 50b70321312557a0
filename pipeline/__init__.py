"""The pipeline: its DAG, its settings, local and Kubeflow runs, and what runs leave behind."""
