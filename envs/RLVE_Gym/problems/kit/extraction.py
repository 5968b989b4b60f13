"""Finding the answer in what a model wrote."""

DEFAULT_MARKERS = ("<answer>", "</answer>")

_SPEAKERS = ("Assistant:", "<|im_start|>assistant")


def check_markers(markers: tuple[str, str] | list[str] | None) -> tuple[str, str]:
    """Returns the pair of markers (the default for None).

    Raises:
        ValueError: not two non-empty texts.
    """
    if markers is None:
        return DEFAULT_MARKERS
    if len(markers) != 2 or not all(isinstance(marker, str) and marker for marker in markers):
        raise ValueError(f"answer_markers must be two non-empty strings, not {markers!r}")
    return markers[0], markers[1]


def extract(output: str, markers: tuple[str, str]) -> str | None:
    """The text between the last pair of markers, None without a pair. Linear in the length of the output."""
    for speaker in _SPEAKERS:
        if speaker in output:
            output = output.split(speaker, 1)[1]
            break
    begin, end = markers
    answer, position = None, 0
    while (start := output.find(begin, position)) >= 0:
        stop = output.find(end, start + len(begin))
        if stop < 0:
            break
        answer = output[start + len(begin) : stop]
        position = stop + len(end)
    return answer
