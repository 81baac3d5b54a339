"""images import: photographs of equipment."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gridseal.commands.options import FormatOption
from gridseal.errors import CHECK_FAILED
from gridseal.output import Format, print_json, print_rows, progress


def register(app: typer.Typer) -> None:
    """Add the commands."""
    # A group of one command would take its name.
    group = typer.Typer(help="Bring photographs of equipment into the lake.", no_args_is_help=True)
    group.callback()(lambda: None)
    group.command("import")(import_)
    app.add_typer(group, name="images")


def import_(
    source: Annotated[Path, typer.Argument(help="Folder or ZIP of photographs: JPEG, PNG, TIFF, WebP.")],
    manifest: Annotated[
        Path,
        typer.Option(
            help="CSV with the columns file, equipment_id, taken_at (with its zone) and kind (such as infrared).",
        ),
    ],
    format: FormatOption = Format.TABLE,
) -> None:
    """Check photographs, pack them onto HDFS, and announce them to the pipeline.

    Each line of the manifest becomes a row of ods.image, or a row of ods.dead_letter with its reason: nothing stops the
    rest. What was imported before is left out, so a second import of the same goes on where the first one ended. Exit
    code 1 if anything was refused.
    """
    from gridseal.settings import load_settings
    from pipelines.sources.images import import_images

    loaded = load_settings()
    with progress("importing photographs") as update:
        summary = import_images(loaded, source, manifest, update)
    refused = [{"line": one.line.number, "file": one.line.file, "reason": one.reason} for one in summary.refused]
    counts: dict[str, Any] = {
        "lines": summary.lines,
        "imported": summary.imported,
        "known": summary.known,
        "refused": len(refused),
        "unlisted": summary.unlisted,
        "packs": summary.packs,
        "bytes": summary.bytes,
    }
    if format is Format.JSON:
        print_json(counts | {"refused": refused})
    else:
        print_rows(("photographs", "number"), list(counts.items()), format)
        if refused:
            print_rows(("line", "file", "reason"), [tuple(one.values()) for one in refused], format, "Refused")
    if refused:
        raise typer.Exit(CHECK_FAILED)
