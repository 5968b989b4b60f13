"""JSON on the wire: one decoder and one encoder, for server and client alike.

Decoding is exact for integers of any size (up to Python's own digit limit) and refuses the literals NaN and Infinity.
Encoding turns NaN and infinities into ``null``, NumPy arrays and scalars into lists and numbers, tuples into
lists and models into objects.
"""

import dataclasses
from typing import Any

import orjson
import pydantic_core

_OPTIONS = orjson.OPT_SERIALIZE_NUMPY


def decode(data: str | bytes | bytearray) -> Any:
    """Parse one JSON document.

    Raises:
        ValueError: if ``data`` is not JSON, nests deeper than about 200 levels, or holds NaN or an infinity.
    """
    return pydantic_core.from_json(data, allow_inf_nan=False)


def encode(value: Any) -> bytes:
    """Serialize ``value`` as compact UTF-8 JSON.

    Raises:
        TypeError: if something in ``value`` has no JSON form.
    """
    try:
        return orjson.dumps(value, _plain, _OPTIONS)
    except TypeError:
        return _encode_uncommon(value)


def _encode_uncommon(value: Any) -> bytes:
    """Encode what orjson refuses at its fastest: keys that are no text, integers beyond 64 bits, or nonsense."""
    try:
        return orjson.dumps(value, _plain, _OPTIONS | orjson.OPT_NON_STR_KEYS)
    except TypeError as error:
        if error.__cause__ is not None:  # a value that _plain refuses
            raise TypeError(f"cannot be serialized as JSON: {error.__cause__}") from error
        # orjson stops at 64-bit integers; the slower encoder does not.
        try:
            return pydantic_core.to_json(value, inf_nan_mode="null", fallback=_plain)
        except (ValueError, TypeError) as reason:
            raise TypeError(f"cannot be serialized as JSON: {reason}") from error


def _plain(value: Any) -> Any:
    """The JSON-ready form of a value the encoders do not know."""
    if isinstance(value, type):
        raise TypeError(f"the class {value.__name__} is not JSON-serializable")
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump()
    to_list = getattr(value, "tolist", None)  # NumPy arrays of any dtype and order, NumPy scalars, tensors
    if to_list is not None:
        return to_list()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    if isinstance(value, set | frozenset):
        return sorted(value, key=repr)
    if isinstance(value, bytes | bytearray):
        raise TypeError("bytes have no JSON form; encode them first, for example as base64 text")
    raise TypeError(f"{type(value).__name__} is not JSON-serializable")
