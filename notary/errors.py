"""The error that every refusal of this room raises."""


class NotaryError(Exception):
    """Nothing can be sealed, anchored, proven or audited as asked.

    Args:
        message: What is wrong, the value, and what is allowed.
        hint: The next command or step.
        exit_code: 1 a check failed, 2 wrong usage or setting, 3 a service is not there.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 1) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code
