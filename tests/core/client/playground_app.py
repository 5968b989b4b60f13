"""The playground's server."""

from openenv.core.env_server.http_server import create_app
from tests.core.client.playground import PlayAction, Playground, PlayObservation, PlayState

app = create_app(Playground, PlayAction, PlayObservation, state_cls=PlayState)
