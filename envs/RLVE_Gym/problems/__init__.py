"""The problems of the gym as a library: no server needed, no problem imported until it is used.

    from RLVE_Gym import problems

    sorting = problems.get("Sorting")
    instance = sorting.generate(seed=0, level=3)
    print(sorting.prompt(instance))
    sorting.verify(instance, "<answer>1 2 3</answer>")

`docs/writing-a-problem.md` says how to add one.
"""

from .kit.errors import GenerationError, ParameterError, UnknownProblem
from .kit.instance import Instance, Parameter, Verdict
from .kit.problem import Problem
from .registry import Entry, catalogue, entry, families, find, get, kinds
from .rlve import identifier2controller, identifier2environment

__all__ = [
    "Entry",
    "GenerationError",
    "Instance",
    "Parameter",
    "ParameterError",
    "Problem",
    "UnknownProblem",
    "Verdict",
    "catalogue",
    "entry",
    "families",
    "find",
    "get",
    "identifier2controller",
    "identifier2environment",
    "kinds",
]
