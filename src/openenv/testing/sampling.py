"""Sample values for a JSON Schema, for environments whose caller names no actions."""

import json
import random
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from openenv.core.env_server.mcp_types import CallToolAction, Tool
from openenv.core.env_server.types import Action

from .report import ActionSamplingError

_HINT = "pass action=, actions= or action_factory= with actions this environment takes"
_MAX_DEPTH = 8


def sample_actions(action_cls: type[Action], count: int) -> list[Action]:
    """``count`` actions made from the model's schema: its examples first, then values that fit; reproducible.

    Raises:
        ActionSamplingError: if the schema does not say enough to make one.
    """
    schema = action_cls.model_json_schema()
    examples = [example for example in schema.get("examples", []) if isinstance(example, dict)]
    rng = random.Random(0)
    return [
        _validated(action_cls, examples[i] if i < len(examples) else sample(schema, rng, action_cls.__name__))
        for i in range(count)
    ]


def sample_tool_calls(tools: list[Tool], count: int) -> Iterator[CallToolAction]:
    """``count`` calls of the tools in turn, with arguments that fit their schemas.

    Raises:
        ActionSamplingError: if there is no tool, or a schema does not say enough.
    """
    if not tools:
        raise ActionSamplingError(f"the environment lists no tools: {_HINT}")
    rng = random.Random(0)
    for index in range(count):
        tool = tools[index % len(tools)]
        arguments = sample(tool.input_schema, rng, tool.name)
        yield CallToolAction(tool_name=tool.name, arguments=arguments)


def _validated(model: type[BaseModel], data: Any) -> Any:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise ActionSamplingError(
            f"{json.dumps(data)}, made from the schema of {model.__name__}, does not fit it "
            f"({error.errors()[0]['msg']}): {_HINT}"
        ) from None


def sample(schema: dict[str, Any], rng: random.Random, name: str = "value") -> Any:
    """A value that fits ``schema``; of an object, the required fields only.

    Args:
        name: what the value is called in errors.

    Raises:
        ActionSamplingError: for what cannot be made, such as text that matches a pattern.
    """
    return _Sampler(schema.get("$defs", {}), rng, name).value(schema, name, 0)


class _Sampler:
    def __init__(self, definitions: dict[str, Any], rng: random.Random, name: str) -> None:
        self._definitions = definitions
        self._rng = rng
        self._name = name

    def value(self, schema: dict[str, Any], path: str, depth: int) -> Any:
        if depth > _MAX_DEPTH:
            raise self._cannot(path, "refers to itself without an end")
        if "$ref" in schema:
            target = self._definitions.get(schema["$ref"].rpartition("/")[2])
            if target is None:
                raise self._cannot(path, f"refers to {schema['$ref']}, which is missing")
            return self.value(target, path, depth + 1)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return self._rng.choice(schema["enum"])
        if schema.get("examples"):
            return self._rng.choice(schema["examples"])
        if len(schema.get("allOf", ())) == 1:
            return self.value(schema["allOf"][0], path, depth + 1)
        for union in ("anyOf", "oneOf"):
            if schema.get(union):
                return self._one_of(schema[union], path, depth)
        kind = schema.get("type")
        if isinstance(kind, list):
            return self._one_of([{**schema, "type": each} for each in kind], path, depth)
        maker = getattr(self, f"_{kind}", None) if isinstance(kind, str) else None
        if maker is None:
            if "default" in schema:
                return schema["default"]
            raise self._cannot(path, "does not say of what type it is")
        return maker(schema, path, depth)

    def _one_of(self, options: list[dict[str, Any]], path: str, depth: int) -> Any:
        # null is rarely what an environment acts on; the first other option is usually the plain one
        real = [option for option in options if option.get("type") != "null"]
        return self.value(real[0], path, depth + 1) if real else None

    def _object(self, schema: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        return {
            name: self.value(properties.get(name, {}), f"{path}.{name}", depth + 1)
            for name in schema.get("required", ())
        }

    def _array(self, schema: dict[str, Any], path: str, depth: int) -> list[Any]:
        fixed = [self.value(each, f"{path}[{i}]", depth + 1) for i, each in enumerate(schema.get("prefixItems", ()))]
        missing = schema.get("minItems", 0 if fixed else 1) - len(fixed)
        missing = min(missing, schema.get("maxItems", missing))
        items = schema.get("items", {})
        return fixed + [self.value(items, f"{path}[]", depth + 1) for _ in range(missing)]

    def _string(self, schema: dict[str, Any], path: str, depth: int) -> str:
        if "pattern" in schema or "format" in schema:
            raise self._cannot(path, f"is text that must match {schema.get('pattern', schema.get('format'))!r}")
        shortest = schema.get("minLength", 0)
        length = max(shortest, min(self._rng.randint(1, 8), schema.get("maxLength", 8)))
        return "".join(self._rng.choice("abcdefgh") for _ in range(length))

    def _integer(self, schema: dict[str, Any], path: str, depth: int) -> int:
        low, high = self._range(schema, 1)
        step = schema.get("multipleOf", 1)
        first = -(-low // step) * step
        if first > high:
            raise self._cannot(path, "has an empty range")
        return int(first + step * self._rng.randint(0, int((high - first) // step)))

    def _number(self, schema: dict[str, Any], path: str, depth: int) -> float:
        low, high = self._range(schema, 0)
        value = self._rng.uniform(low, high)
        if value in (schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")):
            value = (low + high) / 2
        return value

    def _range(self, schema: dict[str, Any], open_step: int) -> tuple[Any, Any]:
        lows = [schema[key] + step for key, step in (("minimum", 0), ("exclusiveMinimum", open_step)) if key in schema]
        highs = [schema[key] - step for key, step in (("maximum", 0), ("exclusiveMaximum", open_step)) if key in schema]
        low = max(lows) if lows else (min(0, min(highs)) if highs else 0)
        return low, (min(highs) if highs else low + 3)

    def _boolean(self, schema: dict[str, Any], path: str, depth: int) -> bool:
        return self._rng.random() < 0.5

    def _null(self, schema: dict[str, Any], path: str, depth: int) -> None:
        return None

    def _cannot(self, path: str, why: str) -> ActionSamplingError:
        return ActionSamplingError(f"no sample action can be made for {self._name}: {path} {why}: {_HINT}")
