"""The plain echo as an author who declares nothing would serve it: each step runs on a thread."""

from benchmarks.servers.echo_environment import SESSIONS, EchoAction, EchoEnvironment, EchoObservation
from openenv.core.env_server.http_server import create_app

app = create_app(EchoEnvironment, EchoAction, EchoObservation, env_name="echo", max_concurrent_envs=SESSIONS)
