"""TFX components, and the artifact types of components.common.artifacts by name."""


def __getattr__(name):
  # Not imported above: code that only reads reviews need not wait for the import of TFX.
  if name in ('BehaviourReport', 'DataBlessing', 'Decision', 'EncoderArtifact', 'ModelCard', 'ServedVersion',
              'TeacherScoresArtifact', 'WordVectorsArtifact'):
    from components.common import artifacts  # pylint: disable=import-outside-toplevel
    return getattr(artifacts, name)
  raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
