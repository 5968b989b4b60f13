"""How to start the server of an image in a sandbox that does not run the image's own command."""

import os
import shlex
from collections.abc import Callable
from typing import Final

import yaml

from ...errors import ServerStartError
from ...manifest import MANIFEST_NAME, Manifest

_FIND: Final = f"find {{}} -xdev -maxdepth 4 -name {MANIFEST_NAME} -not -path '*/site-packages/*' 2>/dev/null"
_HERE: Final = _FIND.format('"$PWD"')
_ELSEWHERE: Final = _FIND.format("/app /workspace /home /root /opt /srv")


def server_command(run: Callable[[str], str], port: int) -> str:
    """The shell command that serves the ``app`` of the sandbox's ``openenv.yaml``, from that file's directory.

    The file is looked for in the working directory, then where images put environments; the outermost is taken.

    Args:
        run: runs a shell command in the sandbox and returns its output.
        port: that the server is to listen on.

    Raises:
        ServerStartError: if there is no usable ``openenv.yaml``.
    """
    paths = [path for path in run(f"{_HERE} | grep . || {_ELSEWHERE}").splitlines() if path.startswith("/")]
    if not paths:
        raise ServerStartError(f"there is no {MANIFEST_NAME} in the sandbox: give the provider a cmd")
    path = min(paths, key=lambda path: path.count("/"))
    try:
        app = Manifest.model_validate(yaml.safe_load(run(f"cat {shlex.quote(path)}"))).app
    except (yaml.YAMLError, ValueError) as error:
        raise ServerStartError(f"the sandbox's {path} is no manifest: give the provider a cmd ({error})") from error
    directory = shlex.quote(os.path.dirname(path))
    return f"cd {directory} && python3 -m uvicorn {shlex.quote(app)} --host 0.0.0.0 --port {port}"
