"""A headless Chromium for tests of pages."""

import contextlib
import os
import shutil
import tempfile

from selenium import webdriver

_BROWSER = shutil.which('chromium') or shutil.which('google-chrome')
_DRIVER = shutil.which('chromedriver')
MISSING = not (_BROWSER and _DRIVER) and 'Chromium and ChromeDriver are not installed: apt-get install chromium-driver'
_FLAGS = ('--headless=new', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
          '--disable-component-update', '--disable-sync', '--force-color-profile=srgb')


@contextlib.contextmanager
def opened(width: int = 1100, height: int = 900):
  """A selenium driver, its profile empty; narrower than 500 pixels, it is a phone's."""
  options = webdriver.ChromeOptions()
  options.binary_location = _BROWSER
  with tempfile.TemporaryDirectory() as profile:
    for flag in (*_FLAGS, f'--window-size={width},{height}', f'--user-data-dir={profile}',
                 *(['--no-sandbox'] if os.geteuid() == 0 else [])):
      options.add_argument(flag)
    if width < 500:  # a window is at least as wide as that
      options.add_experimental_option(
          'mobileEmulation', {'deviceMetrics': {'width': width, 'height': height, 'pixelRatio': 2.0}})
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    driver = webdriver.Chrome(options, webdriver.ChromeService(_DRIVER))
    try:
      yield driver
    finally:
      driver.quit()


def prefer(driver, scheme: str) -> None:
  """Let pages know that the user prefers `light` or `dark`."""
  driver.execute_cdp_cmd(
      'Emulation.setEmulatedMedia', {'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})


def complaints(driver) -> list[str]:
  """What the page has logged as errors."""
  return [entry['message'] for entry in driver.get_log('browser') if entry['level'] == 'SEVERE']
