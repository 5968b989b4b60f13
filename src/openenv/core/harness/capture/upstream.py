"""The sampling of a model whose tokens are trained on."""

import math
from collections.abc import Mapping
from typing import Any, Final

# What changes nothing; first the value that is sent, then others that mean the same.
_NEUTRAL: Final[dict[str, tuple[float | int, ...]]] = {
    "top_p": (1.0,),
    "top_k": (-1, 0),
    "min_p": (0.0,),
    "frequency_penalty": (0.0,),
    "presence_penalty": (0.0,),
    "repetition_penalty": (1.0,),
}


def training_sampling(sampling: Mapping[str, Any] | None) -> dict[str, float | int]:
    """The sampling parameters to send for turns that are trained on, every one of them written out.

    Only a temperature is allowed. Whatever cuts or bends the distribution otherwise would make the
    log-probabilities that come back those of another policy than the one that is trained.

    Args:
        sampling: ``temperature``, and parameters that must be neutral: ``top_p``, ``top_k``, ``min_p``,
            ``frequency_penalty``, ``presence_penalty``, ``repetition_penalty``. None asks for no particular one.

    Returns:
        All seven parameters; nothing for None.

    Raises:
        ValueError: for another parameter, one that is not neutral, or a temperature that is not above 0.
    """
    if sampling is None:
        return {}
    unknown = sorted(set(sampling) - {"temperature", *_NEUTRAL})
    if unknown:
        raise ValueError(f"training sampling does not know {', '.join(unknown)}: leave it out")
    temperature = _number("temperature", sampling.get("temperature"))
    if not (math.isfinite(temperature) and temperature > 0):
        raise ValueError(f"training sampling needs a finite temperature above 0, not {temperature}")
    sent: dict[str, float | int] = {"temperature": float(temperature)}
    for name, neutral in _NEUTRAL.items():
        value = _number(name, sampling.get(name, neutral[0]))
        if value not in neutral:
            raise ValueError(f"training sampling needs {name}={neutral[0]}, not {value}: it would change the policy")
        sent[name] = neutral[0]
    return sent


def _number(name: str, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"training sampling needs a number for {name}, not {value!r}")
    return value
