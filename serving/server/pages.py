"""What the server has for people: a page to try the model out, and the model's card."""

import html
import pathlib

from starlette import routing
from starlette.exceptions import HTTPException
from starlette.responses import Response

_FOLDER = pathlib.Path(__file__).parent
_KINDS = {'page.css': 'text/css', 'page.js': 'text/javascript'}
_CARD = pathlib.PurePath('assets.extra', 'model_card', 'model_card.html')  # where the Pusher puts it
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
# The card has its style and pictures in it, and runs nothing.
_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def routes(versions, name: str) -> list[routing.Route]:
  """The paths of the pages.

  Args:
    versions: versions.Versions, for the card of the version that is served.
    name: the model's, in the API's paths.
  """
  page = (_FOLDER / 'page.html').read_text(encoding='utf-8').replace('{{ name }}', html.escape(name))
  files = {'/': _response(page, 'text/html'),
           **{f'/{file}': _response((_FOLDER / file).read_text(encoding='utf-8'), kind) for file, kind in _KINDS.items()}}

  async def fixed(request):
    return files[request.url.path]

  async def card(unused_request):
    try:
      content = pathlib.Path(versions.current.path, _CARD).read_text(encoding='utf-8')
    except OSError as error:
      raise HTTPException(404, f'version {versions.current.version} has no model card') from error
    return _response(content, 'text/html', _CARD_POLICY)

  return [*(routing.Route(path, fixed) for path in files), routing.Route('/card', card)]


def _response(content: str, kind: str, policy: str = _POLICY) -> Response:
  return Response(content, headers={
      'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-cache'}, media_type=f'{kind}; charset=utf-8')
