"""The launcher of the steps: TFX's module runs as if it had been started itself, with the patches of local runs."""

import json
import os
import subprocess
import sys

import pytest

import compat
from pipeline.kubeflow import launcher
from tests.kubeflow import image

_MODULE = '''
import json
import sys
from tfx.orchestration.kubeflow.v2 import compiler_utils
import kfp
import tfx.v1.extensions
if __name__ == '__main__':
  print(json.dumps({
      'arguments': sys.argv[1:], 'kfp': kfp.__name__, 'extensions': bool(tfx.v1.extensions.__file__),
      'page': compiler_utils.TITLE_TO_CLASS_PATH.get('system.HTML'), 'main': sys.modules['__main__'].__name__}))
  sys.exit(7)
'''


@pytest.mark.slow
def test_a_module_runs_as_if_started_itself(tmp_path):
  arguments = ['--flag', 'a value', '--json={"a": 1}']  # without one: see the test below
  (tmp_path / 'entry.py').write_text(_MODULE)
  environment = {**os.environ, 'PYTHONPATH': f'{image.PROJECT}{os.pathsep}{tmp_path}'}
  process = subprocess.run(
      [sys.executable, '-m', 'pipeline.kubeflow.launcher', 'entry', *arguments], env=environment, cwd=tmp_path,
      capture_output=True, text=True, check=False)
  assert process.returncode == 7, process.stderr
  assert json.loads(process.stdout) == {
      'arguments': arguments, 'kfp': 'kfp', 'extensions': True, 'page': None, 'main': '__main__'}


def test_the_launcher_applies_the_shared_patches_and_no_stubs(monkeypatch):
  calls = []
  monkeypatch.setattr(compat, 'apply_patches', lambda: calls.append('patches'))
  monkeypatch.setattr(compat, 'stub_unused_imports', lambda: calls.append('stubs'))
  monkeypatch.setattr(launcher.kfp_compat, 'register_artifact_class', lambda *names: calls.append(names))
  monkeypatch.setattr(launcher.runpy, 'run_module', lambda module, **_: calls.append((module, sys.argv[1:])))
  monkeypatch.setattr(sys, 'argv', ['step'])
  launcher.main(['tfx.orchestration.kubeflow.v2.container.entry', '--flag'])
  assert calls == ['patches', ('system.HTML', 'components.common.artifacts.Report'),
                   ('tfx.orchestration.kubeflow.v2.container.entry', ['--flag'])]
  calls.clear()
  launcher.main(['tfx.orchestration.kubeflow.container_entrypoint'])
  assert calls == ['patches', ('tfx.orchestration.kubeflow.container_entrypoint', [])]
