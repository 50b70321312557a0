"""Which pushed version a candidate is compared with: the one that is served, and the best of those kept.

Whether a manifest is that of the candidate is for the caller to say, by a function of the manifest: a Trainer's output
is compared by `push_and_rollback.is_model`, a check of data before the training by what it knows of the data. Needs the
standard library only.
"""

from typing import Any, Callable, Mapping, Optional

from components.versioned_pusher import push_and_rollback

Manifest = Mapping[str, Any]
IsCandidate = Callable[[Manifest], bool]
BASELINE, BEST = ROLES = ('baseline', 'best')  # keys of a manifest's COMPARED_WITH
TEST_HASH = 'test_hash'  # key of the manifest: of the reviews on which `metrics` were measured
# Key of the manifest: true if the version was pushed with --ignore-baseline.
IGNORED_BASELINE = 'ignored_baseline'


def reference_version(destination: str, is_candidate: IsCandidate) -> Optional[push_and_rollback.Version]:
  """Return the version to compare a candidate with: the one that is served, after all pushes and rollbacks.

  If that is the candidate itself, as in an unchanged second run, it is the one that the candidate was compared with
  when it was pushed, and so on: the comparison stays the same, and its results can be reused.

  Args:
    destination: the directory that servers watch.
    is_candidate: whether a manifest is that of the candidate.

  Returns:
    The version; None if nothing was pushed, or if the candidate was compared with none, or with one that was deleted.
  """
  versions = push_and_rollback.list_versions(destination)
  found = versions[-1] if versions else None
  seen: list[int] = []
  while found and is_candidate(found.manifest) and found.number not in seen:
    seen.append(found.number)
    found = _recorded_baseline(versions, found)
  return None if found and found.number in seen else found


def _recorded_baseline(versions: list[push_and_rollback.Version],
                       version: push_and_rollback.Version) -> Optional[push_and_rollback.Version]:
  """Return the version that another one was compared with; the one before it if that was not recorded."""
  if push_and_rollback.COMPARED_WITH not in version.manifest:
    return max((other for other in versions if other.number < version.number), default=None)
  return push_and_rollback.find_recorded(versions, version.manifest[push_and_rollback.COMPARED_WITH].get(BASELINE))


def best_version(destination: str, is_candidate: IsCandidate,
                 is_same_test: Callable[[Manifest], bool]) -> Optional[push_and_rollback.Version]:
  """Return the kept version with the best accuracy on test, other than the candidate.

  Small drops from one version to the next would otherwise add up. Versions that a rollback withdrew do not count, and
  neither do those before a push with --ignore-baseline.

  Args:
    destination: the directory that servers watch.
    is_candidate: whether a manifest is that of the candidate.
    is_same_test: whether a manifest's accuracy was measured on the test data of this run. Other versions count only if
      none was: accuracies on different data cannot be compared.

  Returns:
    The version, the newest of those that are equally good; None if there is none.
  """
  versions = push_and_rollback.list_versions(destination)
  withdrawn = {other.get('sha256') for other in versions[-1].manifest.get('withdrawn', ())} if versions else set()
  start = max((index for index, version in enumerate(versions) if version.manifest.get(IGNORED_BASELINE)), default=0)
  kept = [version for version in versions[start:]
          if accuracy(version) is not None and version.manifest.get('sha256') not in withdrawn
          and not is_candidate(version.manifest)]
  same = [version for version in kept if is_same_test(version.manifest)]
  return max(same or kept, key=lambda version: (accuracy(version) or 0, version.number), default=None)


def accuracy(version: push_and_rollback.Version) -> Optional[float]:
  """Return the accuracy on test that was measured before the push; None if it was not recorded."""
  return (version.manifest.get('metrics') or {}).get('binary_accuracy')
