"""Rows of the lake as they are sealed: a partition as it was at one instant, in key order."""

# A Parquet file, which others may have written, must not run code here when it is read (CVE-2023-47248).
import pyarrow_hotfix  # noqa: F401
