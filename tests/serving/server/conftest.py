"""A tiny model, and servers of it."""

import pytest

from tests.serving.server import tiny


@pytest.fixture(scope='session')
def models(tmp_path_factory):
  """Two SavedModels: the second one's scores are higher by 2."""
  directory = tmp_path_factory.mktemp('models')
  for name, offset in ('first', 0), ('second', 2):
    tiny.save(directory / name, offset)
  return directory / 'first', directory / 'second'


@pytest.fixture
def start(models, tmp_path):
  """A function that starts a server of a directory with version 1; the server's flags are its arguments."""
  servers = []
  (tmp_path / 'versions').mkdir()
  tiny.push(models[0], tmp_path / 'versions', 1)

  def start_one(*flags):
    servers.append(tiny.Server(tmp_path / 'versions', tmp_path / f'{len(servers)}.log', *flags))
    return servers[-1]

  yield start_one
  for server in servers:
    server.process.kill()
    server.process.wait()


@pytest.fixture(scope='session')
def application(models, tmp_path_factory):
  """The application of a server of version 7, with small limits, in this process."""
  directory = tmp_path_factory.mktemp('application')
  tiny.push(models[0], directory, 7)
  running = tiny.Application(directory)
  yield running
  running.close()


@pytest.fixture(scope='session')
def server(models, tmp_path_factory):
  """A server that tests only ask: of version 7, with small limits."""
  directory = tmp_path_factory.mktemp('served')
  (directory / 'versions').mkdir()
  tiny.push(models[0], directory / 'versions', 7)
  flags = '--max-body-mb=1', '--max-instances=100', '--max-queue=120', '--timeout=3'
  running = tiny.Server(directory / 'versions', directory / 'log', *flags)
  yield running
  running.process.kill()
  running.process.wait()
