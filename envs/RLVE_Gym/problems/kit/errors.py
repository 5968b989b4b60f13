"""What can go wrong with a problem, each thing with a type of its own."""


class GenerationError(RuntimeError):
    """No instance could be drawn for these parameters; the message says why."""


class ParameterError(ValueError):
    """A seed, level or parameter that the problem cannot start from."""


class UnknownProblem(LookupError):
    """No problem of this name, or none in this installation."""


class WrongFormat(ValueError):
    """An answer that does not follow its format; never leaves `Problem.verify`."""
