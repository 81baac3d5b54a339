"""What the stack raises."""


class StackError(Exception):
    """A service, its settings or its set-up is not as it must be.

    Attributes:
        message: What is wrong, with the value and what is allowed.
        hint: The next command to run.
        exit_code: 1 a check failed, 2 wrong usage or setting, 3 a service is not there.
    """

    def __init__(self, message: str, *, hint: str = "make doctor", exit_code: int = 3) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
