"""The server's pages: one to try the model, and the model card."""

import html
import pathlib

from starlette import routing
from starlette.exceptions import HTTPException
from starlette.responses import Response

from components.behaviour_validator import domain as domain_lib
from serving.server import versions as versions_lib

_FOLDER = pathlib.Path(__file__).parent
_KINDS = {'page.css': 'text/css', 'page.js': 'text/javascript'}
_DOMAIN_KEYS = 'question', 'prompt', 'example'  # what the page says of the model's domain
_CARD = pathlib.PurePath('assets.extra', 'model_card', 'model_card.html')  # where the Pusher writes it
_POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
           "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
# The card contains its style and pictures, and no scripts.
_CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def routes(versions: versions_lib.Versions, name: str) -> list[routing.Route]:
  """Return the paths of the pages.

  Args:
    versions: the model's versions; the card is that of the current one.
    name: the model's name in the paths of the API.

  Returns:
    The paths, each with a function that answers it.
  """
  template = (_FOLDER / 'page.html').read_text(encoding='utf-8').replace('{{ name }}', html.escape(name))
  default = domain_lib.load(domain_lib.DEFAULT).dict()
  files = {f'/{name}': _response((_FOLDER / name).read_text(encoding='utf-8'), kind) for name, kind in _KINDS.items()}

  async def page(unused_request):
    domain, content = {**default, **versions.current.manifest.get('domain', {})}, template
    for key in _DOMAIN_KEYS:
      content = content.replace(f'{{{{ {key} }}}}', html.escape(domain[key]))
    return _response(content, 'text/html')

  async def fixed(request):
    return files[request.url.path]

  async def card(unused_request):
    try:
      content = pathlib.Path(versions.current.path, _CARD).read_text(encoding='utf-8')
    except OSError as error:
      raise HTTPException(404, f'version {versions.current.version} has no model card') from error
    return _response(content, 'text/html', _CARD_POLICY)

  return [routing.Route('/', page), *(routing.Route(path, fixed) for path in files), routing.Route('/card', card)]


def _response(content: str, kind: str, policy: str = _POLICY) -> Response:
  return Response(content, headers={
      'Content-Security-Policy': policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-cache'}, media_type=f'{kind}; charset=utf-8')
