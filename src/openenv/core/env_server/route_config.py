"""Further GET routes for an environment's app, declared as data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI


@dataclass(frozen=True)
class GetEndpointConfig:
    """One GET route."""

    path: str
    handler: Callable[..., Any]
    response_model: Any
    tag: str
    summary: str
    description: str


def register_get_endpoints(app: FastAPI, configs: Sequence[GetEndpointConfig]) -> None:
    """Put the routes on ``app``."""
    for config in configs:
        app.get(
            config.path,
            response_model=config.response_model,
            tags=[config.tag],
            summary=config.summary,
            description=config.description,
        )(config.handler)
