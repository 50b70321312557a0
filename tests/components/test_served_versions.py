"""Which version a candidate is compared with, after pushes, rollbacks and deletions."""

import json
import shutil

import pytest

from components.versioned_pusher import push_and_rollback
from components.versioned_pusher import served_versions

BASELINE, BEST = served_versions.ROLES


@pytest.fixture(name='serving')
def _serving(tmp_path):
  return Serving(tmp_path)


class Serving:
  """A serving directory, pushed to as the pipeline does."""

  def __init__(self, top):
    self.destination, self._top = str(top / 'serving'), top

  def push(self, name, accuracy=0.9, keep=5, test='test 1', **manifest):
    """Push a model, with what it is compared with; returns the version's number."""
    model = self._top / name
    model.mkdir(exist_ok=True)
    (model / 'saved_model.pb').write_text(name)
    compared_with = {role: {'version': version.number, 'sha256': version.manifest['sha256']}
                     for role, version in self.compared(name, test).items()}
    return push_and_rollback.push(str(model), self.destination, {
        'model_uri': name, 'metrics': {'binary_accuracy': accuracy}, 'test': test,
        push_and_rollback.COMPARED_WITH: compared_with, **manifest}, lambda unused_copy: None, keep).number

  def roll_back(self, number):
    return push_and_rollback.roll_back(self.destination, number).number

  def compared(self, name, test='test 1'):
    """The versions to compare with, by role."""
    is_candidate = push_and_rollback.is_model(name, 'another SHA-256')
    found = {
        BASELINE: served_versions.reference_version(self.destination, is_candidate),
        BEST: served_versions.best_version(
            self.destination, is_candidate, lambda manifest: manifest.get('test') == test)}
    return {role: version for role, version in found.items() if version}

  def numbers(self, name, test='test 1'):
    return {role: version.number for role, version in self.compared(name, test).items()}

  def forget(self, key):
    """Remove a key from all manifests, as in those of an earlier release."""
    for version in push_and_rollback.list_versions(self.destination):
      manifest = {name: value for name, value in version.manifest.items() if name != key}
      (version.path / push_and_rollback.MANIFEST).write_text(json.dumps(manifest))


def test_the_first_model_is_compared_with_nothing(serving):
  assert serving.numbers('a') == {}
  serving.push('a')
  assert serving.numbers('a') == {}  # an unchanged second run


def test_the_served_version_is_the_baseline(serving):
  a = serving.push('a')
  assert serving.numbers('b') == {BASELINE: a, BEST: a}
  b = serving.push('b', 0.95)
  assert serving.numbers('c') == {BASELINE: b, BEST: b}


def test_an_unchanged_second_run_compares_with_the_same(serving):
  a = serving.push('a')
  b = serving.push('b')
  assert serving.numbers('b') == {BASELINE: a, BEST: a}
  a_again = serving.push('a')
  assert serving.numbers('a') == {BASELINE: b, BEST: b}
  assert serving.numbers('b')[BASELINE] == a_again


def test_after_a_rollback_the_older_one_is_the_baseline(serving):
  a = serving.push('a', 0.9)
  serving.push('b', 0.99)
  copy = serving.roll_back(a)
  assert serving.numbers('c') == {BASELINE: copy, BEST: copy}  # b was withdrawn, so it is not the best
  assert serving.numbers('a') == {}
  assert serving.numbers('b')[BASELINE] == copy


def test_small_drops_are_measured_against_the_best(serving):
  best = serving.push('a', 0.9)
  serving.push('b', 0.895)
  served = serving.push('c', 0.89)
  assert serving.numbers('d') == {BASELINE: served, BEST: best}


def test_the_best_counts_on_the_same_test_data_first(serving):
  a = serving.push('a', 0.99, test='test 1')
  b = serving.push('b', 0.8, test='test 2')
  assert serving.numbers('c', 'test 1')[BEST] == a and serving.numbers('c', 'test 2')[BEST] == b
  assert serving.numbers('c', 'test 3')[BEST] == a


def test_a_push_that_ignored_the_baseline_starts_anew(serving):
  serving.push('a', 0.99)
  worse = serving.push('b', 0.8, **{served_versions.IGNORED_BASELINE: True})
  assert serving.numbers('c') == {BASELINE: worse, BEST: worse}


def test_baseline_and_best_of_the_served_version_are_kept(serving):
  best = serving.push('a', 0.99, keep=1)
  for name in 'bcd':
    before = serving.numbers(name)
    assert before[BEST] == best
    serving.push(name, 0.9, keep=1)
    assert serving.numbers(name) == before
  found = [version.number for version in push_and_rollback.list_versions(serving.destination)]
  assert len(found) == 3 and found[0] == best


def test_versions_of_an_earlier_release_are_a_baseline(serving):
  a, b = serving.push('a'), serving.push('b')
  serving.forget(push_and_rollback.COMPARED_WITH)
  assert serving.numbers('c')[BASELINE] == b and serving.numbers('b')[BASELINE] == a
  serving.forget('metrics')
  assert serving.numbers('c') == {BASELINE: b}


def test_deleted_and_foreign_versions_are_no_dead_end(serving):
  a, b = serving.push('a'), serving.push('b')
  shutil.rmtree(f'{serving.destination}/{a}')
  assert serving.numbers('b') == {}
  (push_and_rollback.list_versions(serving.destination)[0].path / push_and_rollback.MANIFEST).unlink()
  assert serving.numbers('b') == {BASELINE: b}  # nothing says that it is b
