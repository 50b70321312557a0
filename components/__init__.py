"""TFX components, and the artifact types of components.common.artifacts by name."""


def __getattr__(name):
  # Not imported above: whoever only reads reviews does not have to wait for TFX.
  if name in ('BehaviourReport', 'DataBlessing', 'ModelCard', 'WordVectorsArtifact'):
    from components.common import artifacts  # pylint: disable=import-outside-toplevel
    return getattr(artifacts, name)
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
