"""``openenv.yaml``: what an environment's directory says about itself."""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import OpenEnvError

MANIFEST_NAME: Final = "openenv.yaml"


class ManifestError(OpenEnvError, ValueError):
    """The directory holds no usable ``openenv.yaml``."""


class Manifest(BaseModel):
    """The keys of ``openenv.yaml``; further ones are kept."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)  # version: 0.1 is a number in YAML

    name: str = Field(min_length=1)
    spec_version: int = 1
    version: str | None = None
    description: str | None = None
    type: str = "space"
    runtime: str = "fastapi"
    app: str = "server.app:app"
    port: int = Field(default=8000, ge=0, le=65535)
    action: str | None = None
    observation: str | None = None
    variables: dict[str, Any] = Field(default_factory=dict)


def load_manifest(directory: str | Path) -> Manifest:
    """Read the manifest of an environment's directory.

    Raises:
        ManifestError: if there is none, or it is no mapping with the keys above.
    """
    path = Path(directory) / MANIFEST_NAME
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ManifestError(f"{directory} holds no {MANIFEST_NAME}: is it an environment's directory?") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ManifestError(f"{path} cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise ManifestError(f"{path} must be a mapping with at least the key 'name'")
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ManifestError(f"{path}: {problems}") from None
