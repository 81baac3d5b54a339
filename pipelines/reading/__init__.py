"""Rows of the lake, read without the engines that wrote them: a partition as it was at one instant."""

# A Parquet file, which others may have written, must not run code here when it is read (CVE-2023-47248).
import pyarrow_hotfix  # noqa: F401
