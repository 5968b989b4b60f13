"""Plain JSON data and text, from whatever environments return."""

import json
from typing import Any

from .types import ToolResult


def plain(value: Any) -> Any:
    """``value`` as JSON data: models and dataclasses become dicts, arrays lists, NaN and infinities None.

    Raises:
        TypeError: if something in it has no JSON form.
    """
    from ..wire import decode, encode

    return decode(encode(value))


def result_text(result: ToolResult) -> str:
    """What the model reads of a tool's result: text as it is, else JSON with sorted keys.

    Raises:
        TypeError: if the data has no JSON form.
    """
    if result.error is None:
        if isinstance(result.data, str):
            return result.data
        shown = plain(result.data)
    else:
        shown = {"error": result.error}
        if result.data is not None:
            shown["data"] = plain(result.data)
    return json.dumps(shown, sort_keys=True, ensure_ascii=False)
