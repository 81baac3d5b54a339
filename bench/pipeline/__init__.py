"""How fast the pipeline and its answers are, beside the same job without tables, a plain job of Spark, plain DuckDB."""

MEASURES = ("throughput", "freshness", "produce", "start", "setup", "scaling", "queries")
"""Modules of this package, each of which yields its figures."""

WHEN_ASKED: tuple[str, ...] = ("setup", "scaling", "queries")
"""Those that are measured only by their name."""

RUNS = 3
"""Times that each side is measured unless told."""
