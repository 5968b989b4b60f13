"""A ``docker`` command that stands in for an engine with a swarm: its services really start servers.

A service is one process: it runs a server per replica, and hands every new connection to the next of them.
"""

import sys

SWARM_DOCKER = f"""#!{sys.executable}
import asyncio, json, os, signal, socket, subprocess, sys, time
from pathlib import Path

state = Path(os.environ["FAKE_DOCKER_STATE"])
arguments = sys.argv[1:]
with open(state / "commands.jsonl", "a") as commands:
    commands.write(json.dumps(arguments) + "\\n")
verb = " ".join(arguments[: 2 if arguments[0] in ("service", "swarm", "network") else 1])
last = arguments[-1]

def record(name):
    return state / f"{{name}}.service"

def alive(pid):
    try:
        return Path(f"/proc/{{pid}}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False

async def balance(port, backends):
    turn = iter(range(10**9))
    async def pipe(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()
    async def connected(reader, writer):
        try:
            other = await asyncio.open_connection("127.0.0.1", backends[next(turn) % len(backends)])
        except OSError:
            return writer.close()
        await asyncio.gather(pipe(reader, other[1]), pipe(other[0], writer))
    async with await asyncio.start_server(connected, "127.0.0.1", port) as server:
        await server.serve_forever()

def serve(port, replicas):
    backends = []
    for _ in range(replicas):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            backends.append(sock.getsockname()[1])
    for backend in backends:
        subprocess.Popen([sys.executable, "-m", "openenv.core.env_server.run", os.environ["FAKE_APP"],
                          "--port", str(backend)])
    asyncio.run(balance(port, backends))

def create():
    options, rest = {{"--env": []}}, arguments[3:]
    assert arguments[2] == "--detach"
    while rest[0].startswith("-"):
        flag, value, *rest = rest
        options["--env"].append(value) if flag == "--env" else options.update({{flag: value}})
    image, name, port = rest[0], options["--name"], options["--publish"].removesuffix(":8000")
    if record(name).exists():
        sys.exit(f"Error response from daemon: name conflicts with an existing object: service {{name}} already exists")
    if (state / "taken-ports").exists() and (left := int((state / "taken-ports").read_text())) > 0:
        (state / "taken-ports").write_text(str(left - 1))
        sys.exit(f"Error response from daemon: port '{{port}}' is already in use by service 'other' as an ingress port")
    record(name).write_text(json.dumps({{"image": image, "pid": None}}))
    if image.startswith("refused"):
        sys.exit("Error response from daemon: refused")
    if image.split(":")[0] in ("missing", "broken", "nowhere"):
        return
    environment = {{**os.environ, **dict(pair.split("=", 1) for pair in options["--env"])}}
    log = open(state / f"{{name}}.log", "wb")
    process = subprocess.Popen([sys.executable, __file__, "--serve", port, options["--replicas"]],
                               env=environment, stdout=log, stderr=log, start_new_session=True)
    record(name).write_text(json.dumps({{"image": image, "pid": process.pid}}))

if verb == "--serve":
    serve(int(arguments[1]), int(arguments[2]))
elif verb == "version":
    print("27.0")
elif verb == "info":
    print((state / "swarm").read_text() if (state / "swarm").exists() else "inactive false")
elif verb == "swarm init":
    (state / "swarm").write_text("active true")
elif verb == "network inspect":
    if not (state / f"{{last}}.network").exists():
        sys.exit("No such network")
elif verb == "network create":
    (state / f"{{last}}.network").touch()
elif verb == "network rm":
    tries = state / "network-busy"
    if tries.exists():
        tries.unlink()
        sys.exit(f"Error response from daemon: network {{last}} is in use by task abc")
    (state / f"{{last}}.network").unlink()
elif verb == "service create":
    create()
elif verb == "service rm":
    pid = json.loads(record(last).read_text())["pid"] if record(last).exists() else sys.exit("no such service")
    if pid is not None:
        os.killpg(pid, signal.SIGTERM)
    record(last).rename(state / f"{{last}}.removed")
elif verb == "ps":
    path = state / f"{{last.rpartition('=')[2]}}.removed"
    pid = json.loads(path.read_text())["pid"] if path.exists() else None
    print("0123456789ab" if pid is not None and alive(pid) else "")
elif verb == "service ps":
    image = json.loads(record(last).read_text())["image"].split(":")[0]
    tasks = {{"missing": 'Ready 1 second ago\\t\\nRejected 1 second ago\\t"No such image: missing"\\n',
             "broken": 'Failed 2 seconds ago\\t"task: non-zero exit (7)"\\n',
             "nowhere": 'Pending 3 seconds ago\\t"no suitable node"\\n'}}
    print(2 * tasks.get(image, "Running 1 second ago\\t\\n"))
elif verb == "service logs":
    sys.stderr.write("the server has a problem\\n" if record(last).read_text().count("broken") else "")
else:
    sys.exit(f"unknown command {{verb}}")
"""
