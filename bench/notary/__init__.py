"""What the notary costs, beside what others do with the same bytes."""

MEASURES = ("leaves", "tree", "partition", "memory", "proof", "gas", "night", "seal", "unchanged", "tessera")
"""Modules of this package, each of which yields its figures; imported one by one, so that one child has little."""

WHEN_ASKED: tuple[str, ...] = ()
"""Those that are measured only by their name."""

RUNS = 5
"""Times that each side is measured unless told."""
