"""Audits: whether the rows of now are those that were sealed, and if not, which differ and who accounts for it."""
