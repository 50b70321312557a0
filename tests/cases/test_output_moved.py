"""Output directories that were moved, copied or thinned: the metadata store follows the files."""

import os
import pathlib
import shutil

from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2
import pytest

from pipeline import layout
from pipeline.results import metadata

_LIVE, _DELETED = metadata_store_pb2.Artifact.LIVE, metadata_store_pb2.Artifact.DELETED


@pytest.fixture(name='original')
def _original(tmp_path):
  """An output directory with a model, statistics and a push, below a directory that is called artifacts, too."""
  output_dir = tmp_path / 'artifacts' / 'a'
  output_dir.mkdir(parents=True)
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = layout.metadata(str(output_dir))
  config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
  store = metadata_store.MetadataStore(config)
  for kind, place in (
      ('Model', 'Trainer/model/1'), ('ExampleStatistics', 'StatisticsGen/statistics/2'),
      ('PushedModel', 'Pusher/pushed_model/3')):
    type_id = store.put_artifact_type(metadata_store_pb2.ArtifactType(name=kind))
    artifact = metadata_store_pb2.Artifact(type_id=type_id, uri=f'{output_dir}/artifacts/{place}', state=_LIVE)
    os.makedirs(artifact.uri)
    if kind != 'PushedModel':
      pathlib.Path(artifact.uri, 'file').touch()
    if kind == 'PushedModel':
      artifact.custom_properties['pushed_destination'].string_value = f'{output_dir}/serving/sentiment/7'
      artifact.custom_properties['note'].string_value = '/elsewhere'
    store.put_artifacts([artifact])
  return output_dir


def _recorded(output_dir):
  """(path, state) of each artifact as TFX finds it in the store, and the properties of the push."""
  config = metadata_store_pb2.ConnectionConfig()
  config.sqlite.filename_uri = layout.metadata(str(output_dir))
  artifacts = metadata_store.MetadataStore(config).get_artifacts()
  return [(artifact.uri, artifact.state) for artifact in artifacts], {
      key: value.string_value for key, value in artifacts[-1].custom_properties.items()}


def _expected(output_dir, state=_LIVE):
  return [(f'{output_dir}/artifacts/{place}', state)
          for place in ('Trainer/model/1', 'StatisticsGen/statistics/2', 'Pusher/pushed_model/3')]


@pytest.mark.parametrize('transfer', [shutil.move, shutil.copytree])
def test_a_moved_or_copied_directory_refers_to_itself(original, tmp_path, transfer):
  other = tmp_path / 'b'
  transfer(str(original), str(other))
  assert metadata.Lineage(str(other)).latest_artifact('Model').uri == f'{other}/artifacts/Trainer/model/1'
  assert _recorded(other)[0] == _expected(original)  # reading writes nothing
  metadata.update_locations(str(other))
  assert _recorded(other) == (
      _expected(other), {'pushed_destination': f'{other}/serving/sentiment/7', 'note': '/elsewhere'})
  assert not original.exists() or _recorded(original)[0] == _expected(original)


@pytest.mark.parametrize('delete', [shutil.rmtree, lambda path: (path / 'statistics' / '2' / 'file').unlink()])
def test_deleted_artifacts_count_as_none(original, delete):
  delete(original / 'artifacts' / 'StatisticsGen')
  assert metadata.Lineage(str(original)).artifacts('ExampleStatistics') == []
  metadata.update_locations(str(original))
  states = [state for _, state in _recorded(original)[0]]
  assert states == [_LIVE, _DELETED, _LIVE]


def test_an_unchanged_directory_and_a_link_to_it_change_nothing(original, tmp_path):
  before = (original / 'metadata.db').read_bytes()
  metadata.update_locations(str(original))
  (tmp_path / 'link').symlink_to(original)
  metadata.update_locations(str(tmp_path / 'link'))
  assert (original / 'metadata.db').read_bytes() == before
  metadata.update_locations(str(tmp_path / 'nowhere'))
