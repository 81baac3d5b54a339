"""Options that several commands share."""

from typing import Annotated

import typer

from gridseal.output import Format

FormatOption = Annotated[Format, typer.Option("--format", "-f", help="table for people; json or csv for programs.")]
