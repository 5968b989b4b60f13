"""The ``openenv`` command.

Commands are imported when they are used. A package adds one of its own with an entry point, and the framework need
not know it::

    [project.entry-points."openenv.commands"]
    problems = "RLVE_Gym.cli:app"       # a typer.Typer, or a plain function with typer's annotations

Listing the commands reads the entry point's name and the summary of its distribution; the package itself is imported
when the command runs.
"""
