"""How ``openenv init`` makes an environment: names, placeholders, and the template's files."""

import keyword
import random
import re
import secrets
import shutil
import sys
from pathlib import Path
from typing import Final

from .._naming import class_prefix

TEMPLATE: Final = Path(__file__).parent / "templates" / "openenv_env"
OUTPUT_DIRECTORIES: Final = ("outputs/logs", "outputs/evals")

_EMOJIS: Final = ("🎮", "🎯", "🎲", "🏆", "🐳", "📡", "🔮", "🕹️", "🚀", "🧩", "🧪", "🧭")
_COLORS: Final = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")

# What an environment's server, client and tests import, besides the standard library: a package of that name would
# hide it. "test" is the one package of the standard library that sys.stdlib_module_names leaves out.
_NEEDED: Final = {
    "anyio",
    "click",
    "fastapi",
    "httptools",
    "httpx",
    "openenv",
    "openenv_core",
    "orjson",
    "pydantic",
    "pytest",
    "rich",
    "starlette",
    "test",
    "typer",
    "uvicorn",
    "uvloop",
    "websockets",
    "yaml",
}


def check_name(name: str) -> None:
    """See to it that ``name`` can be the name of a package.

    Raises:
        ValueError: saying why it cannot.
    """
    import yaml  # not for the help

    if not name:
        raise ValueError("the name must not be empty")
    if name[0].isdigit():
        raise ValueError(f"{name!r} starts with a digit: a Python package cannot")
    if not name.isidentifier() or not name.isascii():
        raise ValueError(f"{name!r} is not a valid Python identifier: use ASCII letters, digits and underscores")
    if keyword.iskeyword(name):
        raise ValueError(f"{name!r} is a keyword of Python")
    if name in _NEEDED or name in sys.stdlib_module_names:
        raise ValueError(f"{name!r} would hide the Python module of that name: try {name}_env")
    if name.startswith("_") or name.endswith("_"):
        raise ValueError(f"{name!r} starts or ends with an underscore: distributions and images cannot")
    if yaml.safe_load(name) != name:
        raise ValueError(f"{name!r} is no text in openenv.yaml: try {name}_env")


def image_name(name: str) -> str:
    """What the container image of the environment ``name`` is called."""
    return f"openenv-{re.sub('_+', '_', name).removesuffix('_env').lower()}"


def placeholders(name: str) -> dict[str, str]:
    """What each placeholder of the template stands for."""
    parts = [part for part in name.split("_") if part]
    chance = random.Random()
    return {
        "__ENV_NAME__": name,
        "__ENV_CLASS_NAME__": class_prefix(name),
        "__ENV_TITLE_NAME__": " ".join(part.capitalize() for part in parts),
        "__ENV_CAMEL_NAME__": parts[0].lower() + "".join(part.capitalize() for part in parts[1:]),
        "__ENV_IMAGE_NAME__": image_name(name),
        "__HF_EMOJI__": chance.choice(_EMOJIS),
        "__HF_COLOR_FROM__": chance.choice(_COLORS),
        "__HF_COLOR_TO__": chance.choice(_COLORS),
    }


def create_environment(name: str, target: Path) -> list[Path]:
    """Make the environment ``name`` in ``target``: the whole of it, or nothing.

    Returns:
        The files made, relative to ``target``.

    Raises:
        OSError: if it cannot be written; nothing is left behind then.
    """
    values = placeholders(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    staging = target.with_name(f".{name}.{secrets.token_hex(4)}")
    staging.mkdir()
    try:
        files = [_render(source, staging, values) for source in _template_files()]
        for directory in OUTPUT_DIRECTORIES:
            (staging / directory).mkdir(parents=True)
        if target.exists():
            target.rmdir()  # an empty directory that was there before
        staging.rename(target)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return [file.relative_to(staging) for file in files]


def _template_files() -> list[Path]:
    """The template's files, without what running Python leaves beside them."""
    return sorted(
        path
        for path in TEMPLATE.rglob("*")
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts
    )


def _render(source: Path, directory: Path, values: dict[str, str]) -> Path:
    file = directory / _fill(source.relative_to(TEMPLATE).as_posix(), values)
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(_fill(source.read_text(encoding="utf-8"), values))
    return file


def _fill(text: str, values: dict[str, str]) -> str:
    return re.sub("|".join(map(re.escape, values)), lambda match: values[match[0]], text)
