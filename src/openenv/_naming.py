"""Names by convention: what the commands make, and what is found by name."""


def class_prefix(name: str) -> str:
    """What the classes of an environment's package are called: ``my_game_env`` gives ``MyGame``."""
    return "".join(part.capitalize() for part in name.removesuffix("_env").split("_"))
