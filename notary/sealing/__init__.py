"""Seals of partitions: which are due, how one is made, and the leaves and salts that stay."""

# As in notary/lake.
import pyarrow_hotfix  # noqa: F401
