"""The image of the packages' steps."""

import pathlib
from typing import NamedTuple

import pytest

from tests.kubeflow import image as image_lib


class Place(NamedTuple):
  """Where packages run.

  Attributes:
    image: of all steps.
    v1, v2: the only directories that steps may write to, those of a package of each version.
  """

  image: image_lib.Image
  v1: pathlib.Path
  v2: pathlib.Path


@pytest.fixture(scope='session', name='place')
def _place(tmp_path_factory):
  top = tmp_path_factory.mktemp('packages')
  return Place(image_lib.Image(top / 'image', top / 'v1', top / 'v2'), top / 'v1', top / 'v2')
