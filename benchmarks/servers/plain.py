"""The plain echo, its step declared cheap."""

from benchmarks.servers.echo_environment import SESSIONS, CheapEchoEnvironment, EchoAction, EchoObservation
from openenv.core.env_server.http_server import create_app

app = create_app(CheapEchoEnvironment, EchoAction, EchoObservation, env_name="echo", max_concurrent_envs=SESSIONS)
