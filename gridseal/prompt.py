"""The interactive SQL prompt."""

import readline
from datetime import datetime
from typing import TYPE_CHECKING

from gridseal.output import Format, print_rows, say

if TYPE_CHECKING:
    from pipelines.sql.client import SqlClient
    from pipelines.sql.embedded import Embedded


def run_prompt(client: "SqlClient | Embedded", as_of: datetime | None, format: Format) -> None:
    """Read statements that end in ; until end of file or exit."""
    from rich.markup import escape

    from pipelines.errors import PipelineError

    readline.parse_and_bind("tab: complete")
    say("SQL over the lake; end a statement with ;  exit or Ctrl-D leaves")
    lines: list[str] = []
    while True:
        try:
            line = input("      > " if lines else "gridseal> ")
        except EOFError:
            print()
            return
        except KeyboardInterrupt:
            print()
            lines = []
            continue
        if not lines and line.strip().rstrip(";").lower() in ("exit", "quit"):
            return
        if line.strip():
            lines.append(line)
        if lines and lines[-1].rstrip().endswith(";"):
            statement, lines = "\n".join(lines).rstrip().rstrip(";"), []
            try:
                result = client.query(statement, as_of)
                print_rows(result.names, result.rows, format)
            except PipelineError as error:
                say(escape(f"error: {error}"))
                if error.exit_code == 3:
                    raise
