"""How fast a detector answers for the photographs of the lake, beside PyTorch alone."""

MEASURES = ("answers",)
"""Modules of this package, each of which yields its figures."""

WHEN_ASKED: tuple[str, ...] = ()
"""Those that are measured only by their name."""

RUNS = 5
"""Times that each side is measured unless told."""
