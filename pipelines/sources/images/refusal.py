"""A file, or a line of the manifest, that is not taken; the others are."""


class RefusedError(Exception):
    """Why one is not taken: what, the value, what is allowed."""
