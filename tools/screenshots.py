"""Takes the screenshots of docs/images: the report of a run, and TensorBoard.

  .venv/bin/python -m tools.screenshots [OUTPUT_DIR]

Needs Chromium and ChromeDriver (apt-get install chromium-driver), and an output directory with at least one run.
"""

import argparse
import base64
import contextlib
import io
import pathlib
import subprocess
import sys
import time
from typing import Iterator, Optional
import urllib.error
import urllib.request

from PIL import Image
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support import wait

from pipeline.engines import processes as processes_lib
from tests import browser

_IMAGES = pathlib.Path(__file__).resolve().parents[1] / 'docs' / 'images'
_WIDTH, _HEIGHT = 1100, 1560  # pixels
_TIMEOUT_S = 90
_DRAWING_S = 5  # TensorBoard draws the curves one after another
_COLOURS = 128


def parse(argv: Optional[list[str]] = None) -> argparse.Namespace:
  """Parse the command line."""
  parser = argparse.ArgumentParser(
      prog='python -m tools.screenshots', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
  parser.add_argument(
      'output_dir', nargs='?', type=pathlib.Path, default=pathlib.Path('output'), metavar='OUTPUT_DIR',
      help='(default: output)')
  return parser.parse_args(argv)


def take_report(output_dir: pathlib.Path) -> None:
  """Write report.png, the top of the newest report, and report-mistakes.png, its words and errors in dark mode."""
  page = max((output_dir / 'reports').glob('*-*.html'), key=lambda path: path.stat().st_mtime)
  with browser.opened(_WIDTH) as driver:
    driver.get(page.absolute().as_uri())
    _save(driver, 'report.png', 0, _HEIGHT)
    browser.prefer(driver, 'dark')
    top = driver.find_element(By.ID, 'words').location['y'] - 20
    _save(driver, 'report-mistakes.png', top, _HEIGHT - 300)


def take_tensorboard(output_dir: pathlib.Path) -> None:
  """Write tensorboard.png: the training curves of the models."""
  with _run_tensorboard(output_dir) as address, browser.opened(_WIDTH + 300) as driver:
    driver.get(f'{address}/#timeseries')
    wait.WebDriverWait(driver, _TIMEOUT_S).until(
        lambda _: driver.find_elements(By.CSS_SELECTOR, 'scalar-card svg path'))
    time.sleep(_DRAWING_S)
    _save(driver, 'tensorboard.png', 0, 730)


@contextlib.contextmanager
def _run_tensorboard(output_dir: pathlib.Path) -> Iterator[str]:
  """Run TensorBoard on an output directory as `make tensorboard` does; yields its address."""
  address = f'http://127.0.0.1:{processes_lib.free_port()}'
  command = [sys.executable, '-m', 'pipeline.tensorboard', '--output-dir', str(output_dir), '--load_fast', 'false',
             '--port', address.rpartition(':')[2]]
  with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    try:
      for _ in range(_TIMEOUT_S):
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address):
          break
        time.sleep(1)
      yield address
    finally:
      process.terminate()


def _save(driver: webdriver.Chrome, name: str, top: float, height: int) -> None:
  """Save a full-width part of the page as a PNG with a small palette."""
  width = driver.execute_script('return window.innerWidth')
  clip = {'x': 0, 'y': top, 'width': width, 'height': height, 'scale': 1}
  shot = driver.execute_cdp_cmd('Page.captureScreenshot', {'clip': clip, 'captureBeyondViewport': True})
  image = Image.open(io.BytesIO(base64.b64decode(shot['data']))).convert('RGB')
  _IMAGES.mkdir(exist_ok=True)
  path = _IMAGES / name
  image.quantize(_COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
  print(f'{path}: {path.stat().st_size // 1024} KB')


def main(argv: Optional[list[str]] = None) -> int:
  """Return the exit code."""
  arguments = parse(argv)
  if browser.MISSING:
    print(f'tools.screenshots: {browser.MISSING}', file=sys.stderr)
    return 1
  if not any((arguments.output_dir / 'reports').glob('*-*.html')):
    print(f'tools.screenshots: {arguments.output_dir}: no report here; run local_runner.py first', file=sys.stderr)
    return 1
  take_report(arguments.output_dir)
  take_tensorboard(arguments.output_dir)
  return 0


if __name__ == '__main__':
  sys.exit(main())
