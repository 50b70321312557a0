"""bootstrap.sh where other tools have left their settings: it changes nothing but .venv, and knows the index."""

import os
import shutil
import subprocess
import sys

import pytest

from tests import documents

# Stands in for uv: makes an empty environment, and notes its arguments and variables.
_UV = '''#!/bin/sh
echo "$*" >> "$LOG/arguments"
env > "$LOG/environment"
if [ "$1" = venv ]; then mkdir -p .venv/bin; fi
'''
_OF_OTHERS = {
    'UV_SYSTEM_PYTHON': '1', 'UV_PYTHON': '/usr/bin/python3', 'UV_WORKING_DIR': '/', 'UV_PROJECT': '/',
    'UV_CONFIG_FILE': '/nowhere/uv.toml', 'UV_BREAK_SYSTEM_PACKAGES': '1', 'UV_PROJECT_ENVIRONMENT': '/nowhere',
    'UV_PRERELEASE': 'allow', 'PIP_TARGET': '/nowhere', 'PIP_PREFIX': '/nowhere', 'PIP_USER': '1',
    'PIP_REQUIRE_VIRTUALENV': '1', 'VIRTUAL_ENV': '/nowhere', 'PYTHONHOME': '/nowhere', 'PYTHONPATH': '/nowhere',
    'PYTHONUSERBASE': '/nowhere', 'PYTHONOPTIMIZE': '2'}
_KEPT = {
    'UV_INDEX_URL': 'https://a.example/simple', 'UV_DEFAULT_INDEX': 'https://b.example/simple',
    'UV_INDEX_COMPANY_PASSWORD': 'p', 'PIP_INDEX_URL': 'https://c.example/simple', 'PIP_CERT': '/etc/ca.pem',
    'UV_NATIVE_TLS': '1', 'UV_CACHE_DIR': '/cache', 'SSL_CERT_FILE': '/etc/ca.pem', 'HTTPS_PROXY': 'http://proxy:3128',
    'UV_HTTP_TIMEOUT': '90', 'UV_OFFLINE': '1'}


@pytest.fixture(name='set_up')
def _set_up(tmp_path):
  """Runs bootstrap.sh with variables; returns uv's arguments, one line a call, and the variables that it got."""
  for name in ('bootstrap.sh', 'requirements.lock', 'pyproject.toml'):
    shutil.copy(documents.PROJECT / name, tmp_path)
  (tmp_path / 'bin').mkdir()
  (tmp_path / 'bin' / 'uv').write_text(_UV)
  (tmp_path / 'bin' / 'uv').chmod(0o755)

  def run(**variables):
    environment = {'PATH': f'{tmp_path}/bin:/usr/bin:/bin', 'HOME': str(tmp_path), 'LOG': str(tmp_path),
                   'PYTHON': os.path.realpath(sys.executable), **variables}
    subprocess.run(['sh', tmp_path / 'bootstrap.sh'], env=environment, check=True, capture_output=True, cwd='/')
    seen = dict(line.partition('=')[::2] for line in (tmp_path / 'environment').read_text().splitlines())
    return (tmp_path / 'arguments').read_text().splitlines(), seen
  return run


def test_settings_of_others_do_not_choose_another_target(set_up):
  calls, seen = set_up(**_OF_OTHERS, **_KEPT)
  assert [call.split()[:2] for call in calls] == [['venv', '-q'], ['pip', 'sync'], ['pip', 'install']]
  assert calls[0].endswith(' .venv') and all('--python .venv/bin/python' in call for call in calls[1:])
  assert not set(_OF_OTHERS) & set(seen)
  assert {name: seen.get(name) for name in _KEPT} == _KEPT
  assert seen['UV_NO_CONFIG'] == '1' and seen['PIP_CONFIG_FILE'] == '/dev/null'


@pytest.mark.parametrize('page', ['Dockerfile', 'docs/scale.md', 'bootstrap.sh'])
def test_each_installation_names_its_target(page):
  lines = [line for line in documents.read(page).replace('\\\n', '').splitlines()
           if 'uv pip ' in line.replace('"$uv"', 'uv') and not line.lstrip().startswith('#')]
  assert lines and all('--python ' in line for line in lines)
