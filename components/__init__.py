"""TFX components, and by name the artifact types of components.common.artifacts."""


def __getattr__(name):
  # Not imported above: whoever reads reviews need not wait for TFX.
  if name in ('BehaviourReport', 'DataBlessing', 'ModelCard', 'WordVectorsArtifact'):
    from components.common import artifacts  # pylint: disable=import-outside-toplevel
    return getattr(artifacts, name)
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
