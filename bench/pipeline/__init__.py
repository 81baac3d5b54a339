"""How fast the pipeline is, beside the same job without its tables and beside a plain job of Spark."""

MEASURES = ("throughput", "freshness", "produce", "start", "setup", "scaling")
"""Modules of this package, each of which yields its figures."""

WHEN_ASKED: tuple[str, ...] = ("setup", "scaling")
"""Those that are measured only by their name."""

RUNS = 3
"""Times that each side is measured unless told."""
