"""The app of a child process that serves one environment class; imported there only.

Which class it is stands in a variable that :class:`ProcessProvider` sets.
"""

import json
import os
from functools import reduce
from importlib import import_module
from typing import Any

from ...env_server.http_server import create_app
from .process_provider import SERVED_CLASS_VARIABLE


def _load(name: str) -> Any:
    module, _, qualified_name = name.partition(":")
    return reduce(getattr, qualified_name.split("."), import_module(module))


_served = {role: _load(name) for role, name in json.loads(os.environ[SERVED_CLASS_VARIABLE]).items()}

app = create_app(_served["env"], _served["action_cls"], _served["observation_cls"], state_cls=_served["state_cls"])
