"""The one way the build gives up: a sentence for the person who ran pip."""


class BuildProblem(Exception):
    """Something the caller of the build can put right; its text says how."""
