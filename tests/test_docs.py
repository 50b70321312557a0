"""The guides' commands and manifests, held against the parsers and models that will read them."""

import itertools
import json
import pathlib
import re
import shlex
import types

from apache_beam.options import pipeline_options
import kubernetes
import pytest
import yaml

import kubeflow_runner
from models.training import distributed
from pipeline import beam_runners
from pipeline.kubeflow import settings
from pipeline.local import command_line
import predict

_PROJECT = pathlib.Path(__file__).resolve().parents[1]
_GUIDES = ('README.md', 'models/README.md', 'docs/kubeflow.md', 'docs/scale.md', 'docs/serving.md')
_PARSERS = {
    'local_runner.py': lambda words: command_line.build_parser().parse_args(words),
    'kubeflow_runner.py': lambda words: kubeflow_runner.parser().parse_args(words),
    'predict.py': predict.parse,
    'models.training.distributed': distributed.parse,
}
# Capitals in commands and manifests that are no values for the reader to supply.
_NO_VALUES = {'PYTHONPATH', 'PATH', 'PWD', 'EXTERNAL', 'VIRTUAL_ENV', 'GPU', 'FLINK_PROPERTIES', 'PS'}


def _text(name):
  return (_PROJECT / name).read_text()


def _blocks(name, *kinds):
  return [block for kind, block in re.findall(r'^```(\w*)\n(.*?)^```', _text(name), re.M | re.S) if kind in kinds]


def _commands(name):
  """The words of each command of ours in a guide, and of each Python program in one."""
  for block in _blocks(name, '', 'sh'):
    started = ''
    for line in block.replace('\\\n', ' ').splitlines():
      if not (started or '-c "' in line or any(program in line for program in _PARSERS)):
        continue
      started += line
      try:
        words = shlex.split(started, comments=True)
      except ValueError:  # a quotation goes on in the next line
        started += '\n'
        continue
      yield words
      started = ''


def _ours(name):
  """(program, its arguments) of each command that runs one of _PARSERS' programs."""
  for words in _commands(name):
    for place, word in enumerate(words):
      if word in _PARSERS:
        yield word, list(itertools.takewhile(lambda word: word not in ('&', '|', '>'), words[place + 1:]))
        break


@pytest.mark.parametrize('guide', _GUIDES)
def test_each_command_is_one_that_its_program_takes(guide):
  found = list(_ours(guide))
  for program, words in found:
    parsed = _PARSERS[program](words)  # exits where it does not
    if getattr(parsed, 'beam_flags', None):
      beam_runners.arguments(parsed.beam, parsed.beam_flags)
  assert found or guide == 'models/README.md'


def test_each_flag_of_beam_is_one_that_beam_takes():
  parser = pipeline_options._BeamArgumentParser(allow_abbrev=False)
  for options in pipeline_options.PipelineOptions.__subclasses__():
    options._add_argparse_args(parser)
  flags = [word.removeprefix('--beam-arg=') for _, words in _ours('docs/scale.md') for word in words
           if word.startswith('--beam-arg=')]
  assert len(flags) > 10
  # One that takes a number stands for a number of the reader's cores.
  assert not parser.parse_known_args([flag.replace('=CORES', '=4') for flag in flags])[1]


def test_python_in_the_guides_compiles():
  programs = [words[words.index('-c') + 1] for words in _commands('docs/kubeflow.md') if '-c' in words]
  assert len(programs) == 3
  for program in programs:
    compile(program, 'docs/kubeflow.md', 'exec')


def test_settings_in_the_guide_are_read(tmp_path):
  found = [block for block in _blocks('docs/kubeflow.md', 'yaml') if 'kind:' not in block]
  for block in found:
    (tmp_path / 'cluster.yaml').write_text(block)
    settings.read(tmp_path / 'cluster.yaml')
  assert len(found) == 1


def _manifests():
  for block in _blocks('docs/kubeflow.md', 'yaml'):
    if 'kind:' in block:
      yield from yaml.safe_load_all(block)
  yield from yaml.safe_load(_text('docs/flink.yaml'))['items']


def _shape(value):
  """Keys and lengths without the values: Kubernetes takes numbers as quantities, where its Python model has texts."""
  if isinstance(value, dict):
    return {key: _shape(inner) for key, inner in value.items()}
  return [_shape(inner) for inner in value] if isinstance(value, list) else None


def _as_kubernetes_reads_it(value, kind):
  """What the Python model of a kind keeps of a manifest: it drops what it does not know."""
  client = kubernetes.client.ApiClient()
  return client.sanitize_for_serialization(client.deserialize(types.SimpleNamespace(data=json.dumps(value)), kind))


def test_each_manifest_has_what_kubernetes_knows():
  kinds = []
  for manifest in _manifests():
    kinds.append(manifest['kind'])
    assert _shape(_as_kubernetes_reads_it(manifest, f'V1{kinds[-1]}')) == _shape(manifest)
  assert sorted(set(kinds)) == ['Deployment', 'PersistentVolumeClaim', 'Pod', 'Service']


def test_the_training_job_has_what_the_operator_reads():
  job = yaml.safe_load(_text('docs/tfjob.yaml'))
  assert (job['apiVersion'], job['kind']) == ('kubeflow.org/v1', 'TFJob')
  replicas = job['spec']['tfReplicaSpecs']
  assert set(replicas) == {'Chief', 'Worker', 'PS', 'Evaluator'}
  for replica in replicas.values():
    assert set(replica) == {'replicas', 'restartPolicy', 'template'}
    template = replica['template']
    assert _shape(_as_kubernetes_reads_it(template, 'V1PodTemplateSpec')) == _shape(template)
    container, = template['spec']['containers']
    assert container['name'] == 'tensorflow'  # the operator gives TF_CONFIG to the container of this name
    assert container['command'][:3] == ['python', '-m', 'models.training.distributed']
    assert distributed.parse(container['command'][3:]).settings == ['train_steps=2000']


@pytest.mark.parametrize('guide, others', [
    ('docs/kubeflow.md', ()), ('docs/scale.md', ('docs/flink.yaml', 'docs/tfjob.yaml'))])
def test_each_value_that_a_reader_must_supply_is_named(guide, others):
  rows = re.findall(r'^\| (`[A-Z_]+`(?:, `[A-Z_]+`)*)[^|]* \| ', _text(guide), re.M)
  named = {name for row in rows for name in re.findall('`([A-Z_]+)`', row)}
  texts = [*_blocks(guide, '', 'yaml'), *(re.sub('#.*', '', _text(name)) for name in others)]
  used = {word for text in texts for word in re.findall(r'(?<![\w$-])[A-Z][A-Z_]{2,}(?![\w])', text)} - _NO_VALUES
  assert used == named


def test_versions_are_those_of_the_lock():
  beam = re.search(r'^apache-beam==(\S+)', _text('requirements.lock'), re.M)[1]
  texts = '\n'.join(_text(f'docs/{name}') for name in ('scale.md', 'flink.yaml', 'worker.Dockerfile'))
  assert set(re.findall(r'apache/beam_\S+:(\S+)', texts)) == {beam}
  flink = set(re.findall(r'flink:?(\d\.\d+)', texts))
  assert len(flink) == 1 and flink <= set(pipeline_options.FlinkRunnerOptions.PUBLISHED_FLINK_VERSIONS)
  gpu = re.search(r'^gpu = \["(.*)"\]', _text('pyproject.toml'), re.M)[1]
  assert f"'{gpu}'" in _text('Dockerfile')
