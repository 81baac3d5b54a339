"""The error that every refusal of this room raises."""


class WarehouseError(Exception):
    """A table folder is incomplete, contradictory or unknown.

    Args:
        message: What is wrong, the value, and what is allowed.
        hint: The next command or step.
        exit_code: 1 a check failed, 2 wrong usage or setting, 3 a service is not there.
    """

    def __init__(self, message: str, hint: str = "", exit_code: int = 2) -> None:
        super().__init__(message)
        self.hint = hint
        self.exit_code = exit_code


def refusal(table: str, what: str, file: str = "") -> WarehouseError:
    """The error that names a table and says which folder or file to edit."""
    return WarehouseError(f"{table}: {what}", f"edit warehouse/{table.replace('.', '/')}/{file}, then: gridseal tables")
