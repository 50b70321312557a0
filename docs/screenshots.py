"""Takes the README's pictures of pages, with a headless Chromium, from a run that local_runner.py has left:

  .venv/bin/python -m docs.screenshots [OUTPUT_DIR]

Needs what tests/browser.py needs: apt-get install chromium-driver.
"""

import base64
import contextlib
import io
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from PIL import Image
from selenium.webdriver.common.by import By
from selenium.webdriver.support import wait

from tests import browser

_FOLDER = pathlib.Path(__file__).parent / 'images'
_WIDTH, _HEIGHT = 1100, 1560
_PATIENCE_S = 90


def report(output_dir: pathlib.Path) -> None:
  """Writes report.png, the top of the latest run's report, and report-mistakes.png, its reviews by night."""
  page = max((output_dir / 'reports').glob('*-*.html'), key=lambda path: path.stat().st_mtime)
  with browser.opened(_WIDTH) as driver:
    driver.get(page.absolute().as_uri())
    _save(driver, 'report.png', 0, _HEIGHT)
    browser.prefer(driver, 'dark')
    top = driver.find_element(By.ID, 'words').location['y'] - 20
    _save(driver, 'report-mistakes.png', top, _HEIGHT - 300)


def tensorboard(output_dir: pathlib.Path) -> None:
  """Writes tensorboard.png: the curves of the trainings."""
  with _serving(output_dir) as address, browser.opened(_WIDTH + 300) as driver:
    driver.get(f'{address}/#timeseries')
    wait.WebDriverWait(driver, _PATIENCE_S).until(
        lambda _: driver.find_elements(By.CSS_SELECTOR, 'scalar-card svg path'))
    time.sleep(5)  # the curves are drawn one after another
    _save(driver, 'tensorboard.png', 0, 730)


@contextlib.contextmanager
def _serving(output_dir: pathlib.Path):
  """The TensorBoard of an output directory, as `make tensorboard` opens it; gives its address."""
  with socket.socket() as free:
    free.bind(('127.0.0.1', 0))
    address = f'http://127.0.0.1:{free.getsockname()[1]}'
  command = [sys.executable, '-m', 'pipeline.tensorboard', '--output-dir', str(output_dir), '--load_fast', 'false',
             '--port', address.rpartition(':')[2]]
  with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
    try:
      for _ in range(_PATIENCE_S):
        with contextlib.suppress(urllib.error.URLError), urllib.request.urlopen(address):
          break
        time.sleep(1)
      yield address
    finally:
      process.terminate()


def _save(driver, name: str, top: float, height: int) -> None:
  width = driver.execute_script('return window.innerWidth')
  clip = {'x': 0, 'y': top, 'width': width, 'height': height, 'scale': 1}
  taken = driver.execute_cdp_cmd('Page.captureScreenshot', {'clip': clip, 'captureBeyondViewport': True})
  picture = Image.open(io.BytesIO(base64.b64decode(taken['data']))).convert('RGB')
  _FOLDER.mkdir(exist_ok=True)
  picture.quantize(128, dither=Image.Dither.NONE).save(_FOLDER / name, optimize=True)
  print(f'{_FOLDER / name}: {os.path.getsize(_FOLDER / name) // 1024} KB')


def main(output_dir: str = 'output') -> None:
  """Takes all of them."""
  if browser.MISSING:
    sys.exit(browser.MISSING)
  report(pathlib.Path(output_dir))
  tensorboard(pathlib.Path(output_dir))


if __name__ == '__main__':
  main(*sys.argv[1:])
