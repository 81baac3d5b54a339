"""Exit codes that scripts can trust, and the errors that end a command with one of them."""

FINE = 0
CHECK_FAILED = 1
WRONG_USAGE = 2
NO_SERVICE = 3
PENDING = 4
CHANGED_SINCE = 5
UNEXPECTED = 70
"""EX_SOFTWARE of sysexits.h."""


class GridsealError(Exception):
    """A command cannot do what was asked.

    Args:
        message: What is wrong, the value, and what is allowed.
        hint: The next command or step.
        exit_code: CHECK_FAILED, WRONG_USAGE or NO_SERVICE.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = WRONG_USAGE) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code
