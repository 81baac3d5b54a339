"""The error of this room."""


class ModelError(Exception):
    """Something that a model was asked for cannot be done.

    Attributes:
        message: What is wrong, the value, and what is allowed.
        hint: The command to run next.
        exit_code: 1 if it failed, 2 if it was asked for wrongly.
    """

    def __init__(self, message: str, *, hint: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
