"""The business database: its tables, their first rows, and what changes in them."""

from pipelines.sources.business.changes import ChangeSummary, apply_changes
from pipelines.sources.business.churn import ChurnSummary, churn
from pipelines.sources.business.seed import seed_database

__all__ = ["ChangeSummary", "ChurnSummary", "apply_changes", "churn", "seed_database"]
